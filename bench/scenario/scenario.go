// Package scenario has the runs that the pictures in docs/plots show: real programs on
// an emulated line that changes while they run, with what their congestion control did.
package scenario

import (
	"fmt"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/plot"
)

// A Scenario is a line, what happens to it, and the downloads on it. All of them fetch
// from one owner.
type Scenario struct {
	Name      string
	Line      []netem.Step // to the downloaders
	RoundTrip time.Duration
	Queue     int    // bytes that wait before the line
	Loss      []Loss // by time
	Downloads int
	Apart     time.Duration // from the start of one download to that of the next
	Length    time.Duration // after that the downloads are ended
	Pictures  []Picture
}

// A Loss is a probability that a packet of the owner vanishes, from a time on.
type Loss struct {
	From time.Duration
	Part float64
}

// A Picture is a part of a scenario that is shown.
type Picture struct {
	Name     string // of the file, without .svg
	Title    string
	From, To time.Duration // To 0 is the end
	Top      float64       // where the axis of rates ends, in bytes per second; 0: not far above what came
}

// All are the scenarios, in the order in which they are run.
var All = []Scenario{
	{
		Name: "start", Line: netem.Mbit(100), RoundTrip: roundTrip, Queue: 500_000, Downloads: 1, Length: 8 * time.Second,
		Pictures: []Picture{
			{Name: "startup", Title: "Start-up", To: 1200 * time.Millisecond, Top: 300 * mbit},
			{Name: "steady", Title: "Start-up and steady state"},
		},
	},
	{
		Name: "loss", Line: netem.Mbit(100), RoundTrip: roundTrip, Queue: 500_000, Downloads: 1, Length: 8 * time.Second,
		Loss:     []Loss{{4 * time.Second, 0.05}},
		Pictures: []Picture{{Name: "loss", Title: "A line that begins to lose 5 %"}},
	},
	{
		Name: "rate", RoundTrip: roundTrip, Queue: 250_000, Downloads: 1, Length: 12 * time.Second,
		Line:     []netem.Step{{Rate: 50 * mbit}, {From: 4 * time.Second, Rate: 10 * mbit}, {From: 8 * time.Second, Rate: 50 * mbit}},
		Pictures: []Picture{{Name: "rate", Title: "A line that drops to a fifth, and comes back"}},
	},
	{
		Name: "share", Line: netem.Mbit(50), RoundTrip: 20 * time.Millisecond, Queue: 125_000, Downloads: 2, Apart: 2 * time.Second, Length: 12 * time.Second,
		Pictures: []Picture{{Name: "share", Title: "Two downloads on one line"}},
	},
}

const (
	roundTrip = 40 * time.Millisecond
	mbit      = 1e6 / 8 // bytes per second
)

// about says what the scenario is, in a line.
func (s Scenario) about() string {
	text := ""
	for i, step := range s.Line {
		if i > 0 {
			text += fmt.Sprintf(", from %g s on ", step.From.Seconds())
		}
		text += fmt.Sprintf("%.0f Mbit/s", step.Rate/mbit)
	}
	text += fmt.Sprintf("; round trip %d ms; a queue of %d kB before the line", s.RoundTrip.Milliseconds(), s.Queue/1000)
	if s.Downloads > 1 {
		text += fmt.Sprintf("; %g s apart", s.Apart.Seconds())
	}
	return text
}

// fileSize is more than the downloads can fetch.
func (s Scenario) fileSize() int64 {
	bytes := 0.0
	for i, step := range s.Line {
		until := s.Length
		if i+1 < len(s.Line) {
			until = s.Line[i+1].From
		}
		bytes += step.Rate * (until - step.From).Seconds()
	}
	return int64(bytes*1.2)>>20<<20 + 1<<20
}

// marks are the changes of the line.
func (s Scenario) marks() (marks []plot.Mark) {
	for _, l := range s.Loss {
		marks = append(marks, plot.Mark{At: l.From, Text: fmt.Sprintf("from here on %.0f %% are lost", 100*l.Part)})
	}
	for _, step := range s.Line[1:] {
		marks = append(marks, plot.Mark{At: step.From, Text: fmt.Sprintf("%.0f Mbit/s", step.Rate/mbit)})
	}
	return marks
}
