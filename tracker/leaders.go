package tracker

import (
	"math/rand/v2"
	"time"

	"udptorrent/tracker/api"
)

const (
	// scanned is the most owners that each NEED ranks anew.
	scanned = 256

	// leadersFor is how long leaders count. Frequencies change by little in it.
	leadersFor = time.Second

	// maxLeaders is more than any NEED is told, since some may leave.
	maxLeaders = api.MaxWant + 14
)

// leaders are the best of the whole owners of a torrent that has many, as of a moment.
// Only those are among them that have earned a rank. They never change.
type leaders struct {
	at    time.Time
	nodes []*node // in order
}

// leading returns the leaders of p, which it ranks anew if they are too old. Readers
// of the swarm may do so side by side.
func (s *swarm) leading(p *published, now time.Time, random *rand.Rand) *leaders {
	known := p.leaders.Load()
	if known != nil && !now.Before(known.at) && now.Sub(known.at) < leadersFor {
		return known
	}
	r := newRanking(maxLeaders, random)
	r.offerAll(p.owners[:p.whole], nil, idle(now, s.halfLife))
	known = &leaders{now, r.nodes()}
	p.leaders.Store(known)
	return known
}

// pick returns the best, at most most of them, that are still whole owners of p and not
// the asker.
func (l *leaders) pick(p *published, asker *node, most int) []*node {
	picked := make([]*node, 0, most)
	for _, n := range l.nodes {
		if len(picked) == most {
			break
		}
		if i, ok := n.owns[p]; ok && i < p.whole && n != asker {
			picked = append(picked, n)
		}
	}
	return picked
}
