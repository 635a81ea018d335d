package serving

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

const (
	giver = iota
	rider
	other
)

// newTable returns the ledger of an owner of 1000 pieces whom two ask that have 100.
func newTable() *Ledger[int] {
	l := NewLedger[int](1000)
	l.Says(giver, 100)
	l.Says(rider, 100)
	return l
}

func expectRank(t *testing.T, l *Ledger[int], asker int, want float64) {
	t.Helper()
	if got := l.Rank(asker); got != want {
		t.Errorf("%d has rank %v, want %v", asker, got, want)
	}
}

func TestWhoHasLessIsServedFirst(t *testing.T) {
	l := NewLedger[int](1000)
	l.Says(giver, 10)
	l.Says(other, 11)
	if l.Rank(giver) >= l.Rank(other) {
		t.Error("who has 11 pieces is not after who has 10")
	}
}

func TestWhoSaysThatItHasLessThanItWasSentIsNotBelieved(t *testing.T) {
	l := NewLedger[int](1000)
	l.Says(giver, 0)
	l.Sent(giver, 5, false)
	expectRank(t, l, giver, 5)
}

func TestAnyoneMayTakeOnePieceForNothing(t *testing.T) {
	l := newTable()
	l.Sent(rider, 1, true)
	expectRank(t, l, rider, 100)
}

func TestWhoTakesAndDoesNotGiveWaits(t *testing.T) {
	l := newTable()
	l.Sent(rider, 2, true)
	expectRank(t, l, rider, math.Inf(1))
	expectRank(t, l, giver, 100)
}

func TestWhoGivesLittleIsNoFreeRider(t *testing.T) {
	l := newTable()
	l.Sent(giver, 60, true)
	l.Repaid(giver, 1)
	expectRank(t, l, giver, 100)
}

func TestWhoHasNothingToGiveOwesNothing(t *testing.T) {
	l := newTable()
	l.Sent(giver, 90, false)
	expectRank(t, l, giver, 100)
}

func TestWhoHidesWhatItHasOwes(t *testing.T) {
	l := newTable()
	for range 50 {
		l.Sent(rider, 1, false)
		l.Says(rider, 0)
	}
	if !l.Owes(rider) {
		t.Error("50 pieces were sent, and it says that it has none")
	}
}

func TestNewsMayComeLate(t *testing.T) {
	l := NewLedger[int](1000)
	l.Says(giver, 0)
	for i := range 100 {
		l.Sent(giver, 1, false)
		l.Says(giver, max(0, i-3))
	}
	if l.Owes(giver) {
		t.Error("it said of each piece a little later that it has it")
	}
}

func TestWhoOwesIsServedLastWhenNobodyElseIsThere(t *testing.T) {
	l := newTable()
	l.Sent(rider, 2, true)
	l.Left(giver)
	expectRank(t, l, rider, 1002)
	l.Says(giver, 100)
	expectRank(t, l, rider, math.Inf(1))
	l.Says(giver, 1000)
	expectRank(t, l, rider, 1002)
}

func TestAnOwnerThatNeedsNothingServesAll(t *testing.T) {
	l := newTable()
	l.Sent(rider, 2, true)
	l.Scarce(false)
	expectRank(t, l, rider, 1002)
	l.Sent(giver, 500, true)
	expectRank(t, l, giver, 500) // it could give nothing for them
}

func TestASeedGoesByWhatSpreads(t *testing.T) {
	l := newTable()
	l.Sent(rider, 3, false)
	l.Sent(giver, 3, false)
	l.Spread(rider, 3, 0)
	l.Spread(giver, 3, 2)
	expectRank(t, l, rider, math.Inf(1))
	expectRank(t, l, giver, 100)
	l.Scarce(false)
	l.Sent(rider, 10, false)
	l.Sent(giver, 10, false)
	expectRank(t, l, rider, 1013)
	expectRank(t, l, giver, 100)
}

func TestNobodyStarves(t *testing.T) {
	l := NewLedger[int](100_000)
	l.Says(giver, 0)
	l.Says(rider, 0)
	took := 0
	for range 64_000 {
		l.Sent(giver, 1, false)
		if !math.IsInf(l.Rank(rider), 1) {
			l.Sent(rider, 1, true)
			took++
		}
	}
	if took < 1000 || took > 1003 {
		t.Errorf("it was sent %d pieces for nothing, and others 64000", took)
	}
	for range 8 {
		l.Idle(1)
	}
	if math.IsInf(l.Rank(rider), 1) {
		t.Error("it waits though the owner had time")
	}
}

func TestWhoComesLateHasNoShareOfWhatWas(t *testing.T) {
	l := newTable()
	l.Sent(giver, 900, false)
	l.Says(other, 0)
	l.Sent(other, 2, true)
	if !l.Owes(other) {
		t.Error("what others were sent before it came counts for it")
	}
}

func TestWhoLeftLongAgoIsForgotten(t *testing.T) {
	l := newTable()
	l.Sent(giver, 10, true)
	l.Sent(rider, 10, true)
	for asker := other; asker < other+100_000; asker++ {
		l.Says(asker, 0)
		l.Left(asker)
		if asker == other+100_000-mostAccounts/2 {
			l.Left(rider)
		}
	}
	if n := len(l.accounts); n > mostAccounts+1 || len(l.here) != 1 || l.left.Len() != n-1 {
		t.Errorf("%d accounts, of which %d are here and %d left", n, len(l.here), l.left.Len())
	}
	if !l.Owes(giver) {
		t.Error("one that is here was forgotten")
	}
	if l.Says(rider, 0); !l.Owes(rider) {
		t.Error("one that left lately was forgotten")
	}
	if l.left.Len() != len(l.accounts)-2 {
		t.Errorf("one that came again still counts as gone")
	}
}

// TestThereIsAlwaysSomebodyToServe: who waits waits for others that need not.
func TestThereIsAlwaysSomebodyToServe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLedger[int](50)
		asker := func() int { return rapid.IntRange(0, 3).Draw(t, "asker") }
		count := func() int { return rapid.IntRange(0, 49).Draw(t, "pieces") }
		t.Repeat(map[string]func(*rapid.T){
			"says":   func(*rapid.T) { l.Says(asker(), count()) },
			"sent":   func(t *rapid.T) { l.Sent(asker(), float64(count()), rapid.Bool().Draw(t, "repayable")) },
			"repaid": func(*rapid.T) { l.Repaid(asker(), float64(count())) },
			"left":   func(*rapid.T) { l.Left(asker()) },
			"scarce": func(t *rapid.T) { l.Scarce(rapid.Bool().Draw(t, "scarce")) },
			"": func(t *rapid.T) {
				waiting, served := 0, 0
				for n, a := range l.accounts {
					switch {
					case math.IsNaN(l.Rank(n)):
						t.Fatalf("%d has no rank", n)
					case math.IsInf(l.Rank(n), 1):
						waiting++
					case a.left == nil:
						served++
					}
				}
				if waiting > 0 && served == 0 {
					t.Fatalf("%d wait, and nobody is served", waiting)
				}
			},
		})
	})
}
