package tracker

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// A candidate is an owner as a NEED is told of it, copied from the swarm.
type candidate struct {
	id        int
	addr      netip.AddrPort
	complete  bool
	frequency float64
}

// A choice says how many owners to pick of each kind.
type choice struct {
	rankable int // the first so many of the owners take part in the ranking
	ranked   int // the best of those, ties and places that nobody has earned by lot
	drawn    int // by lot from all the others
}

// choice is the rule of NEED. Whole owners differ by their ranks only, so the best are
// named, and one of the others, so that a newcomer can earn a rank. Where there are
// partial owners many want the same at once, and a ranking would send them all to the
// same few: one whole owner is named by rank, and all others are drawn.
func (p *published) choice(asker *node, want int) choice {
	partial := len(p.owners) - p.whole
	if i, ok := asker.owns[p]; ok && i >= p.whole {
		partial--
	}
	if partial > 0 {
		return choice{rankable: p.whole, ranked: 1, drawn: want - 1}
	}
	return choice{rankable: p.whole, ranked: want - 1, drawn: 1}
}

// need answers who owns p: at most want owners, and never the asker.
func (s *swarm) need(p *published, asker *node, want int, now time.Time, random *rand.Rand) []candidate {
	return s.choose(p, asker, p.choice(asker, want), now, random)
}

// choose picks owners of p, ranked ones first, and never the asker. What it costs
// hardly depends on how many owners there are; see leaders.
func (s *swarm) choose(p *published, asker *node, c choice, now time.Time, random *rand.Rand) []candidate {
	most := min(c.ranked+c.drawn, len(p.owners))
	lots := &lots{random: random, taken: make([]int, 0, most+1)}
	if i, ok := asker.owns[p]; ok {
		lots.take(i)
	}
	picked := make([]*node, 0, most)
	for _, n := range s.best(p, asker, c, now, random) {
		lots.take(n.owns[p])
		picked = append(picked, n)
	}
	draw := func(upTo, places int) {
		for len(picked) < upTo {
			i, ok := lots.draw(places)
			if !ok {
				return
			}
			picked = append(picked, p.owners[i])
		}
	}
	draw(c.ranked, c.rankable)
	draw(c.ranked+c.drawn, len(p.owners))

	owners := make([]candidate, 0, len(picked))
	for _, n := range picked {
		owners = append(owners, candidate{n.id, n.addr, n.owns[p] < p.whole, n.uploads.frequency(now, s.halfLife)})
	}
	return owners
}

// best returns those who have earned one of the c.ranked places, in order.
func (s *swarm) best(p *published, asker *node, c choice, now time.Time, random *rand.Rand) []*node {
	if c.rankable > scanned && c.rankable == p.whole {
		return s.leading(p, now, random).pick(p, asker, c.ranked)
	}
	r := newRanking(c.ranked, random)
	r.offerAll(p.owners[:c.rankable], asker, idle(now, s.halfLife))
	return r.nodes()
}
