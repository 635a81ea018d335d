package node

import (
	"bytes"
	"testing"

	"udptorrent/segment"
)

func TestBlocksOfEverySessionWithAnOwnerCount(t *testing.T) {
	o := &owner{node: 3, verified: 9000}
	o.settle() // as each connecting does
	o.look(segment.OwnerStats{Connected: true, Asked: 4, Repeated: 1, Lost: 1})
	o.look(segment.OwnerStats{Connected: true, Asked: 10, Repeated: 2, Lost: 3})
	o.look(segment.OwnerStats{}) // the source has left it
	o.settle()
	o.look(segment.OwnerStats{Connected: true, Asked: 5, Repeated: 1, Lost: 0})
	want := OwnerResult{Node: 3, Bytes: 9000, Asked: 15, Repeated: 3, Lost: 3}
	if got := o.result(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestResultSaysWhatItTook(t *testing.T) {
	s := newStage(1)
	content := noise(1, 100_000)
	s.actors[1] = bytes.NewReader(content)
	s.stats = segment.OwnerStats{Connected: true, Asked: 80, Repeated: 7, Lost: 9}
	_, tally, err := s.play(t, content, 16<<10)
	if err != nil {
		t.Fatal(err)
	}
	want := OwnerResult{Node: 1, Bytes: 100_000, Asked: 80, Repeated: 7, Lost: 9}
	if len(tally) != 1 || tally[0] != want {
		t.Errorf("%+v, want %+v", tally, want)
	}
}
