package segment

import "time"

// The congestion control models the path by the two numbers that decide what it
// can carry, the delivery rate and the round trip without queues, as BBR does
// (Cardwell et al., ACM Queue 2016; draft-ietf-ccwg-bbr). Loss alone says little:
// a radio link loses one block in a hundred without being full. So a loss slows
// us only if the queue has grown as well, or if very much is lost.
const (
	// startupGain doubles the rate each round, and a little more, so that the
	// window is not what holds it back (2/ln 2 is 2.89).
	startupGain = 2.89

	// drainGain empties in one round the queue that startup has built.
	drainGain = 1 / startupGain

	// dipGain is how much of what comes in a round trip is in flight in a dip.
	dipGain = 0.5

	// windowGain leaves room for answers that come late or in clumps.
	windowGain = 2.0

	// rateRounds is how long a delivery rate is believed.
	rateRounds = 10

	// fullGrowth and fullRounds end startup: the rate grew by less than a
	// quarter, three rounds in a row.
	fullGrowth = 1.25
	fullRounds = 3

	// startupLosses is how many losses end startup within a round, if they
	// make it a congested one.
	startupLosses = 8

	// someLoss, with a grown queue, and heavyLoss, by itself, make a round a
	// congested one. heavyLoss is what a policer does to us, not a radio.
	// Both are on top of what the path loses without a queue, which counts up
	// to mostChance.
	someLoss   = 0.02
	heavyLoss  = 0.20
	mostChance = 0.10

	// giveWay is how much of the rate is asked for at level while a queue stands:
	// it may be a flow that fills it, which would be starved.
	giveWay = 0.85

	// backOff is what a congested round leaves of the bytes in flight, and at
	// least of the rate (beta of draft-ietf-ccwg-bbr is 0.7).
	backOff     = 0.85
	rateBackOff = 0.7

	// initialBlocks is the first window, minBlocks the smallest.
	initialBlocks = 32
	minBlocks     = 4

	// One REQUEST asks for what arrives in an eighth of a round trip, within
	// these bounds: enough to spare both sides work, too little to be a burst
	// that matters to others or blurs the rate.
	shortestQuantum = 100 * time.Microsecond
	longestQuantum  = time.Millisecond

	// mostLateness bounds what is made up for when we wake late.
	mostLateness = 20 * time.Millisecond

	// An owner that has requests wait for heldLong or longer is what limits us, not the
	// path: it is left with a store of heldStore of the rate, but no more than
	// mostStore bytes, so that it can go on while we are late.
	heldLong  = time.Millisecond
	heldStore = 15 * time.Millisecond
	mostStore = 64 << 10

	// burstBlocks is how many datagrams may come at once however slow the line is, if
	// they take no longer than an eighth of a round trip (RFC 9002, section 7.7, allows ten).
	burstBlocks = 8

	// maxQuantum is the most that one REQUEST asks for.
	maxQuantum = 256 << 10
)

// mode is what the control is doing.
type mode uint8

const (
	startup mode = iota // the rate still doubles
	drain               // the queue of startup runs out
	cruise              // at the path's rate, with a probe each cycle
	dip                 // nearly nothing in flight, to see the bare round trip
	onTurn              // for one piece, at the rate of the last ones
)

func (m mode) String() string { return [...]string{"startup", "drain", "cruise", "dip", "turn"}[m] }

// doing names what c does, for people.
func (c *control) doing() string {
	if c.mode == cruise {
		return c.mode.String() + " " + c.phase.String()
	}
	return c.mode.String()
}

