package segment

import "time"

const (
	// freshTurns are the first turns of a session, in which the rate is looked for from
	// the bottom: what was measured before was the share of one of many.
	freshTurns = 2

	// A turn goes at the greatest rate of the last peakTurns, and a little faster, to
	// find out if there is more.
	peakTurns = 8
	turnGain  = 1.1
)

// A packetTrain is what came in one turn, from its first arrival to its last. It is empty
// before the first turn. While an owner gives us turns, we have its line to ourselves for a
// piece at a time, and the rate of a train is that of the line. A sample of the delivery
// rate would be too low: a piece may be less than what fits into a round trip.
type packetTrain struct {
	on          bool // turns have begun
	turns       int  // in which something came
	first, last time.Time
	begin, end  int64     // bytes of the session that had come then
	rates       maxFilter // of the last trains, by turn
}

// arrived notes that so much of the session has come.
func (t *packetTrain) arrived(now time.Time, delivered int64) {
	if !t.on {
		return
	}
	if t.first.IsZero() {
		t.first, t.begin = now, delivered
	}
	t.last, t.end = now, delivered
}

// rate is that of the train so far, in bytes per second; 0 if it is too short to tell.
func (t *packetTrain) rate() float64 {
	if d := t.last.Sub(t.first); d > 0 && !t.first.IsZero() {
		return float64(t.end-t.begin) / d.Seconds()
	}
	return 0
}

// resume begins a turn. Nothing was in flight, so no queue is ours, and the shortest
// round trip needs no dip to be believed.
func (c *control) resume(now time.Time) {
	if rate := c.train.rate(); rate > 0 {
		c.train.turns++
		c.train.rates.update(c.train.turns, rate, peakTurns)
	}
	c.train.on, c.train.first = true, time.Time{}
	c.minRTTAt = now
	c.ceiling, c.short, c.crowded = 0, 0, false
	if c.mode = onTurn; c.train.turns < freshTurns {
		c.mode, c.fullRate, c.fullCount = startup, 0, 0
	}
}

// unbind says that we need not wait for turns any more: hardly anybody is left who would
// take the line from us.
func (c *control) unbind(now time.Time) {
	if c.mode == onTurn {
		c.rates.update(c.round, c.train.rates.max(), rateRounds)
		c.enterCruise(now)
	}
}
