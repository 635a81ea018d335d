package repl

import (
	"os"

	"golang.org/x/term"
)

// TerminalSize returns a function that tells columns and rows of the terminal that f
// is, or nil if f is none.
func TerminalSize(f *os.File) func() (columns, rows int) {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) || !obeysEscapes(f) {
		return nil
	}
	return func() (int, int) {
		columns, rows, err := term.GetSize(fd)
		if err != nil || columns < 1 {
			return 80, 24
		}
		return columns, rows
	}
}
