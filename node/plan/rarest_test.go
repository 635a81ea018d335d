package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// newSwarmDesk plans a file of so many pieces of 10 bytes. Nobody has joined.
func newSwarmDesk(t *testing.T, pieces, slots int, seed uint64) *desk {
	d := &desk{T: t, now: time.Unix(100, 0)}
	d.plan = New(Config{
		Length: int64(pieces) * 10, PieceLength: 10, MaxActive: slots,
		Random: rand.New(rand.NewPCG(seed, 0)),
	}, nil)
	return d
}

// joins has owner join with those pieces.
func (d *desk) joins(owner int, pieces ...int) {
	d.Helper()
	d.plan.Has(owner, func(i int) bool { return slices.Contains(pieces, i) }, d.now)
	d.plan.Join(owner, d.now)
	checkPlan(d, d.plan)
}

// piece asks owner for a piece and returns its number, -1 for none.
func (d *desk) piece(owner int) int {
	d.Helper()
	off, n := d.plan.Next(owner, 10, d.now)
	checkPlan(d, d.plan)
	if n == 0 {
		return -1
	}
	return int(off / 10)
}

func TestTheRarestPieceGoesFirst(t *testing.T) {
	d := newSwarmDesk(t, 5, 9, 1)
	d.joins(1, 0, 1, 2, 3)
	d.joins(2, 0, 1, 2)
	d.joins(3, 0, 1)
	d.joins(4, 0)
	for _, want := range []int{3, 2, 1, 0, -1} {
		if got := d.piece(1); got != want {
			t.Fatalf("asked for %d, want %d", got, want)
		}
	}
}

func TestAWholeOwnerIsAskedFirstForWhatNobodyElseHas(t *testing.T) {
	for seed := range uint64(20) {
		d := newSwarmDesk(t, 6, 9, seed)
		d.plan.Join(0, d.now)
		d.joins(1, 0, 1, 2, 4)
		d.joins(2, 1, 2)
		first := []int{d.piece(0), d.piece(0)}
		if slices.Sort(first); !slices.Equal(first, []int{3, 5}) {
			t.Errorf("seed %d: asked for %v, want 3 and 5", seed, first)
		}
	}
}

func TestAnOwnerIsAskedForWhatItHasOnly(t *testing.T) {
	d := newSwarmDesk(t, 4, 9, 1)
	d.joins(1)
	d.asksNothing(1)
	d.plan.Gained(1, 2)
	d.asks(1, 100, 20, 10)
	d.asksNothing(1)
	d.plan.Gained(1, 7, -1, 2)
	d.asksNothing(1)
}

func TestTiesAreBrokenAtRandomAndAlikeForOneSeed(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(40) {
		order := func() string {
			d := newSwarmDesk(t, 4, 9, seed)
			d.joins(1, 0, 1, 2)
			return fmt.Sprint(d.piece(1), d.piece(1), d.piece(1))
		}
		first := order()
		if again := order(); again != first {
			t.Fatalf("seed %d: %s, then %s", seed, first, again)
		}
		seen[first] = true
	}
	if len(seen) < 4 {
		t.Errorf("only the orders %v in 40 seeds", seen)
	}
}

func TestAPieceWhoseOnlyHolderLeftIsWantedAgain(t *testing.T) {
	d := newSwarmDesk(t, 2, 9, 1)
	d.joins(1, 0)
	d.joins(2)
	d.asks(1, 10, 0, 10)
	d.plan.Leave(1, d.now)
	d.asksNothing(2)
	d.plan.Gained(2, 0)
	d.asks(2, 10, 0, 10)
}

func TestAHalfFetchedPieceThatNobodyHasMakesRoom(t *testing.T) {
	d := newSwarmDesk(t, 3, 1, 1)
	d.joins(1, 0)
	d.joins(2, 1)
	d.asks(1, 10, 0, 10)
	d.got(1, 0, 5, "0:0+5")
	d.asksNothing(2) // there is no room
	d.plan.Leave(1, d.now)
	d.asks(2, 10, 10, 10)
	if d.plan.Active(0) || !d.plan.Active(1) {
		t.Error("piece 0 was not given up for piece 1")
	}
	d.got(2, 10, 10, "1:10+10!")
	d.plan.Done(1)
	d.joins(3, 0)
	d.asks(3, 10, 0, 10) // from its front
}

