package repl

import (
	"fmt"
	"io"
	"time"

	"udptorrent/internal/panel"
	"udptorrent/node"
)

// A meter shows how a command gets on.
type meter interface {
	// show takes in the latest progress, and may leave it out if it is too soon.
	show(p node.Progress, now time.Time)

	// say prints a line of news that stays.
	say(text string)

	// clear ends the display of a command.
	clear()
}

const (
	redrawEvery = 100 * time.Millisecond
	lineEvery   = time.Second
	repeatEvery = 10 * time.Second // a line that is as the last one
)

// A screen is the meter of a terminal: a block of lines that is drawn over.
type screen struct {
	panel *panel.Panel
	size  func() (columns, rows int)

	last    node.Progress
	drawnAt time.Time
}

func (s *screen) show(p node.Progress, now time.Time) {
	if p.Message != "" && p.Message != s.last.Message {
		s.say(p.Message)
	}
	news := p.Phase != s.last.Phase || p.File != s.last.File
	s.last = p
	if !news && now.Sub(s.drawnAt) < redrawEvery {
		return
	}
	s.drawnAt = now
	// The last column stays free: some terminals wrap when it is written.
	columns, rows := s.size()
	s.panel.Draw(block(p, columns-1, rows-5))
}

func (s *screen) say(text string) { s.panel.Print(oneLine(text)) }

func (s *screen) clear() {
	s.panel.Draw(nil)
	s.last, s.drawnAt = node.Progress{}, time.Time{}
}

// A scroll is the meter of everything else: plain lines, one a second at most, and fewer while
// nothing changes.
type scroll struct {
	w       io.Writer
	last    node.Progress
	added   string // the last line
	addedAt time.Time
}

func (s *scroll) show(p node.Progress, now time.Time) {
	if p.Message != "" && p.Message != s.last.Message {
		s.say(p.Message)
	}
	s.last = p
	if now.Sub(s.addedAt) < lineEvery {
		return
	}
	text := line(p)
	if text == s.added && now.Sub(s.addedAt) < repeatEvery {
		return
	}
	s.added, s.addedAt = text, now
	fmt.Fprintln(s.w, text)
}

func (s *scroll) say(text string) { fmt.Fprintln(s.w, oneLine(text)) }

func (s *scroll) clear() { s.last, s.added, s.addedAt = node.Progress{}, "", time.Time{} }
