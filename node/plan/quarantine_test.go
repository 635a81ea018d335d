package plan

import (
	"slices"
	"testing"
	"time"
)

func TestASingleContributorIsToBlame(t *testing.T) {
	d := newDesk(t, 2, 2, 9)
	d.asks(0, 10, 0, 10)
	d.got(0, 0, 10, "0:0+10!")
	if parts := d.plan.Failed(0, d.now); !slices.Equal(parts, []Part{{0, 0, 10}}) {
		t.Fatalf("parts %v", parts)
	}
	d.plan.Ban(0, d.now)
	d.asks(1, 10, 10, 10)
	d.asks(1, 10, 0, 10)
}

// spoiled returns a desk on which owners 0 and 1 together delivered piece 0, which failed,
// and owner 2 had no part in it.
func spoiled(t *testing.T) *desk {
	d := newDesk(t, 6, 3, 9)
	d.asks(0, 10, 0, 10)
	d.got(0, 0, 4, "0:0+4")
	d.got(1, 4, 6, "0:4+6!")
	want := []Part{{0, 0, 4}, {1, 4, 6}}
	if parts := d.plan.Failed(0, d.now); !slices.Equal(parts, want) {
		t.Fatalf("parts %v", parts)
	}
	return d
}

func TestAQuarantinedPieceComesFromOneOtherOwner(t *testing.T) {
	d := spoiled(t)
	d.asks(0, 10, 10, 10)
	d.asks(1, 10, 20, 10)
	d.asks(2, 4, 0, 4) // before its own chunk
	d.got(1, 0, 4, "") // of nobody else
	d.asks(2, 100, 4, 6)
	d.asks(2, 100, 40, 20)
	d.asks(0, 100, 30, 10)
	d.wait(time.Second)
	d.got(2, 0, 10, "0:0+10!")
	d.plan.Done(0)
	if len(d.plan.suspects) > 0 {
		t.Error("still in quarantine")
	}
}

func TestAQuarantinedPieceIsNeitherHelpedNorDoubled(t *testing.T) {
	d := spoiled(t)
	d.asks(2, 4, 0, 4)
	for range 5 { // all the other pieces
		off, n := d.plan.Next(0, 10, d.now)
		d.plan.Got(0, off, n, d.now)
	}
	d.wait(patience)
	d.asksNothing(0)
	d.asksNothing(1)
	d.wait(time.Millisecond)
	d.asks(1, 100, 0, 10) // the single owner was silent for too long
	d.got(2, 0, 10, "")
	d.wait(patience + time.Second)
	d.asksNothing(0) // more patience this time
	d.got(1, 0, 10, "0:0+10!")
}

func TestAQuarantinedPieceWhoseOwnerLeavesStartsAgain(t *testing.T) {
	d := spoiled(t)
	d.asks(2, 10, 0, 10)
	d.got(2, 0, 5, "0:0+5")
	d.plan.Leave(2, d.now)
	d.asks(1, 10, 0, 10) // it had a part in it, but all that are left had
	d.got(1, 0, 10, "0:0+10!")
	if parts := d.plan.Failed(0, d.now); len(parts) != 1 || parts[0].Owner != 1 {
		t.Fatalf("parts %v", parts)
	}
}

func TestAContributorGetsAQuarantinedPieceIfNobodyElseDoes(t *testing.T) {
	d := spoiled(t)
	d.wait(patience + 1)
	d.asks(1, 10, 0, 10)
}

func TestABannedOwnersBytesAreFetchedAgain(t *testing.T) {
	d := newDesk(t, 2, 1, 9)
	d.asks(0, 10, 0, 10)
	d.got(0, 0, 6, "0:0+6")
	d.plan.Join(1, d.now)
	d.plan.Ban(0, d.now)
	d.asks(1, 100, 0, 10)
	d.asks(1, 100, 10, 10)
}
