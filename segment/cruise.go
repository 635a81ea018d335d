package segment

import (
	"math/rand/v2"
	"time"
)

// phase is a part of cruise.
type phase uint8

const (
	level phase = iota // at the rate
	up                 // faster for a round, to find out if there is more
	judge              // at the rate, for the round in which the answer to that comes
	down               // slower, to give back the queue that made
)

func (p phase) String() string { return [...]string{"level", "up", "judge", "down"}[p] }

// gains is how fast each phase asks, in delivery rates.
var gains = [...]float64{level: 1, up: 1.25, judge: 1, down: 0.75}

const (
	// found is how much a probe must raise the rate to be followed by another.
	found = 1.05

	// A level phase is shortLevel rounds after a probe that found more, and
	// twice as long after each that did not, up to longLevel: rare probes lose
	// little, frequent ones make downloads that share a path equal soon.
	shortLevel = 6
	longLevel  = 250 * time.Millisecond

	// politeLevel is in the place of longLevel while a queue stands: a flow that
	// fills it is made to back off by each probe.
	politeLevel = time.Second

	// longestDown bounds a phase in which the queue does not go away.
	longestDown = 250 * time.Millisecond
)

const (
	// dipEvery is how old the minimum round trip may get before we let the
	// queue run empty, for shortestDip to longestDip, to measure it again. A dip that finds
	// what was known, but for a nearPart of it, makes that twice as long, up to dipLatest, as long as
	// round trips as short as that come without dips. The first is after dipSoon if some is
	// lost: who comes when others fill the queue has never seen it empty.
	dipEvery    = 5 * time.Second
	dipLatest   = 20 * time.Second
	nearPart    = 16
	dipSoon     = time.Second
	shortestDip = 10 * time.Millisecond
	longestDip  = 200 * time.Millisecond
)

// enterCruise begins with a level phase of random length, so that several downloads
// do not probe in step.
func (c *control) enterCruise(now time.Time) {
	c.mode = cruise
	c.phase, c.phaseStart = level, now
	c.leveling = time.Duration(1+rand.IntN(shortLevel)) * c.minRTT
}

// turnCycle goes from level to up, to judge, and from there to up again or to down,
// and back to level.
func (c *control) turnCycle(a arrivals) {
	spent := a.now.Sub(c.phaseStart)
	switch c.phase {
	case level:
		if spent > c.leveling {
			c.phaseRate, c.short = c.rates.max(), 0
			c.turn(up, a.now)
		}
	case up:
		if spent > c.minRTT {
			c.turn(judge, a.now)
		}
	case judge:
		if spent > c.minRTT {
			c.judgeProbe(a.now)
		}
	case down:
		if c.drained(a.inFlight) || spent > longestDown {
			c.turn(level, a.now)
		}
	}
}

// drained reports whether our part of the queue is gone, but for what the line can go on with
// while a timer is late: else it would be idle then, and what it lost never came back.
func (c *control) drained(inFlight int) bool { return inFlight <= c.bdp(1)+c.whileLate() }

// levelSince reports whether nothing but level was since at.
func (c *control) levelSince(at time.Time) bool {
	return c.mode == cruise && c.phase == level && !c.phaseStart.After(at)
}

func (c *control) turn(p phase, now time.Time) { c.phase, c.phaseStart = p, now }

// judgeProbe ends a probe: with another, if there was more; if not, the next one is
// longer in coming.
func (c *control) judgeProbe(now time.Time) {
	shortest := shortLevel * c.minRTT
	if rate := c.rates.max(); rate >= found*c.phaseRate {
		c.leveling, c.phaseRate = shortest, rate
		c.turn(up, now)
		return
	}
	longest := longLevel
	if c.crowded {
		longest = politeLevel
	}
	c.leveling = max(min(2*c.leveling, longest), shortest)
	c.leveling -= time.Duration(rand.Int64N(int64(c.leveling)/4 + 1))
	c.turn(down, now)
}

// dipIfOlder enters a dip if the minimum round trip is older than age.
func (c *control) dipIfOlder(now time.Time, age time.Duration) {
	if c.mode != startup && c.mode != dip && c.minRTT > 0 && now.Sub(c.minRTTAt) > age {
		c.dipShare = c.share()
		c.mode, c.dipped = dip, true
		c.dipEnd, c.dipRTT, c.known = time.Time{}, 0, c.minRTT
	}
}

// updateDip enters a dip when the minimum round trip is old, and leaves it when
// the path has been nearly empty for long enough.
func (c *control) updateDip(a arrivals) {
	if c.mode != dip {
		age := dipEvery
		switch {
		case !c.dipped && c.chance > someLoss:
			age = dipSoon
		case a.now.Sub(c.nearAt) < dipEvery:
			age = max(dipEvery, c.rarely)
		}
		c.dipIfOlder(a.now, age)
		return
	}
	if c.dipEnd.IsZero() {
		if a.inFlight <= c.window() {
			c.dipEnd = a.now.Add(min(max(c.minRTT, shortestDip), longestDip))
			c.dipRTT = 0
		}
		return
	}
	if a.now.Before(c.dipEnd) || c.dipRTT == 0 {
		return
	}
	if (c.dipRTT - c.known).Abs() <= c.known/nearPart {
		c.rarely = min(2*max(c.rarely, dipEvery), dipLatest)
	} else {
		c.rarely = 0
	}
	c.minRTT, c.minRTTAt, c.nearAt = c.dipRTT, a.now, a.now
	c.enterCruise(a.now)
}
