package main

import (
	"fmt"
	"io"
	"time"

	"udptorrent/internal/panel"
)

// A screen is where the story and the picture go. On a terminal the picture stands
// below the story and is drawn over; elsewhere it is a line each second.
type screen struct {
	w     io.Writer
	panel *panel.Panel
	size  func() (columns, rows int) // nil: not a terminal
	at    time.Time                  // of the last plain line
}

func newScreen(w io.Writer, size func() (columns, rows int)) *screen {
	return &screen{w: w, panel: panel.New(w), size: size}
}

// say prints a line of the story at a time since the beginning.
func (s *screen) say(at time.Duration, text string) {
	s.panel.Print(fmt.Sprintf("%5.1f s  %s", at.Seconds(), text))
}

// show draws the picture of w.
func (s *screen) show(at time.Duration, w *watch, now time.Time) {
	if s.size != nil {
		columns, _ := s.size()
		s.panel.Draw(w.block(columns - 1)) // some terminals wrap when the last column is written
		return
	}
	if now.Sub(s.at) >= time.Second {
		s.at = now
		s.say(at, w.line())
	}
}

// clear takes the picture off the terminal.
func (s *screen) clear() { s.panel.Draw(nil) }
