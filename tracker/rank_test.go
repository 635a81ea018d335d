package tracker

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// swarmOf makes a swarm in which nodes 1 to n own one torrent, and node 0 asks.
func swarmOf(n int, halfLife time.Duration) (s *swarm, p *published, asker *node) {
	s = newSwarm(halfLife)
	for id := range n + 1 {
		s.apply(s.nodesSeq+1, event{At: epoch, Registered: &registered{NodeID: id, Secret: "s"}})
		if id > 0 {
			s.apply(s.nodesSeq+1, event{At: epoch, Owned: &owned{NodeID: id, metainfo: metainfo{Name: "f", Length: 100}}})
		}
	}
	return s, s.torrents[metainfo{}.InfoHash], s.nodes[0]
}

// deliveries has a node deliver n chunks at one time.
func deliveries(s *swarm, id, n int, at time.Time) {
	for i := range n {
		s.apply(s.nodesSeq+1, event{At: at, Delivered: &delivered{NodeID: id, Serial: uint64(i), Bytes: 1}})
	}
}

func ids(owners []candidate) []int {
	var ids []int
	for _, o := range owners {
		ids = append(ids, o.id)
	}
	return ids
}

func TestRankFollowsTheDecayedCounts(t *testing.T) {
	const halfLife = 10 * time.Minute
	s, p, asker := swarmOf(4, halfLife)
	random := rand.NewPCG(1, 2)
	check := func(what string, now time.Time, want []int, frequencies ...float64) {
		t.Helper()
		// One more than there are, so that nobody is left to be drawn.
		got := s.need(p, asker, 5, now, random)
		if !slices.Equal(ids(got), want) {
			t.Errorf("%s: ranked %v, want %v", what, ids(got), want)
			return
		}
		for i, want := range frequencies {
			if math.Abs(got[i].frequency-want) > 1e-9 {
				t.Errorf("%s: node %d has %v, want %v", what, got[i].id, got[i].frequency, want)
			}
		}
	}
	deliveries(s, 1, 8, epoch)
	deliveries(s, 2, 4, epoch)
	deliveries(s, 3, 2, epoch)
	deliveries(s, 4, 1, epoch)
	check("at once", epoch, []int{1, 2, 3, 4}, 8, 4, 2, 1)

	later := epoch.Add(halfLife)
	check("a half-life later", later, []int{1, 2, 3, 4}, 4, 2, 1, 0.5)

	deliveries(s, 3, 2, later)
	check("3 delivers two", later, []int{1, 3, 2, 4}, 4, 3, 2, 0.5)

	later = later.Add(2 * halfLife)
	deliveries(s, 4, 2, later)
	check("4 delivers two, much later", later, []int{4, 1, 3, 2}, 2.125, 1, 0.75, 0.5)
}

func TestForgottenGloryRanksWithNewcomers(t *testing.T) {
	const halfLife = time.Minute
	s, p, asker := swarmOf(2, halfLife)
	deliveries(s, 1, 1, epoch)
	first := func(now time.Time) int {
		firsts := 0
		for seed := range uint64(1000) {
			if s.need(p, asker, 3, now, rand.NewPCG(seed, 0))[0].id == 1 {
				firsts++
			}
		}
		return firsts
	}
	if n := first(epoch.Add(9 * halfLife)); n != 1000 {
		t.Errorf("after 9 half-lives node 1 is first in %d of 1000 draws", n)
	}
	if n := first(epoch.Add(11 * halfLife)); n < 400 || n > 600 {
		t.Errorf("after 11 half-lives node 1 is first in %d of 1000 draws, about half expected", n)
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
	random := rand.NewPCG(3, 4)
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
	random := rand.NewPCG(5, 6)
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
	random := rand.NewPCG(7, 8)
	for range 100 {
		if got := ids(s.need(p, s.nodes[3], 8, epoch, random)); len(got) != 4 || slices.Contains(got, 3) {
			t.Fatalf("node 3 is told of %v", got)
		}
	}
}
