package scenario

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/plot"
)

// changing is a line on which everything changes.
var changing = Scenario{
	Name: "changing", RoundTrip: 30 * time.Millisecond, Queue: 64_000, Length: 4 * time.Second, Downloads: 2, Apart: time.Second,
	Line: []netem.Step{{Rate: 8 * mbit}, {From: 3 * time.Second, Rate: 4 * mbit}},
	Loss: []Loss{{2 * time.Second, 0.05}},
}

func TestAScenarioSaysWhatItIs(t *testing.T) {
	const want = "8 Mbit/s, from 3 s on 4 Mbit/s; round trip 30 ms; a queue of 64 kB before the line; 1 s apart"
	if got := changing.about(); got != want {
		t.Errorf("about %q,\n want %q", got, want)
	}
}

func TestDownloadsCannotFetchTheWholeFile(t *testing.T) {
	for _, s := range append(All, changing) {
		carried, last := 0.0, time.Duration(0)
		for i, step := range s.Line {
			if i > 0 {
				carried += s.Line[i-1].Rate * (step.From - last).Seconds()
			}
			last = step.From
		}
		carried += s.Line[len(s.Line)-1].Rate * (s.Length - last).Seconds()
		if size := float64(s.fileSize()); size < 1.1*carried {
			t.Errorf("%s: a line that carries %.0f bytes, a file of %.0f", s.Name, carried, size)
		}
	}
}

func TestHappeningsAreByTimeAndTheEndIsLast(t *testing.T) {
	var at []time.Duration
	for _, h := range (&play{Scenario: changing}).happenings() {
		at = append(at, h.at)
	}
	if len(at) != 3 || at[0] != time.Second || at[1] != 2*time.Second || at[2] != 4*time.Second {
		t.Errorf("happenings at %v", at)
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range All {
		names := []string{"scenario " + s.Name}
		for _, p := range s.Pictures {
			names = append(names, p.Name+".svg")
		}
		for _, name := range names {
			if seen[name] {
				t.Errorf("two are called %s", name)
			}
			seen[name] = true
		}
	}
}

func TestAPictureShowsLineMarksAndDownloads(t *testing.T) {
	origin := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	r := &Recording{Scenario: changing, Origin: origin}
	for i := range changing.Downloads {
		var trace plot.Trace
		for at := time.Duration(i) * time.Second; at < changing.Length; at += 10 * time.Millisecond {
			trace = append(trace, plot.Sample{Time: origin.Add(at), Mode: "cruise level", Node: 1, Bytes: at.Milliseconds() * 500})
		}
		r.Traces = append(r.Traces, trace)
	}
	picture := r.Draw(Picture{Title: "All changes"})
	for _, text := range []string{"All changes", "from here on 5 % are lost", ">4 Mbit/s<", "download 2", ">line<"} {
		if !strings.Contains(string(picture), text) {
			t.Errorf("no %q in the picture", text)
		}
	}
	decoder := xml.NewDecoder(bytes.NewReader(picture))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
