package configs

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap/zapcore"
)

// Level is the least important event that is logged.
type Level zapcore.Level

// Set parses the name of a level.
func (l *Level) Set(text string) error {
	switch name := strings.ToLower(text); name {
	case "debug", "info", "warn", "error":
		return (*zapcore.Level)(l).Set(name)
	}
	return fmt.Errorf("%q is not a level: debug, info, warn or error", text)
}

func (l Level) String() string { return zapcore.Level(l).String() }

// value is a flag.Value over a variable of a built-in type.
type value struct {
	set func(text string) error
	get func() string
}

func (v value) Set(text string) error { return v.set(text) }

func (v value) String() string {
	if v.get == nil { // package flag asks a zero value
		return ""
	}
	return v.get()
}

// duration is at least least.
func duration(d *time.Duration, least time.Duration) flag.Value {
	return value{
		set: func(text string) error {
			parsed, err := time.ParseDuration(text)
			if err != nil {
				return fmt.Errorf("%q is not a time like 25ms, 20s or 10m", text)
			}
			if parsed < least {
				return fmt.Errorf("%q is less than %v", text, least)
			}
			*d = parsed
			return nil
		},
		get: func() string {
			short := strings.Replace(d.String(), "m0s", "m", 1)
			return strings.Replace(short, "h0m", "h", 1)
		},
	}
}

// count is a number from least to most.
func count(n *int, least, most int) flag.Value {
	return value{
		set: func(text string) error {
			parsed, err := strconv.Atoi(text)
			if err != nil || parsed < least || parsed > most {
				return fmt.Errorf("%q is not a number from %d to %d", text, least, most)
			}
			*n = parsed
			return nil
		},
		get: func() string { return strconv.Itoa(*n) },
	}
}

// text is anything, and may be empty.
func text(s *string) flag.Value {
	return value{
		set: func(text string) error { *s = text; return nil },
		get: func() string { return *s },
	}
}

// seed is any 64 bits.
func seed(n *uint64) flag.Value {
	return value{
		set: func(text string) error {
			parsed, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return fmt.Errorf("%q is not a whole number from 0 on", text)
			}
			*n = parsed
			return nil
		},
		get: func() string { return strconv.FormatUint(*n, 10) },
	}
}

// folder is the path of a folder.
func folder(path *string) flag.Value {
	return value{
		set: func(text string) error {
			if text == "" {
				return errors.New("the name of a folder is missing; . is the present one")
			}
			*path = text
			return nil
		},
		get: func() string { return *path },
	}
}

// toggle is true or false; its flag needs no value.
func toggle(on *bool) flag.Value {
	return boolValue{value{
		set: func(text string) error {
			parsed, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("%q is neither true nor false", text)
			}
			*on = parsed
			return nil
		},
		get: func() string { return strconv.FormatBool(*on) },
	}}
}

type boolValue struct{ value }

// IsBoolFlag has package flag take -json without a value.
func (boolValue) IsBoolFlag() bool { return true }
