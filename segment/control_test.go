package segment

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// path feeds a control with rounds of one round trip each, as a path of the given
// rate and queue would: what is asked for beyond its rate waits, and is lost when
// the queue is full.
type path struct {
	rate  float64 // bytes per second
	rtt   time.Duration
	loss  float64       // of what arrives, by chance
	queue int           // bytes
	rng   *rand.Rand    // nil: losses are evenly spread; else they are drawn
	late  time.Duration // mean of what a busy machine adds to every other batch

	now       time.Time
	standing  int // bytes in the queue
	delivered int64
}

// round lets one round trip pass. The control asks at its rate, within its window.
func (p *path) round(c *control) {
	asked := min(int(c.rate()*p.rtt.Seconds()), c.window())
	carried := int(p.rate * p.rtt.Seconds())
	p.standing += asked
	came := min(p.standing, carried)
	p.standing -= came
	lost := 0
	if p.standing > p.queue {
		lost = p.standing - p.queue
		p.standing = p.queue
	}
	gone := p.lose(came/c.block) * c.block
	lost += gone
	came -= gone
	waits := time.Duration(float64(p.standing) / p.rate * float64(time.Second))
	p.now = p.now.Add(p.rtt + waits)
	prior := p.delivered
	p.delivered += int64(came)
	for part := range 10 { // batches, so that a round has several samples
		c.update(arrivals{
			now: p.now, rtt: p.rtt + waits + p.lateness(), delivered: p.delivered, inFlight: p.standing + asked*(10-part)/10,
			blocks: tenth(came/c.block, part), losses: tenth(lost/c.block, part), sampled: true,
			sample: rateSample{rate: float64(came) / p.rtt.Seconds(), prior: prior},
		})
	}
}

// tenth is what the batch has of n.
func tenth(n, batch int) int { return n*(batch+1)/10 - n*batch/10 }

// lose returns how many of n blocks vanish.
func (p *path) lose(n int) (lost int) {
	if p.rng == nil {
		return int(p.loss * float64(n))
	}
	for range n {
		if p.rng.Float64() < p.loss {
			lost++
		}
	}
	return lost
}

// lateness is what a busy machine adds to the round trips of every other batch.
func (p *path) lateness() time.Duration {
	if p.late == 0 || p.rng.IntN(2) == 0 {
		return 0
	}
	return time.Duration(p.rng.ExpFloat64() * float64(p.late))
}

func newPath() (*path, *control) {
	return on(&path{rate: 5e6, rtt: 40 * time.Millisecond, queue: 100_000})
}

// on is a control that has just met a path.
func on(p *path) (*path, *control) {
	p.now = t0
	c := &control{block: 1180}
	c.observe(arrivals{now: t0, rtt: p.rtt}) // HELLO's
	return p, c
}

func rounds(p *path, c *control, n int) {
	for range n {
		p.round(c)
	}
}

func TestStartupDoublesUntilThePathIsFull(t *testing.T) {
	p, c := newPath()
	last := 0.0
	for n := 0; c.mode == startup; n++ {
		if rate := c.rate(); rate < last {
			t.Errorf("round %d: asks at %.0f after %.0f", n, rate, last)
		} else {
			last = rate
		}
		if p.round(c); n > 12 {
			t.Fatal("still in startup after 12 rounds")
		}
	}
	if c.bandwidth() < 0.8*p.rate {
		t.Errorf("left startup at %.0f bytes/s of %.0f", c.bandwidth(), p.rate)
	}
	rounds(p, c, 5)
	if c.mode != cruise {
		t.Errorf("five rounds later it is in %v", c.doing())
	}
}

func TestChanceLossDoesNotSlow(t *testing.T) {
	for _, loss := range []float64{0.01, 0.05, 0.10} {
		p, c := newPath()
		p.loss = loss
		rounds(p, c, 100)
		if want := 0.8 * (1 - loss) * p.rate; c.bandwidth() < want {
			t.Errorf("%.0f %% lost by chance: %.0f bytes/s of %.0f", 100*loss, c.bandwidth(), p.rate)
		}
	}
}

// A fifth lost by chance is sometimes a third of a small round. That must not end
// startup: what follows would take a long time to grow from nearly nothing.
func TestUnluckyRoundsDoNotEndStartup(t *testing.T) {
	slow := 0
	for seed := range uint64(200) {
		p, c := on(&path{rate: 20e6, rtt: 80 * time.Millisecond, queue: 400_000})
		p.loss, p.rng = 0.18, rand.New(rand.NewPCG(seed, 1))
		rounds(p, c, 15)
		if c.bandwidth() < 0.5*p.rate {
			slow++
		}
	}
	if slow > 2 {
		t.Errorf("%d of 200 are far from what the path carries after 15 rounds", slow)
	}
}