// A control decides how much may be in flight to one owner and how fast to ask.
// It is told of every batch of arrivals, and knows no clock and no socket.
type control struct {
	block int // payload bytes of a block

	mode  mode
	rates maxFilter // delivery rate, bytes/s

	minRTT   time.Duration // 0: no sample
	minRTTAt time.Time
	nearAt   time.Time // when a round trip was last nearly as short
	trips    trips     // tell of a queue, and remember the bare round trip for longer than minRTT does

	held     time.Duration // how long requests wait at the owner, smoothed
	came     int           // bytes of the whole session
	round    int
	roundAt  time.Time // when it began
	roundEnd int64     // delivered count that ends it

	seen       view // in the present round
	seenFlight int  // most bytes in flight in it

	crowded  bool    // even the shortest round trip of the last level round had a queue in it
	lossRate float64 // smoothed over rounds
	chance   float64 // the same over rounds without a queue: what the path loses anyway
	short    float64 // bound of the rate since a congested round, until the next probe; 0: none

	fullRate   float64 // rate when it last grew by fullGrowth
	fullCount  int     // rounds since
	ceiling    int     // most in flight since a congested round; 0: none
	phase      phase   // of cruise
	phaseStart time.Time
	phaseRate  float64       // when the probe began
	leveling   time.Duration // length of the next level phase

	dipShare float64       // of the delivery rate, which comes, when the dip began
	dipEnd   time.Time     // zero until the window has emptied
	dipRTT   time.Duration // shortest seen in the dip
	known    time.Duration // minRTT before it
	dipped   bool          // once at least
	rarely   time.Duration // how long no dip is needed while round trips are nearly as short as minRTT

	part  float64 // of the rate that is asked for in cruise, since all owners share a line; 0: all
	train packetTrain
}

// arrivals is one batch of what came from an owner, and what that showed.
type arrivals struct {
	now       time.Time
	blocks    int           // that arrived
	losses    int           // loss events
	rtt       time.Duration // shortest of the batch, without the owner's delay; 0: none
	held      time.Duration // the owner's delay, of the same block
	delivered int64         // bytes, of the whole session
	inFlight  int           // bytes, after the batch
	sample    rateSample
	sampled   bool
}

// update takes in a batch and moves the model.
func (c *control) update(a arrivals) {
	c.observe(a)
	if a.sampled && a.sample.prior >= c.roundEnd {
		c.endRound(a)
	}
	switch c.mode {
	case startup:
		// Not at the end of the round, when twice as much is on the way.
		if c.seen.losses >= startupLosses && c.congested() || c.trips.delayed(c.seen) {
			c.endRound(a)
		}
	case drain:
		if c.drained(a.inFlight) {
			c.enterCruise(a.now)
		}
	case cruise:
		c.turnCycle(a)
	}
	c.updateDip(a)
}

func (c *control) observe(a arrivals) {
	if a.blocks > 0 {
		c.train.arrived(a.now, a.delivered)
	}
	if a.rtt > 0 {
		c.trips.sample(a.now, a.rtt)
		if c.minRTT == 0 || a.rtt <= c.minRTT {
			c.minRTT, c.minRTTAt = a.rtt, a.now
		}
		if a.rtt <= c.minRTT+c.minRTT/nearPart {
			c.nearAt = a.now
		}
		if c.mode == dip && (c.dipRTT == 0 || a.rtt < c.dipRTT) {
			c.dipRTT = a.rtt
		}
	}
	if a.blocks > 0 {
		c.held += (a.held - c.held) / 8
	}
	c.came = int(a.delivered)
	c.seen.add(a)
	c.seenFlight = max(c.seenFlight, a.inFlight)
	if !a.sampled {
		return
	}
	// An app-limited sample is too low to lower the estimate, but a high one counts.
	if a.sample.rate > 0 && (!a.sample.limited || a.sample.rate >= c.rates.max()) {
		c.rates.update(c.round, a.sample.rate, rateRounds)
	}
}

// endRound judges the round that ended and begins the next.
func (c *control) endRound(a arrivals) {
	c.lossRate += (c.seen.loss() - c.lossRate) / 4
	if !c.trips.grown(c.seen) {
		c.chance += (min(c.seen.loss(), mostChance) - c.chance) / 8
	}
	congested := c.congested()
	if c.levelSince(c.roundAt) { // else the queue may be our own probe's
		c.crowded = c.trips.crowded(c.seen, c.minRTT)
	}
	switch {
	case congested:
		c.short = max(c.seen.rate, rateBackOff*c.bandwidth())
		c.ceiling = max(int(backOff*float64(c.seenFlight)), c.bdp(1))
	case c.ceiling > 0:
		// Nothing bad happened: allow more again, and in ever larger steps.
		if c.ceiling += max(c.ceiling/8, c.quantum()); c.ceiling > c.bdp(windowGain)+3*c.quantum() {
			c.ceiling = 0
		}
	}
	if c.mode == startup && (congested || c.trips.delayed(c.seen) || c.full()) {
		c.mode = drain
	}
	c.round++
	c.roundAt, c.roundEnd = a.now, a.delivered
	c.seen, c.seenFlight = view{}, 0
}

