package eventlog

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.uber.org/zap/zapcore"
)

// timeLayout is local time to the millisecond, without a zone: the logs of one
// machine are read side by side.
const timeLayout = "2006-01-02T15:04:05.000"

// core is a zapcore.Core that writes each entry with one Write. The writer
// takes writes from several goroutines.
type core struct {
	zapcore.LevelEnabler
	w      io.Writer
	fields string // of With, formatted
}

func newCore(w io.Writer, level zapcore.LevelEnabler) zapcore.Core {
	return &core{LevelEnabler: level, w: w}
}

func (c *core) With(fields []zapcore.Field) zapcore.Core {
	with := *c
	with.fields = string(appendFields([]byte(c.fields), fields))
	return &with
}

func (c *core) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	b := e.Time.AppendFormat(make([]byte, 0, 256), timeLayout)
	b = fmt.Appendf(b, " %-5s %s", e.Level, oneLine(e.Message))
	if c.fields != "" || len(fields) > 0 {
		b = append(b, ' ')
	}
	b = append(b, c.fields...)
	b = appendFields(b, fields)
	_, err := c.w.Write(append(b, '\n'))
	return err
}

func (c *core) Sync() error { return nil }

// appendFields appends " key=value" for each field, in order.
func appendFields(b []byte, fields []zapcore.Field) []byte {
	for _, f := range fields {
		switch f.Type {
		// Those that nearly all fields are; the log of a busy tracker is written often.
		case zapcore.StringType:
			b = append(appendKey(b, f.Key), quoted(f.String)...)
		case zapcore.StringerType:
			b = append(appendKey(b, f.Key), quoted(fmt.Sprint(f.Interface))...)
		case zapcore.Int64Type:
			b = strconv.AppendInt(appendKey(b, f.Key), f.Integer, 10)
		case zapcore.BoolType:
			b = strconv.AppendBool(appendKey(b, f.Key), f.Integer == 1)
		default:
			b = appendField(b, f)
		}
	}
	return b
}

// appendField appends a field of any type. It may stand for several keys (an object),
// or for none (skip).
func appendField(b []byte, f zapcore.Field) []byte {
	values := zapcore.NewMapObjectEncoder()
	f.AddTo(values)
	for _, key := range slices.Sorted(maps.Keys(values.Fields)) {
		b = append(appendKey(b, key), quoted(fmt.Sprint(values.Fields[key]))...)
	}
	return b
}

func appendKey(b []byte, key string) []byte {
	return append(append(append(b, ' '), key...), '=')
}

// quoted returns s as it is if a reader sees where it ends, else as a Go string.
func quoted(s string) string {
	plain := func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '"' && r != '=' }
	if s == "" || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// oneLine keeps an event on its line whatever its text is made of.
func oneLine(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return strconv.Quote(s)
}