func TestAStartedPieceIsGivenUpOnlyIfNobodyHasIt(t *testing.T) {
	d := newSwarmDesk(t, 3, 1, 1)
	d.joins(1, 0)
	d.joins(2, 1)
	d.joins(3, 0)
	d.asks(1, 10, 0, 10)
	d.got(1, 0, 5, "0:0+5")
	d.plan.Leave(1, d.now)
	d.asksNothing(2)
	d.asks(3, 10, 5, 5)
}

func TestNothingIsAskedTwiceWhilePiecesAreMissing(t *testing.T) {
	d := newSwarmDesk(t, 3, 9, 1)
	d.joins(1, 0, 1)
	d.joins(2, 0)
	d.asks(2, 10, 0, 10)
	d.asks(1, 10, 10, 10)
	d.wait(10 * time.Second)
	d.asksNothing(1) // 2 is late with piece 0, but piece 2 is missing
	d.joins(3, 2)
	d.asks(3, 10, 20, 10)
	d.asks(1, 10, 0, 10)
}

func TestChunksEndWithTheFirstPartialOwnerAndReturnWithTheLast(t *testing.T) {
	d := newDesk(t, 8, 2, 9)
	d.wantChunks("[{0 4}] [{4 8}]")
	d.joins(2, 5)
	d.wantChunks("[] [] []")
	d.asks(2, 10, 50, 10)
	if !d.plan.Swarming() {
		t.Error("no swarm")
	}
	d.plan.Leave(2, d.now)
	if d.plan.Swarming() {
		t.Error("a swarm of whole owners")
	}
	d.wantChunks("[{0 3}] [{3 5} {6 8}] []")
}

func TestAnOwnerThatGainsTheLastPieceIsWhole(t *testing.T) {
	d := newSwarmDesk(t, 4, 9, 1)
	d.joins(1, 0, 1, 3)
	d.plan.Gained(1, 2)
	if d.plan.Swarming() {
		t.Error("a swarm of whole owners")
	}
	d.wantChunks("[{0 4}]")
	d.joins(2, 0, 1, 2, 3)
	if d.plan.Swarming() {
		t.Error("a swarm of whole owners")
	}
}

func TestAnOwnerThatLosesPiecesIsAskedForThemNoMore(t *testing.T) {
	d := newSwarmDesk(t, 2, 9, 1)
	d.joins(1, 0)
	d.asks(1, 10, 0, 10)
	d.joins(1)
	d.asksNothing(1)
	if d.plan.Wanted(1, 0, 10) {
		t.Error("still wanted of it")
	}
	d.joins(2, 0)
	d.asks(2, 10, 0, 10)
}

func TestAPieceThatFailedIsWantedAgain(t *testing.T) {
	d := newSwarmDesk(t, 3, 9, 1)
	d.joins(1, 0)
	d.joins(2, 0)
	d.asks(1, 10, 0, 10)
	d.got(1, 0, 10, "0:0+10!")
	d.plan.Failed(0, d.now)
	d.plan.Ban(1, d.now)
	d.asks(2, 10, 0, 10)
}

func TestDrawFindsEveryMemberOfBothSets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b := newPieceSet(130), newPieceSet(130)
		var both []int
		for i := range 130 {
			inA, inB := random.IntN(8) == 0, random.IntN(8) == 0
			if inA {
				a.add(i)
			}
			if inB {
				b.add(i)
			}
			if inA && inB {
				both = append(both, i)
			}
		}
		var drawn []int
		for {
			i, ok := a.draw(&b, random)
			if !ok {
				break
			}
			a.remove(i)
			drawn = append(drawn, i)
		}
		if slices.Sort(drawn); !slices.Equal(drawn, both) {
			t.Fatalf("drew %v of %v", drawn, both)
		}
	}
}
