package torrent

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckNameAllowsOrdinaryNames(t *testing.T) {
	for _, name := range []string{
		"a", "lab.iso", "two words.bin", ` lead and trail `, `it's "quoted"`, "лекция 1.pdf", "講義.txt", "🎓👩‍🎓.zip",
		"...", ".hidden", "a..b", "-rf", "$(x)", "a:b", "CON", "e\u0301", strings.Repeat("n", 255),
	} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestCheckNameSaysWhatIsWrong(t *testing.T) {
	for name, want := range map[string]string{
		"":                       "empty",
		".":                      "a folder",
		"..":                     "a folder",
		"/etc/x":                 "a slash",
		"../../x":                "a slash",
		"a/":                     "a slash",
		`a\b`:                    "a backslash",
		"a\x00b":                 "NUL",
		"a\nb":                   "control character",
		"\x1b[31mred":            "control character",
		"del\x7f":                "control character",
		"c1\u0085":               "control character",
		"\xff":                   "not valid UTF-8",
		"\xc0\xaf":               "not valid UTF-8",
		strings.Repeat("n", 256): "256 bytes long",
		strings.Repeat("я", 128): "256 bytes long",
	} {
		err := CheckName(name)
		if !errors.Is(err, ErrName) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want ErrName: ...%s...", name, err, want)
		}
		if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
			t.Errorf("error %q does not print on one line", err)
		}
	}
}
