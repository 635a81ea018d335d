package netem

import (
	"math/rand/v2"
	"time"
)

// LineConfig describes one direction of a line. The zero value is a perfect one.
type LineConfig struct {
	Rate      []Step        // none is unlimited
	Delay     time.Duration // one way, behind the queue
	Loss      float64       // probability that a packet vanishes before the queue
	Duplicate float64       // probability that it enters the queue twice
	Reorder   float64       // probability that it is held back behind later ones
	Queue     int           // bytes that wait before more are dropped; 0 is 256 KiB
	MTU       int           // longer packets vanish, as in a black hole; 0 is no limit
}

const (
	// defaultQueue is a queue as home routers have it.
	defaultQueue = 256 << 10

	// leastHold is by how much a reordered packet comes late, on top of a
	// quarter of the delay.
	leastHold = time.Millisecond
)

// Counters are what became of the packets of one line.
type Counters struct {
	Packets    int64 // that came through, duplicates included
	Bytes      int64 // of them, IP headers included
	Lost       int64 // by chance
	Dropped    int64 // for want of room in the queue
	TooLong    int64 // longer than the MTU
	Duplicated int64
	Reordered  int64
}

// A Line is one direction of a host's line: chance, a drop-tail queue that drains at
// the rate, then the delay. It computes when packets arrive and moves none. It belongs
// to one goroutine.
type Line struct {
	cfg      LineConfig
	schedule schedule
	rng      *rand.Rand
	free     time.Time // when all that is queued has left
	count    Counters
	samples  []Sample
	arrivals [2]time.Time // scratch of Pass
}

// NewLine returns a line whose rate steps count from origin. The same seed and
// direction draw the same chances.
func NewLine(cfg LineConfig, seed, direction uint64, origin time.Time) *Line {
	if cfg.Queue == 0 {
		cfg.Queue = defaultQueue
	}
	return &Line{
		cfg:      cfg,
		schedule: schedule{origin, cfg.Rate},
		rng:      rand.New(rand.NewPCG(seed, direction)),
	}
}

// Restart has the rate steps count from origin and forgets what was counted. What
// is in the queue stays there.
func (l *Line) Restart(origin time.Time) {
	l.schedule.origin = origin
	l.count, l.samples = Counters{}, nil
}

// Pass sends a packet of n bytes at now, which must not go back. It returns when its
// copies arrive: none if it is lost, two if it is duplicated. The slice is valid until
// the next call.
func (l *Line) Pass(n int, now time.Time) []time.Time {
	switch {
	case l.cfg.MTU > 0 && n > l.cfg.MTU:
		l.count.TooLong++
		return nil
	case l.chance(l.cfg.Loss):
		l.count.Lost++
		return nil
	}
	arrivals := l.enqueue(l.arrivals[:0], n, now)
	if l.chance(l.cfg.Duplicate) {
		l.count.Duplicated++
		arrivals = l.enqueue(arrivals, n, now)
	}
	return arrivals
}

func (l *Line) chance(p float64) bool { return p > 0 && l.rng.Float64() < p }

// enqueue appends the time of arrival of one copy, if there is room for it.
func (l *Line) enqueue(arrivals []time.Time, n int, now time.Time) []time.Time {
	if l.Backlog(now)+n > l.cfg.Queue {
		l.count.Dropped++
		return arrivals
	}
	start := now
	if l.free.After(now) {
		start = l.free
	}
	l.free = l.schedule.after(start, float64(n))
	l.count.Packets++
	l.count.Bytes += int64(n)
	at := l.free.Add(l.cfg.Delay)
	if l.chance(l.cfg.Reorder) {
		l.count.Reordered++
		at = at.Add(l.cfg.Delay/4 + leastHold)
	}
	return append(arrivals, at)
}

// Backlog returns how many bytes are queued at now, with what is left of the one that
// is being sent.
func (l *Line) Backlog(now time.Time) int { return int(l.schedule.between(now, l.free)) }

// Counters returns what was counted so far.
func (l *Line) Counters() Counters { return l.count }