// Answers that are taken in late are not a queue, and what the path loses by
// chance is then no congestion.
func TestLateAnswersAreNoQueue(t *testing.T) {
	slow := 0
	for seed := range uint64(200) {
		p, c := on(&path{rate: 20e6, rtt: 80 * time.Millisecond, queue: 400_000})
		p.loss, p.late, p.rng = 0.10, 20*time.Millisecond, rand.New(rand.NewPCG(seed, 1))
		rounds(p, c, 15)
		if c.bandwidth() < 0.5*p.rate {
			slow++
		}
	}
	if slow > 20 {
		t.Errorf("%d of 200 are far from what the path carries after 15 rounds", slow)
	}
}

func TestCruiseFollowsThePath(t *testing.T) {
	p, c := newPath()
	rounds(p, c, 50)
	p.rate /= 5
	rounds(p, c, 40)
	if got := c.bandwidth(); got > 1.3*p.rate {
		t.Errorf("still %.0f bytes/s after the path fell to %.0f", got, p.rate)
	}
	p.rate *= 5
	begin := p.now
	for c.bandwidth() < 0.9*p.rate {
		if p.round(c); p.now.Sub(begin) > 3*time.Second {
			t.Fatalf("%.0f bytes/s three seconds after the path rose to %.0f", c.bandwidth(), p.rate)
		}
	}
}

// On a short path a queue of two milliseconds is what timers make of our own
// requests. To give way to it, or to wait until it is gone, would leave a part of the
// path unused for nobody.
func TestQueueOfOurOwnIsNotGivenWayTo(t *testing.T) {
	_, c := on(&path{rtt: 300 * time.Microsecond})
	now, delivered, downs := t0, int64(0), 0
	for round := range 60 {
		now = now.Add(3 * time.Millisecond)
		c.update(arrivals{
			now: now, rtt: c.minRTT + 2*time.Millisecond, blocks: 20, delivered: delivered + 20*1180, inFlight: 15 * 1180,
			sampled: true, sample: rateSample{rate: 10e6, prior: delivered},
		})
		delivered += 20 * 1180
		if c.mode == cruise && c.phase == level && c.rate() < c.bandwidth() {
			t.Fatalf("round %d: asks at %.0f of %.0f bytes/s", round, c.rate(), c.bandwidth())
		}
		if c.mode == cruise && c.phase == down {
			downs++
		}
	}
	if c.mode != cruise || downs == 0 || downs > 20 {
		t.Errorf("in %v, after %d of 60 rounds in down", c.doing(), downs)
	}
}

// Others fill the queue, so that no dip of ours shows the bare round trip any more. The one
// that was seen before still tells that a queue stands, and that what is lost is not chance.
func TestQueueThatNeverEmptiesIsRemembered(t *testing.T) {
	_, c := newPath()
	bare := c.minRTT
	now, delivered := t0, int64(0)
	for now.Sub(t0) <= bareFor {
		now = now.Add(2 * bare) // a round trip, twice as long as it could be
		c.update(arrivals{
			now: now, rtt: 2 * bare, blocks: 90, losses: 10, delivered: delivered + 90*1180, inFlight: 100,
			sampled: true, sample: rateSample{rate: 1e6, prior: delivered},
		})
		delivered += 90 * 1180
	}
	if c.minRTT != 2*bare {
		t.Fatalf("the dips show %v", c.minRTT)
	}
	if !c.trips.standing() || c.chance > someLoss {
		t.Errorf("a tenth lost in a full queue is taken for chance: %.2f", c.chance)
	}
}

func TestHeavyLossIsCongestionEvenWithoutAQueue(t *testing.T) {
	p, c := newPath()
	p.queue = 0 // a policer
	held := false
	for range 60 {
		p.round(c)
		held = held || c.short > 0 && c.ceiling > 0
	}
	if !held {
		t.Error("nothing ever held it back")
	}
	if got := c.bandwidth(); got < 0.5*p.rate || got > 1.4*p.rate {
		t.Errorf("%.0f bytes/s behind a policer of %.0f", got, p.rate)
	}
}

func TestWindowIsNeverLessThanItNeeds(t *testing.T) {
	p, c := newPath()
	if c.window() != initialBlocks*c.block {
		t.Errorf("first window %d", c.window())
	}
	p.rate, p.rtt = 1000, time.Millisecond // nearly nothing
	rounds(p, c, 50)
	if c.window() < minBlocks*c.block || c.rate() <= 0 {
		t.Errorf("window %d, rate %.0f", c.window(), c.rate())
	}
}

// In a dip little is in flight, so that the bare round trip shows; and a longer
// one than before is believed.
func TestDipFindsTheNewRoundTrip(t *testing.T) {
	p, c := newPath()
	rounds(p, c, 50)
	p.rtt = 60 * time.Millisecond
	seen := false
	for end := p.now.Add(2 * dipEvery); p.now.Before(end) && c.minRTT != p.rtt; {
		p.round(c)
		seen = seen || c.mode == dip && c.window() <= max(c.bdp(0.5), minBlocks*c.block)
	}
	if !seen || c.minRTT < p.rtt {
		t.Errorf("dip seen: %v; minimum round trip %v, want %v", seen, c.minRTT, p.rtt)
	}
}

