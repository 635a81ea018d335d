package plan

import "time"

const (
	// firstTurnaround is expected of an owner that has delivered nothing yet, before
	// it is asked (kInitialRtt of RFC 9002 §6.2.2).
	firstTurnaround = 333 * time.Millisecond

	// jitter is what any host may be late without being slow: a timer tick or two.
	jitter = 2 * time.Millisecond

	// shortestRound keeps a rate sample long enough to mean something.
	shortestRound = 10 * time.Millisecond
)

// A meter measures one owner: how fast it delivers, and how long after being asked.
// Times are since the plan's epoch.
type meter struct {
	turnaround time.Duration // from asked to come, smoothed; 0 before the first sample
	spread     time.Duration // mean deviation from it

	rate    float64       // bytes/s, smoothed over rounds; 0 before the first round ends
	bytes   int64         // that came in the current round
	round   time.Duration // when the current round began, moved on by idle time
	stopped time.Duration // when it last had nothing left to deliver
}

// start begins time for an owner that had nothing to deliver: idle time is not slowness.
func (m *meter) start(t time.Duration) { m.round += t - m.stopped }

// stop ends time for an owner that owes nothing more.
func (m *meter) stop(t time.Duration) { m.stopped = t }

// waited takes a turnaround sample, smoothed as RFC 6298 §2 smooths round trips.
func (m *meter) waited(age time.Duration) {
	if m.turnaround == 0 {
		m.turnaround, m.spread = max(age, 1), age/2
		return
	}
	m.spread += ((age - m.turnaround).Abs() - m.spread) / 4
	m.turnaround = max(m.turnaround+(age-m.turnaround)/8, 1)
}

// came counts n bytes. A round lasts a turnaround, so that it sees a whole window.
func (m *meter) came(n int64, t time.Duration) {
	m.bytes += n
	length := t - m.round
	if length < m.roundLength() {
		return
	}
	sample := float64(m.bytes) / length.Seconds()
	if m.rate == 0 {
		m.rate = sample
	}
	m.rate += (sample - m.rate) / 4
	m.bytes, m.round = 0, t
}

func (m *meter) roundLength() time.Duration { return max(shortestRound, m.turnaround) }

// speed is the rate in bytes/s of an owner that is busy or not. A silence that is
// longer than a round counts against a busy one before the round ends.
func (m *meter) speed(busy bool, t time.Duration) float64 {
	length := t - m.round
	if !busy || length < 2*m.roundLength() {
		return m.rate
	}
	return min(m.rate, float64(m.bytes)/length.Seconds())
}

// usual is the turnaround to expect of a new request.
func (m *meter) usual() time.Duration {
	if m.turnaround == 0 {
		return firstTurnaround
	}
	return m.turnaround
}

// late is when bytes are clearly late to whom a new request would bring them sooner.
func (m *meter) late() time.Duration { return m.usual() * 5 / 4 }

// wait guesses how much longer bytes will take that were asked for age ago. What is
// on time comes after the usual turnaround. What is late may be lost, and is taken to
// need as long again as it took so far: the longer nothing comes, the less is hoped.
// So is what was asked of an owner of which nothing is known.
func (m *meter) wait(age time.Duration) time.Duration {
	usual := m.turnaround
	if usual == 0 || age > max(usual*3/2, usual+4*m.spread)+jitter {
		return age
	}
	return usual - age
}
