package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A screen is where the story and the picture go. On a terminal the picture stands
// below the story and is drawn over; elsewhere it is a line each second.
type screen struct {
	w     io.Writer
	size  func() (columns, rows int) // nil: not a terminal
	drawn []string                   // that stand on the terminal now
	at    time.Time                  // of the last plain line
}

func newScreen(w io.Writer, size func() (columns, rows int)) *screen {
	return &screen{w: w, size: size}
}

// say prints a line of the story at a time since the beginning.
func (s *screen) say(at time.Duration, text string) {
	drawn := s.drawn
	s.clear()
	fmt.Fprintf(s.w, "%5.1f s  %s\n", at.Seconds(), text)
	s.put(drawn)
}

// show draws the picture of w.
func (s *screen) show(at time.Duration, w *watch, now time.Time) {
	if s.size != nil {
		columns, _ := s.size()
		s.put(w.block(columns - 1)) // some terminals wrap when the last column is written
		return
	}
	if now.Sub(s.at) >= time.Second {
		s.at = now
		s.say(at, w.line())
	}
}

// put has lines stand on the terminal, in one write so that it does not flicker.
func (s *screen) put(lines []string) {
	if len(lines) == 0 {
		return
	}
	var b strings.Builder
	s.home(&b)
	for _, line := range lines {
		b.WriteString(line + "\x1b[K\n") // erase to the end of the line
	}
	io.WriteString(s.w, b.String())
	s.drawn = lines
}

// home moves the cursor to where the picture begins.
func (s *screen) home(b *strings.Builder) {
	if len(s.drawn) > 0 {
		fmt.Fprintf(b, "\r\x1b[%dA", len(s.drawn))
	}
}

// clear takes the picture off the terminal.
func (s *screen) clear() {
	if len(s.drawn) > 0 {
		var b strings.Builder
		s.home(&b)
		b.WriteString("\x1b[J") // erase below
		io.WriteString(s.w, b.String())
		s.drawn = nil
	}
}
