package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// decided fails unless the decisions since the last look read like want, as in
// "assigned 0 0-30, stolen 2 of 1 170-200".
func (d *desk) decided(want string) {
	d.Helper()
	if got := tell(d.plan.Decisions()); got != want {
		d.Fatalf("decided %q, want %q", got, want)
	}
}

func tell(list []Decision) (text string) {
	for _, c := range list {
		text += fmt.Sprintf(", %s %d", c.Change, c.Owner)
		if c.Of != Nobody {
			text += fmt.Sprintf(" of %d", c.Of)
		}
		text += fmt.Sprintf(" %d-%d", c.From, c.To)
		if c.Bytes != c.To-c.From {
			text += fmt.Sprintf(" (%d)", c.Bytes)
		}
	}
	return trim(trim(text))
}

func TestEqualSharesAreDecisions(t *testing.T) {
	d := newDesk(t, 9, 3, 9)
	d.decided("assigned 0 0-30, assigned 1 30-60, assigned 2 60-90")
	d.decided("") // each is told once
	d = newDesk(t, 10, 2, 9, 0, 1, 5, 8)
	d.decided("assigned 0 20-50, assigned 1 60-100 (30)") // pieces that are done are left out
	newDesk(t, 1, 2, 9).decided("assigned 1 0-10")        // there is nothing for the first
}

func TestWhatAnOwnerLeavesIsTakenOverAsItWasLeft(t *testing.T) {
	d := newDesk(t, 9, 3, 9)
	d.asks(1, 5, 30, 5)
	d.plan.Decisions()
	d.plan.Leave(1, d.now)
	d.decided("left 1 40-60") // piece 3 had been started
	d.asks(0, 30, 0, 30)
	d.asks(0, 5, 30, 5) // it belongs to no range
	d.asks(0, 5, 35, 5)
	d.decided("")
	d.asks(0, 5, 40, 5)
	d.decided("taken over 0 of 1 40-60")
	d.plan.Leave(1, d.now)
	d.decided("") // it has nothing more to leave
}

func TestWhatSeveralOwnersLeaveIsToldOfEach(t *testing.T) {
	d := newDesk(t, 9, 3, 9)
	d.plan.Decisions()
	d.plan.Ban(2, d.now)
	d.plan.Leave(0, d.now)
	d.decided("left 2 60-90, left 0 0-30")
	d.asks(1, 30, 30, 30)
	d.asks(1, 5, 0, 5)
	d.decided("taken over 1 of 2 60-90, taken over 1 of 0 0-30")
	d.plan.Leave(1, d.now)
	d.decided("left 1 10-90 (50)")
}

func TestATheftIsADecision(t *testing.T) {
	d := newDesk(t, 8, 1, 9)
	d.asks(0, 10, 0, 10)
	d.plan.Join(7, d.now)
	d.plan.Decisions()
	d.asks(7, 10, 40, 10)
	d.decided("stolen 7 of 0 40-80")
}

func TestTheFirstToAskTakesWhatWasNotAssigned(t *testing.T) {
	p := New(Config{Length: 95, PieceLength: 10, MaxActive: 2}, nil)
	now := time.Unix(100, 0)
	p.Join(3, now)
	p.Next(3, 10, now)
	if got, want := tell(p.Decisions()), "taken over 3 0-95"; got != want {
		t.Errorf("decided %q, want %q", got, want)
	}
}

func TestASwarmDecidesNothingOfRanges(t *testing.T) {
	d := newDesk(t, 64, 3, 9)
	d.plan.Leave(2, d.now)
	d.plan.Decisions()
	d.plan.Has(1, func(i int) bool { return i%2 == 0 }, d.now) // from here on there is one pool
	d.plan.Next(0, 10, d.now)
	d.plan.Next(1, 10, d.now)
	for range 20 {
		d.plan.Has(1, nil, d.now) // and here are chunks again
		d.plan.Has(1, func(i int) bool { return i%2 == 1 }, d.now)
	}
	d.plan.Leave(0, d.now)
	d.plan.Leave(1, d.now)
	d.decided("")
}

// Owners of very unlike rates steal from each other until single pieces are left.
func TestADownloadTellsOfFewDecisions(t *testing.T) {
	for _, owners := range []int{2, 3, 8, 24} {
		told := decisions(owners)
		t.Logf("%d owners: %d decisions", owners, told)
		if told <= owners || told > owners+tellingPart {
			t.Errorf("%d owners: %d decisions", owners, told)
		}
	}
}

// decisions plays a download and returns how many decisions it tells of.
func decisions(owners int) (told int) {
	const pieces = 4000
	random := rand.New(rand.NewPCG(1, 2))
	p := New(Config{Length: pieces * 10, PieceLength: 10, MaxActive: 2 * owners}, nil)
	now := time.Unix(100, 0)
	var numbers []int
	for o := range owners {
		numbers = append(numbers, o)
		p.Join(o, now)
	}
	p.Assign(numbers)
	for !p.Whole() {
		now = now.Add(time.Millisecond)
		o := min(int(random.ExpFloat64()*2), owners-1) // the first ones are the fastest
		off, n := p.Next(o, 10, now)
		for _, f := range p.Got(o, off, n, now) {
			if f.Full {
				p.Done(f.Piece)
			}
		}
		told += len(p.Decisions())
	}
	return told
}

func TestDecisionsThatNobodyReadsTakeNoMemory(t *testing.T) {
	d := newDesk(t, 4, 2, 9)
	for range 1000 {
		d.plan.Leave(0, d.now)
		d.plan.Leave(1, d.now)
		d.plan.Join(0, d.now)
		_, n := d.plan.Next(0, 1, d.now)
		if n != 1 {
			t.Fatal(n)
		}
	}
	if n := len(d.plan.Decisions()); n > mostDecisions {
		t.Errorf("%d decisions are kept", n)
	}
	if n := len(d.plan.leavings); n > 2 {
		t.Errorf("%d leavings are kept", n)
	}
}