// When the rate has dropped the estimate is still the old one for a while; half of it would be more than
// what the line carries, and no dip.
func TestADipIsMeasuredByWhatComes(t *testing.T) {
	p, c := newPath()
	rounds(p, c, 50)
	p.rate, c.part = p.rate/5, 0.2 // as the sum of what comes shows before the estimate does
	c.dipIfOlder(p.now, 0)
	bare := int(p.rate * p.rtt.Seconds())
	if w := c.window(); c.mode != dip || w > bare*6/10 || w < bare*4/10 {
		t.Errorf("%s: %d bytes in flight, where %d come in a round trip", c.doing(), w, bare)
	}
}

// A dip costs about what a round trip brings. It is rarely needed while the queue goes away by itself,
// unless dips show that there was one before we came.
func TestDipsAreRareWhereTheyFindNothing(t *testing.T) {
	for _, test := range []struct {
		name   string
		longer time.Duration // the round trips than the shortest, which is 40 ms
		found  time.Duration // what a dip finds, beside it
		loss   int           // of a hundred blocks
		want   [4]time.Duration
	}{
		{"the queue goes by itself", 2 * time.Millisecond, 0, 0, [4]time.Duration{dipEvery, 2 * dipEvery, dipLatest, dipLatest}},
		{"it does not", 5 * time.Millisecond, 0, 0, [4]time.Duration{dipEvery, dipEvery, dipEvery, dipEvery}},
		{"it seems to, and was always there", 2 * time.Millisecond, -4 * time.Millisecond, 0, [4]time.Duration{dipEvery, dipEvery, dipEvery, dipEvery}},
		{"it seems to, and the path is longer now", 2 * time.Millisecond, 4 * time.Millisecond, 0, [4]time.Duration{dipEvery, dipEvery, dipEvery, dipEvery}},
		{"some is lost: others may fill it", 2 * time.Millisecond, 0, 5, [4]time.Duration{dipSoon, 2 * dipEvery, dipLatest, dipLatest}},
	} {
		p, c := newPath()
		rounds(p, c, 20)
		const step = 20 * time.Millisecond
		pass := func(rtt time.Duration) {
			p.now = p.now.Add(step)
			c.update(arrivals{now: p.now, rtt: rtt, blocks: 10})
		}
		c.minRTTAt, c.chance = p.now, float64(test.loss)/100
		for i, want := range test.want {
			for start := p.now; c.mode != dip; {
				if pass(c.minRTT + test.longer); p.now.Sub(start) > 2*dipLatest {
					t.Fatalf("%s: no dip", test.name)
				} else if took := p.now.Sub(start); c.mode == dip && (took < want || took > want+2*step) {
					t.Errorf("%s: dip %d came after %v, want %v", test.name, i+1, took, want)
				}
			}
			for found := c.minRTT + test.found; c.mode == dip; {
				pass(found)
			}
		}
	}
}

// Only a round that was level from its begin to its end tells of others' queues.
func TestNoWayIsGivenToOnesOwnProbe(t *testing.T) {
	for _, test := range []struct {
		name       string
		begin, end phase
		queue, was bool
		want       bool
	}{
		{"level, with a queue", level, level, true, false, true},
		{"level, without one", level, level, false, true, false},
		{"a probe begins, and fills it", level, up, true, false, false},
		{"a probe goes on", up, judge, true, false, false},
		{"a probe is over, its queue is not", down, level, true, false, false},
		{"a probe ends with the queue empty", down, level, false, true, true},
	} {
		p, c := newPath()
		rounds(p, c, 20)
		rtt := p.rtt
		if test.queue {
			rtt *= 2
		}
		c.mode, c.crowded, c.leveling = cruise, test.was, time.Hour
		c.turn(test.begin, p.now)
		end := func() {
			p.now = p.now.Add(p.rtt)
			c.seen = view{}
			c.seen.add(arrivals{rtt: rtt, blocks: 10})
			c.endRound(arrivals{now: p.now})
		}
		c.roundAt = p.now
		if p.now = p.now.Add(p.rtt / 2); test.begin != test.end {
			c.turn(test.end, p.now)
		}
		if end(); c.crowded != test.want {
			t.Errorf("%s: crowded: %v", test.name, c.crowded)
		}
		if end(); c.phase == level && c.crowded != test.queue {
			t.Errorf("%s, and level for a round: crowded: %v", test.name, c.crowded)
		}
	}
}

// A turn in which nothing came says nothing of the line.
func TestATurnThatIsPassedHasNoRate(t *testing.T) {
	var c control
	now := time.Unix(1000, 0)
	c.resume(now)
	for i := range 10 {
		c.train.arrived(now.Add(time.Duration(i)*time.Millisecond), int64(1000*i))
	}
	for range 2 * peakTurns {
		now = now.Add(time.Second)
		c.resume(now)
	}
	if c.train.turns != 1 || math.Abs(c.train.rates.max()-1e6) > 1 {
		t.Errorf("%d turns had a rate, the greatest %.0f", c.train.turns, c.train.rates.max())
	}
}
