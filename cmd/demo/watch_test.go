package main

import (
	"slices"
	"testing"
)

func TestTheStoryIsToldOnce(t *testing.T) {
	w := new(watch)
	for i, step := range []struct {
		event event
		news  []string
	}{
		{progress(0, "connecting", 0, 200, "connecting", 200, 400, "connecting", 400, 600),
			[]string{"equal ranges at first: node 1 0-200 MB, node 2 200-400 MB, node 3 400-600 MB"}},
		{progress(300, "active", 60, 200, "active", 290, 400, "active", 550, 600), nil},
		{progress(310, "active", 70, 200, "gone", 0, 0, "active", 560, 600),
			[]string{"node 2 is silent: what it had not delivered, 290-400 MB, is for the others now"}},
		{progress(320, "active", 80, 200, "connecting", 0, 0, "active", 590, 600), nil},
		{progress(330, "active", 90, 200, "gone", 0, 0, "active", 290, 600), // the old range and the new one
			[]string{"node 3 has delivered its range and takes what node 2 left, 290-400 MB"}},
		{progress(400, "active", 120, 200, "gone", 0, 0, "active", 380, 400), nil},
		{progress(420, "active", 120, 160, "gone", 0, 0, "active", 160, 200),
			[]string{"node 3 has run dry and takes the back half of node 1's range, 160-200 MB"}},
		{progress(590, "active", 158, 160, "gone", 0, 0, "active", 198, 200), nil},
		{progress(592, "active", 159, 160, "gone", 0, 0, "active", 159, 160), nil}, // too little to tell
		{event{Phase: "finishing", Bytes: 600e6, Length: 600e6}, nil},
	} {
		if got := w.take(step.event); !slices.Equal(got, step.news) {
			t.Errorf("step %d: %q, want %q", i, got, step.news)
		}
	}
}

func TestARangeThatGrowsAtItsEndCameFromTheOneWhoHadIt(t *testing.T) {
	w := new(watch)
	w.take(progress(0, "active", 0, 200, "active", 200, 400, "active", 400, 600))
	got := w.take(progress(250, "active", 190, 600, "active", 250, 400, "active", 450, 500))
	if want := []string{"node 1 has run dry and takes the back half of node 3's range, 200-600 MB"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
