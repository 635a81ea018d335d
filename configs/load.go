package configs

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/viper"
)

// ParseNode returns the settings of bin/node and the command that follows the
// flags. For -h it writes the usage to help and returns flag.ErrHelp; any other
// error says which flag, variable or key of the file is wrong, and what it may be.
func ParseNode(args []string, help io.Writer) (Node, []string, error) {
	s, command, err := load("node", nodeUsage, args, help)
	if err != nil {
		return Node{}, nil, err
	}
	if s.node.ID == 0 {
		return Node{}, nil, errors.New("-node_id is missing: give each node a number of its own, such as -node_id 4")
	}
	s.node.Log = s.log
	return s.node, command, nil
}

// leaseMargin is what a REGISTER may take at least: it comes late by the way to the
// tracker, and is sent again if it is lost.
const leaseMargin = time.Second

// ParseTracker returns the settings of bin/tracker, with errors as ParseNode.
func ParseTracker(args []string, help io.Writer) (Tracker, error) {
	s, rest, err := load("tracker", trackerUsage, args, help)
	if err != nil {
		return Tracker{}, err
	}
	if len(rest) > 0 {
		return Tracker{}, fmt.Errorf("%q is one word too many: bin/tracker takes flags only", rest[0])
	}
	if s.tracker.TrackerInterval-s.tracker.NodeInterval < leaseMargin {
		return Tracker{}, fmt.Errorf("tracker.tracker_interval is %v and must be %v longer than tracker.node_interval, %v, or more: each node would be forgotten between two of its REGISTERs",
			s.tracker.TrackerInterval, leaseMargin, s.tracker.NodeInterval)
	}
	s.tracker.Log = s.log
	return s.tracker, nil
}

// A loader lays flags over environment over file.
type loader struct {
	table []setting
	viper *viper.Viper
	file  string            // that was read; empty if none
	flags map[string]string // key to the text of its flag
}

// load reads all layers. It parses what the other program is told as well, so
// that a mistake in the file is found by whoever reads it first.
func load(program, usage string, args []string, help io.Writer) (*settings, []string, error) {
	s := defaults()
	l := loader{table: s.table(), viper: viper.New(), flags: map[string]string{}}
	rest, err := l.parseFlags(program, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, usage, flagList(program, l.table))
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w; bin/%s -h lists the flags", err, program)
	}
	if err := l.checkEnvironment(program); err != nil {
		return nil, nil, err
	}
	if err := l.readFile(); err != nil {
		return nil, nil, err
	}
	return s, rest, l.apply()
}

// parseFlags notes the text of each flag and returns what follows the flags.
func (l *loader) parseFlags(program string, args []string) ([]string, error) {
	set := flag.NewFlagSet(program, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&l.file, "config", os.Getenv("UDPTORRENT_CONFIG"), "")
	for _, s := range l.table {
		if s.flag == "" || !strings.HasPrefix(s.key, program+".") {
			continue
		}
		note := func(text string) error {
			l.flags[s.key] = text
			return nil
		}
		if _, ok := s.value.(boolValue); ok {
			set.BoolFunc(s.flag, "", note)
		} else {
			set.Func(s.flag, "", note)
		}
	}
	err := set.Parse(args)
	return set.Args(), err
}

// checkEnvironment refuses variables of this program that mean nothing. Those of the other one are
// for that to read.
func (l *loader) checkEnvironment(program string) error {
	variables := os.Environ()
	slices.Sort(variables)
	for _, variable := range variables {
		name, text, _ := strings.Cut(variable, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name) // upper and lower case are one there
		}
		known := func(s setting) bool { return s.env() == name }
		if text != "" && strings.HasPrefix(name, envName(program+".")) && !slices.ContainsFunc(l.table, known) {
			return fmt.Errorf("unknown environment variable %s; configs/config.yaml of the sources lists all keys; the variable of node.link.rate is %s", name, envName("node.link.rate"))
		}
	}
	return nil
}

// readFile reads the file that was asked for, or DefaultFile if it is there.
func (l *loader) readFile() error {
	if l.file == "" {
		if _, err := os.Stat(DefaultFile); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		l.file = DefaultFile
	}
	l.viper.SetConfigFile(l.file)
	l.viper.SetConfigType("yaml")
	if err := l.viper.ReadInConfig(); err != nil {
		if parse := (viper.ConfigParseError{}); errors.As(err, &parse) {
			err = errors.Unwrap(parse)
		}
		return fmt.Errorf("settings file %s: %w", l.file, err)
	}
	return l.checkKeys()
}

// checkKeys refuses keys of the file that mean nothing.
func (l *loader) checkKeys() error {
	keys := l.viper.AllKeys()
	slices.Sort(keys)
	for _, key := range keys {
		known := func(s setting) bool { return s.key == key }
		// A section with all its lines commented out is a key without a value.
		section := func(s setting) bool { return strings.HasPrefix(s.key, key+".") && l.viper.Get(key) == nil }
		if !slices.ContainsFunc(l.table, known) && !slices.ContainsFunc(l.table, section) {
			return fmt.Errorf("settings file %s: unknown key %s; configs/config.yaml of the sources lists all keys", l.file, key)
		}
	}
	return nil
}

// apply sets every variable that some layer has a value for.
func (l *loader) apply() error {
	for _, s := range l.table {
		if err := l.viper.BindEnv(s.key, s.env()); err != nil {
			return err
		}
		if text, ok := l.flags[s.key]; ok {
			l.viper.Set(s.key, text)
		}
		if l.viper.Get(s.key) == nil {
			continue
		}
		text, err := scalar(l.viper.Get(s.key))
		if err == nil {
			err = s.value.Set(text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.origin(s), err)
		}
	}
	return nil
}

// origin names the place that the value of s comes from.
func (l *loader) origin(s setting) string {
	if _, ok := l.flags[s.key]; ok {
		return "-" + s.flag
	}
	if os.Getenv(s.env()) != "" {
		return "environment variable " + s.env()
	}
	return fmt.Sprintf("settings file %s: %s", l.file, s.key)
}

// scalar returns a value of the file as text for flag.Value.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("one value is expected here, not %T", v)
}
