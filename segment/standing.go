package segment

import (
	"slices"
	"time"
)

// A queue on the path shows in the round trips: they are longer than the bare one, which is
// the shortest of the last 10 to 20 s. The congestion control asks for four reasons, and what
// depends on the answer differs:
//
//	            of these round trips     longer than the bare one by     if so
//	delayed     the least of a round     1/8 of it, 4 to 16 ms           startup ends
//	crowded     the least of a round     1/4 of minRTT, at least 4 ms    way is given
//	standing    the least of the last 8  1/8 of it, 1 to 5 ms            losses are no chance
//	grown       the mean of a round      1/8 of it, 1 to 5 ms            chance is not learned
//
// To end startup too early or to give way for nothing is dear, and our own bursts and late
// timers are a queue as well: the first two want a sure sign. The bounds of the first are those
// of HyStart++ (RFC 9406, section 4.2). Rounds with losses are rare enough to look closer.
const (
	leastDelay, mostDelay   = 4 * time.Millisecond, 16 * time.Millisecond
	leastCrowd              = 2 * granularity
	leastGrowth, mostGrowth = time.Millisecond, 5 * time.Millisecond
)

// fewTrips is how many round trips tell something, if it matters.
const fewTrips = 8

// trips are the round trips of an owner, without its own delay. The zero value has none.
type trips struct {
	bare   leastFilter
	latest [fewTrips]time.Duration // in a ring
	count  int
}

func (t *trips) sample(now time.Time, rtt time.Duration) {
	t.bare.update(now, rtt)
	t.latest[t.count%fewTrips] = rtt
	t.count++
}

// delayed reports whether a round had a few round trips, and all of them a queue in them.
func (t *trips) delayed(round view) bool {
	return round.samples >= fewTrips && round.least > t.longer(leastDelay, mostDelay)
}

// crowded reports whether all round trips of a round had a queue in them that is not short. How
// short goes by minRTT, the shortest of late: a download that saw no empty queue lately is
// one that came to others, and gives way less than they do. It is how they get alike.
func (t *trips) crowded(round view, minRTT time.Duration) bool {
	return round.samples > 0 && round.least > t.bare.least()+max(minRTT/4, leastCrowd)
}

// standing reports whether a queue stands now. A busy machine that takes in answers late makes
// the mean of round trips longer, but hardly the least.
func (t *trips) standing() bool {
	return slices.Min(t.latest[:]) > t.longer(leastGrowth, mostGrowth)
}

// grown reports whether there was a queue in some of a round.
func (t *trips) grown(round view) bool { return round.mean() > t.longer(leastGrowth, mostGrowth) }

// longer is the bare round trip and an eighth of it, within bounds.
func (t *trips) longer(least, most time.Duration) time.Duration {
	bare := t.bare.least()
	return bare + min(max(bare/8, least), most)
}

// bareFor is how long the shortest round trip is believed to be possible still.
const bareFor = 10 * time.Second

// leastFilter keeps the least value of the last bareFor, and up to twice as long.
type leastFilter struct {
	now, before time.Duration // in the present half and in the one before; 0: none
	since       time.Time
}

// update takes in a value, above 0.
func (f *leastFilter) update(at time.Time, v time.Duration) {
	if at.Sub(f.since) > bareFor {
		f.now, f.before, f.since = 0, f.now, at
	}
	if f.now == 0 || v < f.now {
		f.now = v
	}
}

// least returns the least value; 0: none.
func (f *leastFilter) least() time.Duration {
	if f.before == 0 {
		return f.now
	}
	return min(f.now, f.before)
}
