package tracker

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// swarmOf makes a swarm in which nodes 1 to n own the whole of one torrent, and node 0
// asks.
func swarmOf(n int, halfLife time.Duration) (s *swarm, p *published, asker *node) {
	s = newSwarm(halfLife)
	for id := range n + 1 {
		s.apply(s.nodesSeq+1, event{At: epoch, Registered: &registered{NodeID: id, Secret: "s"}})
		if id > 0 {
			owns(s, id, true)
		}
	}
	return s, s.torrents[metainfo{}.InfoHash], s.nodes[0]
}

// owns has a node own the torrent of swarmOf, or a part of it.
func owns(s *swarm, id int, complete bool) {
	s.apply(s.nodesSeq+1, event{At: epoch, Owned: &owned{NodeID: id, Complete: complete, metainfo: metainfo{Name: "f", Length: 100}}})
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
	random := rand.New(rand.NewPCG(1, 2))
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
			if s.need(p, asker, 3, now, rand.New(rand.NewPCG(seed, 0)))[0].id == 1 {
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
