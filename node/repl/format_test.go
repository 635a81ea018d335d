package repl

import (
	"testing"
	"time"
)

func TestNumbersAreShort(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 1234567: "1.2 MB", 9_949_999: "9.9 MB", 9_950_000: "10 MB", 999_499: "999 kB", 999_600: "1.0 MB",
		450e6: "450 MB", 5 << 30: "5.4 GB", 1<<63 - 1: "9.2 EB",
	} {
		if got := size(n); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0:00", 59_600 * time.Millisecond: "1:00", 17 * time.Second: "0:17", 62 * time.Minute: "1:02:00", 100 * time.Hour: "100:00:00",
	} {
		if got := clock(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "", 240 * time.Microsecond: "0.2 ms", 50 * time.Millisecond: "50 ms"} {
		if got := roundTrip(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestNamesCannotActOnTheTerminal(t *testing.T) {
	for name, want := range map[string]string{
		"Лекция 1.mp4":       "Лекция 1.mp4",
		"日本語 😀 👩‍🔬.zip":      "日本語 😀 👩‍🔬.zip",
		"a\x1b[2Jb":          `a\x1b[2Jb`,
		"a\nb\tc\x00":        `a\nb\tc\x00`,
		"gpj\u202eexe":       `gpj\u202eexe`,
		"\xff\xfe":           `\xff\xfe`,
		"real \ufffd":        "real \ufffd",
		"both \ufffd\x80":    "both \ufffd\\x80",
		"c1 \u009b31m":       `c1 \u009b31m`,
		"zero\u200bwidth":    `zero\u200bwidth`,
		"it's \"quoted\" \\": `it's "quoted" \`,
	} {
		if got := printable(name); got != want {
			t.Errorf("%q is shown as %s, want %s", name, got, want)
		}
	}
	if got, want := oneLine("first\nsecond\n"), "first; second"; got != want {
		t.Errorf("two lines become %q", got)
	}
}
