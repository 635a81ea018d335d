package segment

import "time"

// freshTurns are the first turns of a session, in which the rate is looked for from the
// bottom: what was measured before was the share of one of many.
const freshTurns = 3

// resume says that the owner serves us again after a while in which others had their
// turns. Its line is ours alone now. Nothing was in flight, so no queue is ours and the
// shortest round trip needs no dip to be believed.
func (c *control) resume(now time.Time) {
	c.turns++
	c.minRTTAt = now
	c.ceiling, c.short, c.crowded = 0, 0, false
	if c.turns <= freshTurns {
		c.mode = startup
		c.fullRate, c.fullCount = 0, 0
	}
}
