// Package panel keeps a few lines at the bottom of a terminal and draws them over, as
// a display of progress does, while other text goes by above them.
package panel

import (
	"fmt"
	"io"
	"strings"
)

// A Panel is the lines that stand below all that a terminal shows. It is for one
// goroutine at a time, and nobody else writes to the terminal while lines stand.
type Panel struct {
	w     io.Writer
	lines []string // that stand now
}

// New returns an empty panel on a terminal that knows the escape sequences of ECMA-48.
func New(w io.Writer) *Panel { return &Panel{w: w} }

// Draw has lines stand in place of those before; none at all takes them away. A line
// must be narrower than the terminal. All is one write, so that it does not flicker.
func (p *Panel) Draw(lines []string) {
	if len(lines) == 0 && len(p.lines) == 0 {
		return
	}
	var b strings.Builder
	if len(p.lines) > 0 {
		fmt.Fprintf(&b, "\r\x1b[%dA", len(p.lines)) // up to where they begin
	}
	for _, line := range lines {
		b.WriteString(line + "\x1b[K\n") // erase to the end of the line
	}
	b.WriteString("\x1b[J") // erase below
	io.WriteString(p.w, b.String())
	p.lines = lines
}

// Print prints a line of text that stays, above the panel.
func (p *Panel) Print(text string) {
	lines := p.lines
	p.Draw(nil)
	fmt.Fprintln(p.w, text)
	p.Draw(lines)
}
