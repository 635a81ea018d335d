package eventlog

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A log file keeps one goroutine for good, which removes old files.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"))
}

var noon = time.Date(2026, 1, 2, 15, 4, 5, 123_456_789, time.UTC)

type fixedClock struct{}

func (fixedClock) Now() time.Time                       { return noon }
func (fixedClock) NewTicker(time.Duration) *time.Ticker { return nil }

func logTo(buf *bytes.Buffer, level zapcore.Level) *zap.Logger {
	return zap.New(newCore(buf, level), zap.WithClock(fixedClock{}))
}

func TestALineShowsTimeLevelEventAndFields(t *testing.T) {
	var buf bytes.Buffer
	log := logTo(&buf, zap.DebugLevel)
	log.With(Node(3)).Info("registered", Peer(netip.MustParseAddrPort("127.0.0.1:40112")))
	log.Warn("owner stopped answering", Torrent([20]byte{0xab, 0xcd}), zap.Duration("after", 1500*time.Millisecond))
	log.Error("no luck", zap.Error(errors.New(`open "x": denied`)), zap.Bool("again", true), zap.Skip())
	log.Debug("bare")
	want := `2026-01-02T15:04:05.123 info  registered  node=3 peer=127.0.0.1:40112
2026-01-02T15:04:05.123 warn  owner stopped answering  torrent=abcd000000000000000000000000000000000000 after=1.5s
2026-01-02T15:04:05.123 error no luck  error="open \"x\": denied" again=true
2026-01-02T15:04:05.123 debug bare
`
	if got := buf.String(); got != want {
		t.Errorf("log:\n%s\nwant:\n%s", got, want)
	}
}

func TestAnEventIsOneLineWhateverItHolds(t *testing.T) {
	for value, want := range map[string]string{
		"Лекция.mp4":   "Лекция.mp4",
		"😀":            "😀",
		"two words":    `"two words"`,
		"":             `""`,
		"a\nb":         `"a\nb"`,
		"\x1b[2J":      `"\x1b[2J"`,
		"\xff":         `"\xff"`,
		"a=b":          `"a=b"`,
		"no\u00a0brk":  `"no\u00a0brk"`,
		"\u202eevil":   `"\u202eevil"`,
		`C:\lab\x.iso`: `C:\lab\x.iso`,
	} {
		var buf bytes.Buffer
		logTo(&buf, zap.InfoLevel).Info("e", zap.String("file", value))
		if _, got, _ := strings.Cut(buf.String(), "file="); got != want+"\n" {
			t.Errorf("%q is logged as %s, want %s", value, got, want)
		}
	}
	var buf bytes.Buffer
	logTo(&buf, zap.InfoLevel).Info("two\nlines")
	if got := strings.Count(buf.String(), "\n"); got != 1 {
		t.Errorf("a message with a line break takes %d lines", got)
	}
}

func TestEventsBelowTheLevelAreDropped(t *testing.T) {
	var buf bytes.Buffer
	log := logTo(&buf, zap.WarnLevel)
	log.Info("quiet")
	log.Warn("loud")
	if got := buf.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") {
		t.Errorf("log: %s", got)
	}
}

func TestOpenCreatesTheFolderAndAppends(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "logs")
	for _, event := range []string{"first", "second"} {
		log, file, err := Open(folder, "node3", Config{})
		if err != nil {
			t.Fatal(err)
		}
		log.Info(event)
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(folder, "node3.log"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(string(got), "\n"); len(lines) != 3 || !strings.Contains(lines[0], "first") || !strings.Contains(lines[1], "second") {
		t.Errorf("log:\n%s", got)
	}
}

func TestOpenSaysWhyItCannot(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(folder, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err := Open(folder, "tracker", Config{})
	if err == nil || !strings.Contains(err.Error(), folder) || !strings.Contains(err.Error(), "-logs") {
		t.Errorf("a file in place of the folder: %v", err)
	}
}

func TestAFullFileIsPutAside(t *testing.T) {
	folder := t.TempDir()
	log, file, err := Open(folder, "node1", Config{MaxSize: mebibyte, MaxFiles: 9})
	if err != nil {
		t.Fatal(err)
	}
	filler := zap.String("filler", strings.Repeat("x", 300<<10))
	for range 4 {
		log.Info("big", filler)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "node1*.log")); len(files) != 2 {
		t.Errorf("1.2 MiB of events at 1 MiB a file lie in %q", files)
	}
}

func TestGoroutinesDoNotMixTheirLines(t *testing.T) {
	folder := t.TempDir()
	log, file, err := Open(folder, "node1", Config{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for id := range 8 {
		wg.Go(func() {
			for range 100 {
				log.Info("tick", Node(id))
			}
		})
	}
	wg.Wait()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "node1.log"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 800 {
		t.Errorf("%d lines, want 800", len(lines))
	}
	for _, line := range lines {
		if len(line) != len("2026-01-02T15:04:05.123 info  tick  node=0") {
			t.Fatalf("mixed line %q", line)
		}
	}
}

func TestFieldsOfEveryTypeAreWrittenAlike(t *testing.T) {
	for _, f := range []zap.Field{
		zap.String("k", "v"), zap.String("k", ""), zap.String("k", `a "b"`), zap.Int("k", -7), zap.Int64("k", 1<<62),
		zap.Int("k", 0), zap.Bool("k", true), zap.Bool("k", false), zap.Stringer("k", netip.MustParseAddr("::1")),
		zap.Stringer("k", (*netip.Addr)(nil)),
	} {
		if got, want := appendFields(nil, []zap.Field{f}), appendField(nil, f); string(got) != string(want) {
			t.Errorf("%+v: got %q, want %q", f, got, want)
		}
	}
}
