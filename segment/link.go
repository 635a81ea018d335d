package segment

import (
	"math/rand/v2"
	"time"
)

// LinkConfig describes an impaired line: what a node sends and what it receives
// both pass it, each in a direction of its own. The zero value is a perfect line.
type LinkConfig struct {
	Rate      float64       // bytes per second in each direction; 0 is unlimited
	Delay     time.Duration // one way, added in each direction
	Loss      float64       // probability that a datagram vanishes
	Reorder   float64       // probability that a datagram is held back behind later ones
	Duplicate float64       // probability that a datagram arrives twice
	Queue     int           // bytes that wait for the line before it drops; 0 means 256 KiB
	Seed      uint64        // of all draws; 0 draws one
}

// Impaired reports whether the line differs from a perfect one.
func (c LinkConfig) Impaired() bool { return c != LinkConfig{Queue: c.Queue, Seed: c.Seed} }

const (
	// defaultQueue is a queue as home routers have it.
	defaultQueue = 256 << 10

	// datagramHeaders is what IPv4 and UDP add to a payload on the line.
	datagramHeaders = 28

	// linePacket is the largest IP packet that passes: Ethernet's.
	linePacket = 1500

	// holdBack is by how much a reordered datagram comes late, and a quarter
	// of the line's delay.
	holdBack = time.Millisecond
)

// A line is one direction of a link: a queue that drains at the rate and drops
// what does not fit, then a delay. It computes when datagrams arrive and moves
// none. Not safe for concurrent use.
type line struct {
	c    LinkConfig
	rng  *rand.Rand
	free time.Time // when the line has sent all that is queued
}

// newLine returns one direction of a link; two with the same seed and direction
// make the same draws.
func newLine(c LinkConfig, direction uint64) *line {
	if c.Queue == 0 {
		c.Queue = defaultQueue
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
	return &line{c: c, rng: rand.New(rand.NewPCG(c.Seed, direction))}
}

// pass sends a payload of n bytes at now. It returns when its copies arrive: one,
// two, or none.
func (l *line) pass(now time.Time, n int) (arrive [2]time.Time, copies int) {
	if l.rng.Float64() < l.c.Loss || n+datagramHeaders > linePacket {
		return arrive, 0
	}
	times := 1
	if l.rng.Float64() < l.c.Duplicate {
		times = 2
	}
	for range times {
		at, ok := l.queue(now, n+datagramHeaders)
		if !ok {
			break
		}
		if l.rng.Float64() < l.c.Reorder {
			at = at.Add(l.c.Delay/4 + holdBack)
		}
		arrive[copies] = at.Add(l.c.Delay)
		copies++
	}
	return arrive, copies
}

// queue returns when n bytes have left the line, or false if its queue is full.
func (l *line) queue(now time.Time, n int) (time.Time, bool) {
	if l.c.Rate == 0 {
		return now, true
	}
	if l.free.Before(now) {
		l.free = now
	}
	if backlog := l.free.Sub(now).Seconds() * l.c.Rate; int(backlog)+n > l.c.Queue {
		return time.Time{}, false
	}
	l.free = l.free.Add(time.Duration(float64(n) / l.c.Rate * float64(time.Second)))
	return l.free, true
}
