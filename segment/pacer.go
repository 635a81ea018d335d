package segment

import "time"

// pacerSlack is how far ahead of its time a burst may leave: timers are no finer
// than this, and a pacer that waits for each would ask too slowly.
const pacerSlack = time.Millisecond

// A pacer spreads requests over time, so that the answers do not arrive all at
// once (RFC 9002, section 7.7). The zero value lets the first burst go at once.
type pacer struct {
	next time.Time // when the next burst is due
}

// ready reports whether a burst may leave now.
func (p *pacer) ready(now time.Time) bool { return !now.Add(pacerSlack).Before(p.next) }

// wakeup is when to look again if not ready.
func (p *pacer) wakeup() time.Time { return p.next }

// sent accounts for a burst of n bytes at rate bytes per second. Of the time that
// was not used, as much as late is made up for: on a busy machine we may wake late
// again and again, and would else ask for less than the path carries.
func (p *pacer) sent(now time.Time, n int, rate float64, late time.Duration) {
	if earliest := now.Add(-late); p.next.Before(earliest) {
		p.next = earliest
	}
	p.next = p.next.Add(time.Duration(float64(n) / rate * float64(time.Second)))
}
