package tracker

import (
	"time"

	"go.uber.org/zap"
)

// watchClock sees whether the wall clock was set back since the last tick. Leases have
// another, which never is; all else is told.
func (k *keeper) watchClock(now time.Time) {
	wall := now.Round(0)
	if wall.Before(k.wall) {
		if k.happen([]event{{At: stamp(now), SetBack: new(setBack)}}) == nil {
			return // at the next tick again
		}
		k.log.Warn("clock set back", zap.Duration("by", k.wall.Sub(wall)))
	}
	k.wall = wall
}

// setBackNodes has nothing that nodes did be later than at.
func (s *swarm) setBackNodes(at time.Time) {
	for _, n := range s.nodes {
		n.since, n.departed = earlier(n.since, at), earlier(n.departed, at)
		if n.uploads.At.After(at) {
			n.uploads.At = at
			n.score = n.uploads.score(s.halfLife)
		}
	}
}

// setBackTorrents has nothing that became of torrents be later than at.
func (s *swarm) setBackTorrents(at time.Time) {
	for _, p := range s.torrents {
		p.since, p.idle = earlier(p.since, at), earlier(p.idle, at)
	}
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}