// congested reports whether the round lost much while a queue stood, or very much.
func (c *control) congested() bool {
	const fewest = 3 // so many losses are chance in a small round
	if c.seen.losses < fewest || c.seen.samples == 0 {
		return false
	}
	loss, much := c.seen.loss(), c.seen.loss()
	if c.mode == startup {
		// Its first rounds are small, and to end it too early is dear.
		much = c.seen.sureLoss()
	}
	return much > heavyLoss+c.chance || loss > someLoss+c.chance && c.trips.standing()
}

// full reports whether the rate has stopped growing.
func (c *control) full() bool {
	if c.seen.limited {
		return false
	}
	if rate := c.rates.max(); rate >= fullGrowth*c.fullRate {
		c.fullRate, c.fullCount = rate, 0
		return false
	}
	c.fullCount++
	return c.fullCount >= fullRounds
}

// bandwidth is what the path is taken to carry, in bytes per second; 0 is unknown.
func (c *control) bandwidth() float64 {
	rate := c.rates.max()
	if c.mode == onTurn {
		rate = max(rate, c.train.rates.max())
	}
	if c.short > 0 {
		rate = min(rate, c.short)
	}
	return rate
}

// bdp is the bandwidth-delay product times gain, in bytes.
func (c *control) bdp(gain float64) int {
	return int(gain * c.bandwidth() * c.minRTT.Seconds())
}

// whileLate is how many bytes come while we are late. They must be on their way already. On a long
// path more is left for that: there a queue of a few milliseconds harms nobody.
func (c *control) whileLate() int {
	late := min(max(c.minRTT/6, granularity), 2*granularity)
	return int(c.bandwidth() * late.Seconds())
}

// window is how many bytes may be in flight.
func (c *control) window() int {
	least := minBlocks * c.block
	if c.rates.max() == 0 || c.minRTT == 0 {
		return initialBlocks * c.block
	}
	if c.mode == dip {
		return max(c.bdp(dipGain*c.dipShare), least)
	}
	if c.mode == startup {
		// Each byte that came makes room for two: the window doubles each
		// round, though the rate, which is measured, lags behind.
		least = initialBlocks*c.block + c.came
	}
	late := c.whileLate()
	if c.held > heldLong {
		late = max(late, min(int(c.bandwidth()*heldStore.Seconds()), mostStore))
	}
	w := c.bdp(windowGain) + max(3*c.quantum(), late)
	if c.ceiling > 0 {
		// Never below what keeps the path full: what is lost on the way
		// counts as in flight until we know.
		floor := int(float64(c.bdp(1))/(1-min(c.lossRate, 0.5))) + c.quantum()
		w = min(w, max(c.ceiling, floor))
	}
	return max(w, least)
}

// rate is how fast to ask, in bytes per second; never 0.
func (c *control) rate() float64 {
	rate := c.bandwidth()
	switch c.mode {
	case startup:
		first := float64(initialBlocks*c.block) / max(c.minRTT, granularity).Seconds()
		rate = startupGain * max(rate, first)
	case drain:
		rate *= drainGain
	case onTurn:
		rate *= turnGain
	case cruise:
		rate *= gains[c.phase]
		switch {
		case c.phase == level && c.crowded:
			rate *= giveWay
		default:
			rate *= c.share()
		}
	}
	return max(rate, float64(c.block))
}

// share is c.part, and as much more as the path loses.
func (c *control) share() float64 {
	if c.part == 0 {
		return 1
	}
	return min(c.part/(1-c.chance), 1)
}

// lateness is how late a request may leave and still count as on time: a quarter
// of a round trip, within bounds, is a burst that the path's queue holds.
func (c *control) lateness() time.Duration {
	late := max(c.minRTT/4, pacerSlack)
	if c.held > heldLong {
		late = max(late, heldStore)
	}
	return min(late, mostLateness)
}

// quantum is how many bytes to ask for in one REQUEST.
func (c *control) quantum() int {
	t := min(max(c.minRTT/8, shortestQuantum), longestQuantum)
	q := max(int(c.bandwidth()*t.Seconds()), 2*c.block)
	if t == longestQuantum {
		// On a slow line one burst of few blocks is better than many requests.
		burst := min(int(c.bandwidth()*(c.minRTT/8).Seconds()), burstBlocks*c.block)
		q = max(q, burst)
	}
	return min(q, maxQuantum)
}
