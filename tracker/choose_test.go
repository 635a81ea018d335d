package tracker

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// evenly fails unless each of the counts is about want: within 5 standard deviations.
func evenly(t *testing.T, what string, counts map[int]int, of, want int) {
	t.Helper()
	if len(counts) != of {
		t.Errorf("%s: %d nodes were ever told of, want %d", what, len(counts), of)
	}
	off := int(5 * math.Sqrt(float64(want)))
	for id, n := range counts {
		if n < want-off || n > want+off {
			t.Errorf("%s: node %d was told of %d times, about %d expected", what, id, n, want)
		}
	}
}

// Of 20 owners 3 deliver. With 4 places the 3 are always told of, in their order, and
// the other 17 share the last place evenly.
func TestTheLastPlaceIsDrawnFromTheRest(t *testing.T) {
	const draws = 17_000
	s, p, asker := swarmOf(20, time.Hour)
	deliveries(s, 7, 9, epoch)
	deliveries(s, 5, 6, epoch)
	deliveries(s, 11, 3, epoch)
	random := rand.New(rand.NewPCG(3, 4))
	last := make(map[int]int)
	for range draws {
		got := ids(s.need(p, asker, 4, epoch, random))
		if len(got) != 4 || !slices.Equal(got[:3], []int{7, 5, 11}) {
			t.Fatalf("told of %v", got)
		}
		last[got[3]]++
	}
	// 1000 expected each; 5 standard deviations are 155.
	if len(last) != 17 {
		t.Errorf("%d nodes were ever drawn, want 17", len(last))
	}
	for id, n := range last {
		if n < 845 || n > 1155 {
			t.Errorf("node %d was drawn %d times, about 1000 expected", id, n)
		}
	}
}

func TestTiesAreDrawnByLot(t *testing.T) {
	const draws = 10_000
	s, p, asker := swarmOf(10, time.Hour)
	for id := 1; id <= 10; id++ {
		deliveries(s, id, 2, epoch)
	}
	random := rand.New(rand.NewPCG(5, 6))
	places := make(map[[2]int]int) // of place and node
	for range draws {
		for place, id := range ids(s.need(p, asker, 4, epoch, random)) {
			places[[2]int{place, id}]++
		}
	}
	for place := range 4 {
		for id := 1; id <= 10; id++ {
			if n := places[[2]int{place, id}]; n < 850 || n > 1150 {
				t.Errorf("node %d was at place %d %d times, about 1000 expected", id, place, n)
			}
		}
	}
}

func TestAnOwnerIsNeverToldOfItself(t *testing.T) {
	s, p, _ := swarmOf(5, time.Hour)
	deliveries(s, 3, 5, epoch)
	random := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		if got := ids(s.need(p, s.nodes[3], 8, epoch, random)); len(got) != 4 || slices.Contains(got, 3) {
			t.Fatalf("node 3 is told of %v", got)
		}
	}
}

// Of 20 owners 3 are whole. The one of them that ranks best is always told of, and the
// others, whole or not, whatever they have delivered, share the other places evenly.
func TestInASwarmAllButOneWholeOwnerAreDrawn(t *testing.T) {
	const draws = 9500
	s, p, asker := swarmOf(20, time.Hour)
	for id := 4; id <= 20; id++ {
		owns(s, id, false)
	}
	deliveries(s, 2, 3, epoch)
	deliveries(s, 1, 2, epoch)
	deliveries(s, 9, 50, epoch)
	random := rand.New(rand.NewPCG(9, 10))
	drawn := make(map[int]int)
	for range draws {
		got := s.need(p, asker, 5, epoch, random)
		if len(got) != 5 || got[0].id != 2 {
			t.Fatalf("told of %v", ids(got))
		}
		for _, o := range got[1:] {
			if o.complete != (o.id <= 3) {
				t.Fatalf("node %d is said to be complete: %t", o.id, o.complete)
			}
			drawn[o.id]++
		}
	}
	evenly(t, "drawn", drawn, 19, draws*4/19)
}

// Nobody has delivered yet, as when a crowd comes at once: one whole owner is told of
// all the same, each as likely.
func TestInASwarmAWholeOwnerIsAlwaysToldOf(t *testing.T) {
	const draws = 8000
	s, p, asker := swarmOf(300, time.Hour)
	for id := 5; id <= 300; id++ {
		owns(s, id, false)
	}
	random := rand.New(rand.NewPCG(11, 12))
	first, rest := make(map[int]int), make(map[int]int)
	for range draws {
		got := s.need(p, asker, 8, epoch, random)
		if len(got) != 8 || !got[0].complete {
			t.Fatalf("told of %v", ids(got))
		}
		first[got[0].id]++
		for _, o := range got[1:] {
			rest[o.id]++
		}
	}
	evenly(t, "first", first, 4, draws/4)
	evenly(t, "drawn", rest, 300, draws*7/299)
}

func TestWithoutAWholeOwnerAllAreDrawn(t *testing.T) {
	const draws = 6000
	s, p, asker := swarmOf(12, time.Hour)
	for id := 1; id <= 12; id++ {
		owns(s, id, false)
	}
	deliveries(s, 3, 9, epoch)
	random := rand.New(rand.NewPCG(13, 14))
	told := make(map[int]int)
	for range draws {
		got := s.need(p, asker, 4, epoch, random)
		if len(got) != 4 {
			t.Fatalf("told of %v", ids(got))
		}
		for _, o := range got {
			told[o.id]++
		}
	}
	evenly(t, "drawn", told, 12, draws*4/12)
}

// Whoever asks has a part of its own, but is alone with it: the others are ranked.
func TestTheAskersOwnPartMakesNoSwarm(t *testing.T) {
	s, p, asker := swarmOf(9, time.Hour)
	owns(s, asker.id, false)
	for id := 1; id <= 9; id++ {
		deliveries(s, id, id, epoch)
	}
	random := rand.New(rand.NewPCG(15, 16))
	for range 100 {
		if got := ids(s.need(p, asker, 4, epoch, random)); len(got) != 4 || !slices.Equal(got[:3], []int{9, 8, 7}) {
			t.Fatalf("told of %v", got)
		}
	}
}

func TestNobodyIsToldOfTwice(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 18))
	for owners := range 12 {
		for whole := range owners + 1 {
			s, p, asker := swarmOf(max(owners, 1), time.Hour)
			if owners == 0 {
				s.apply(s.nodesSeq+1, event{At: epoch, Left: &left{[]int{1}}})
			}
			for id := whole + 1; id <= owners; id++ {
				owns(s, id, false)
			}
			deliveries(s, 1, 1, epoch)
			deliveries(s, 2, 1, epoch)
			for want := 1; want <= 14; want++ {
				for _, asker := range []*node{asker, s.nodes[1]} {
					others := owners
					if asker.id == 1 && owners > 0 {
						others--
					}
					got := ids(s.need(p, asker, want, epoch, random))
					slices.Sort(got)
					if len(got) != min(want, others) || len(slices.Compact(got)) != min(want, others) || slices.Contains(got, asker.id) {
						t.Fatalf("%d owners, %d of them whole, node %d wants %d: told of %v", owners, whole, asker.id, want, got)
					}
				}
			}
		}
	}
}
