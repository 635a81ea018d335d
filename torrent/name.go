package torrent

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the most bytes that a file name may have: what file systems allow.
const MaxName = 255

// ErrName is what every error of CheckName is.
var ErrName = errors.New("file name cannot be used")

// CheckName returns nil if name can be the name of one file in a folder, on any
// system's terms but reserved words: it names no other folder, and prints on one
// line. Otherwise the error says what is wrong with it, and is ErrName. Spaces,
// quotes and letters of any script are fine.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrName)
	case len(name) > MaxName:
		return fmt.Errorf("%w: it is %d bytes long, at most %d are allowed", ErrName, len(name), MaxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: %q is not valid UTF-8", ErrName, name)
	case name == "." || name == "..":
		return fmt.Errorf("%w: %q is a folder", ErrName, name)
	case strings.Contains(name, "/"):
		return fmt.Errorf("%w: %q has a slash in it", ErrName, name)
	case strings.Contains(name, `\`):
		return fmt.Errorf("%w: %q has a backslash in it", ErrName, name)
	case strings.Contains(name, "\x00"):
		return fmt.Errorf("%w: %q has a NUL byte in it", ErrName, name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%w: %q has a control character in it", ErrName, name)
	}
	return nil
}
