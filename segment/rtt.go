package segment

import "time"

// initialRTT stands in until the first sample (RFC 9002, section 6.2.2).
const initialRTT = 333 * time.Millisecond

// granularity is the shortest time that timers are trusted with: the system may
// wake us this much late.
const granularity = 2 * time.Millisecond

// rtt estimates the round trip as RFC 9002, section 5, does. Samples are exact,
// since every transmission has a number of its own. The zero value has no sample.
type rtt struct {
	latest   time.Duration
	smooth   time.Duration // exponentially weighted, 1/8 of each new sample
	variance time.Duration // mean deviation, 1/4 of each
}

// sample takes in one round trip, the time at the owner included: the timers
// have to wait for that too.
func (r *rtt) sample(d time.Duration) {
	r.latest = d
	if r.smooth == 0 {
		r.smooth, r.variance = d, d/2
		return
	}
	r.variance += ((r.smooth - d).Abs() - r.variance) / 4
	r.smooth += (d - r.smooth) / 8
}

// estimate returns the smoothed round trip, or initialRTT before any sample.
func (r *rtt) estimate() time.Duration {
	if r.smooth == 0 {
		return initialRTT
	}
	return r.smooth
}

// lossDelay is how long after its request a block is lost, if a later one has
// come: 9/8 of the round trip (RFC 9002, section 6.1.2).
func (r *rtt) lossDelay() time.Duration {
	d := max(r.estimate(), r.latest)
	return max(d+d/8, granularity)
}

// probeTimeout is how long nothing may come before a block is asked for again
// to find out whether anything still does (RFC 9002, section 6.2.1).
func (r *rtt) probeTimeout() time.Duration {
	if r.smooth == 0 {
		return 2 * initialRTT
	}
	return r.smooth + max(4*r.variance, granularity)
}
