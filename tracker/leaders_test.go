package tracker

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Of 1,000 whole owners ten deliver. NEED ranks them as it does few, but may be up to
// leadersFor behind; who has left, or asks, is told of to nobody even so.
func TestTheLeadersOfManyOwnersAreThoseOfAMomentAgo(t *testing.T) {
	s, p, asker := swarmOf(1000, time.Hour)
	for i := range 10 {
		deliveries(s, 501+i, 20-i, epoch)
	}
	random := rand.New(rand.NewPCG(1, 2))
	check := func(what string, asker *node, now time.Time, want ...int) {
		t.Helper()
		if got := ids(s.need(p, asker, 8, now, random)); len(got) != 8 || !slices.Equal(got[:7], want) || slices.Contains(want, got[7]) || got[7] == asker.id {
			t.Errorf("%s: told of %v, want %v and another", what, got, want)
		}
	}
	check("at once", asker, epoch, 501, 502, 503, 504, 505, 506, 507)
	deliveries(s, 7, 100, epoch)
	check("a delivery is not seen yet", asker, epoch.Add(leadersFor-1), 501, 502, 503, 504, 505, 506, 507)
	s.apply(s.nodesSeq+1, event{At: epoch, Left: &left{[]int{502}}})
	owns(s, 504, false)
	owns(s, 504, true) // which moves it
	check("a leader has left", asker, epoch.Add(leadersFor-1), 501, 503, 504, 505, 506, 507, 508)
	check("a leader asks", s.nodes[503], epoch.Add(leadersFor-1), 501, 504, 505, 506, 507, 508, 509)
	check("later", asker, epoch.Add(leadersFor), 7, 501, 503, 504, 505, 506, 507)
	check("a clock that goes back", asker, epoch, 7, 501, 503, 504, 505, 506, 507)
}

// As many newcomers as there are owners: nobody has earned a rank, so all are drawn
// anew each time, however young the leaders are.
func TestManyWithoutARankAreDrawn(t *testing.T) {
	const draws = 10_000
	s, p, asker := swarmOf(500, time.Hour)
	random := rand.New(rand.NewPCG(3, 4))
	told := make(map[int]int)
	for range draws {
		for _, o := range s.need(p, asker, 8, epoch, random) {
			told[o.id]++
		}
	}
	evenly(t, "drawn", told, 500, draws*8/500)
}
