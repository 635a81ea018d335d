package swarmtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A journal keeps what nodes and tracker log. Any goroutine may use it.
type journal struct {
	start time.Time
	level zapcore.Level

	mu      sync.Mutex // guards entries
	entries []entry
}

// An entry is one event.
type entry struct {
	at      time.Duration // from the beginning of the world
	who     string
	level   zapcore.Level
	message string
	fields  []zapcore.Field
}

func newJournal(level zapcore.Level) *journal { return &journal{start: time.Now(), level: level} }

// logger returns the logger of one node, or of the tracker.
func (j *journal) logger(who string) *zap.Logger { return zap.New(&voice{j, who, nil}) }

// note is for what the test itself does.
func (j *journal) note(format string, args ...any) {
	j.add(entry{who: "--", message: fmt.Sprintf(format, args...)})
}

func (j *journal) add(e entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.at = time.Since(j.start)
	j.entries = append(j.entries, e)
}

// all returns the entries that are as is says.
func (j *journal) all(is func(e *entry) bool) (found []entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.entries {
		if is(&j.entries[i]) {
			found = append(found, j.entries[i])
		}
	}
	return found
}

// write prints all of it.
func (j *journal) write(w io.Writer) {
	for _, e := range j.all(func(*entry) bool { return true }) {
		fmt.Fprintln(w, e.String())
	}
}

func (e entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%10.4f %-8s %s", e.at.Seconds(), e.who, e.message)
	values := e.values()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, " %s=%v", key, values[key])
	}
	return b.String()
}

func (e entry) values() map[string]any {
	m := zapcore.NewMapObjectEncoder()
	for _, f := range e.fields {
		f.AddTo(m)
	}
	return m.Fields
}

// A voice is the zapcore.Core of one that logs.
type voice struct {
	j    *journal
	who  string
	with []zapcore.Field
}

func (v *voice) Enabled(l zapcore.Level) bool { return l >= v.j.level }

func (v *voice) With(fields []zapcore.Field) zapcore.Core {
	return &voice{v.j, v.who, append(slices.Clip(v.with), fields...)}
}

func (v *voice) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if v.Enabled(e.Level) {
		return ce.AddCore(e, v)
	}
	return ce
}

func (v *voice) Write(e zapcore.Entry, fields []zapcore.Field) error {
	v.j.add(entry{who: v.who, level: e.Level, message: e.Message, fields: append(slices.Clip(v.with), fields...)})
	return nil
}

func (v *voice) Sync() error { return nil }
