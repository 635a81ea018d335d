package segment

import (
	"net/netip"
	"sync"
	"time"
)

// How exact a limit is. In no time do more bytes pass than the rate allows and what it
// is worth in turnTime and lateTime: 2.5 % of a second.
const (
	// turnTime is how much of the rate one user of a Limiter is given at a time.
	turnTime = 5 * time.Millisecond

	// lateTime is how much of the time in which nothing passed is made up for: we wake
	// late, and those who ask do. After idleTime it was not lateness.
	lateTime = 20 * time.Millisecond
	idleTime = 100 * time.Millisecond

	// debtTime is how far ahead of the rate all that was let go can be. Others choose how much
	// comes, and how many answers that asks for: a flood must not last longer than it does.
	debtTime = time.Second

	// urgentTime is how far urgent datagrams may run ahead of the rate. It is more than
	// the turns of bulk take, one that passes and one that is reserved.
	urgentTime = 15 * time.Millisecond
)

const (
	// largestTime is how much of the rate one REQUEST may ask for, and so the largest
	// datagram, but leastRequest bytes may be at any rate: four full datagrams of an
	// Ethernet. Trials of larger ones, which the system may refuse to send, would be a
	// part of a low rate that is missed.
	largestTime  = time.Millisecond
	leastRequest = 6000

	// quantumTime is how much of the rate one asker is sent before the next: none of
	// them may think that it is forgotten.
	quantumTime = 10 * time.Millisecond
)

// Limits are the rates that all sockets of a node share. The zero value is no limit.
type Limits struct {
	Up   *Limiter // of what is sent
	Down *Limiter // of what is asked for, and of what comes unasked
}

// A Limiter holds what passes in one direction to a rate. It counts datagrams as they
// are on the wire, with the headers of IP and UDP. Bulk waits for its turn; what is urgent
// does not, and bulk waits the longer for it. Any goroutine may use it; nil is no limit.
//
// It is a leaky bucket as a virtual scheduler (GCRA, ITU-T I.371): all that it remembers is
// when the line will be free.
type Limiter struct {
	rate float64 // bytes per second

	mu   sync.Mutex
	free time.Time // when all that was let go has passed at the rate
}

// NewLimiter returns a limit of rate bytes per second; nil, which is none, if rate is not
// greater than 0.
func NewLimiter(rate float64) *Limiter {
	if rate <= 0 {
		return nil
	}
	return &Limiter{rate: rate}
}

// bytes is what passes in a time.
func (l *Limiter) bytes(d time.Duration) int { return max(int(l.rate*d.Seconds()), 1) }

// reserve lets n bytes go behind all that was let go before, and returns when it is
// their time.
func (l *Limiter) reserve(now time.Time, n int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.advance(now, n)
}

// advance is reserve with l.mu held.
func (l *Limiter) advance(now time.Time, n int) time.Time {
	switch late := now.Sub(l.free); {
	case late > idleTime:
		l.free = now
	case late > lateTime:
		l.free = now.Add(-lateTime)
	}
	at := l.free
	l.free = at.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
	return at
}

// urgent lets n bytes go now: what comes later waits for them, up to debtTime.
func (l *Limiter) urgent(now time.Time, n int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance(now, n)
	if most := now.Add(debtTime); l.free.After(most) {
		l.free = most
	}
}

// resumes returns when something urgent may go again. It is in the past unless what was
// let go is far ahead of the rate.
func (l *Limiter) resumes() time.Time {
	if l == nil {
		return time.Time{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.free.Add(-urgentTime)
}

// flooded reports whether what was let go is so far ahead of the rate that those who wait for
// their turns get little of it: several of these, and of the largest datagrams.
func (l *Limiter) flooded(now time.Time) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	most := max(float64(l.bytes(4*turnTime)), 2*leastRequest)
	return l.free.Sub(now).Seconds()*l.rate > most
}

// largest returns how many bytes one REQUEST may ask for.
func (l *Limiter) largest() int {
	if l == nil {
		return maxRequestBytes
	}
	return min(max(l.bytes(largestTime), leastRequest), maxRequestBytes)
}

// quantum returns how many bytes an owner sends to one asker before the next.
func (l *Limiter) quantum() int {
	if l == nil {
		return turnBytes
	}
	return min(max(l.bytes(quantumTime), leastRequest), turnBytes)
}

// An allowance is what one user of a Limiter may let pass. It is given in turns, one
// behind those of all others, so that users who always want more get the same. It
// belongs to one goroutine.
type allowance struct {
	limit *Limiter
	left  int       // bytes; below zero: more passed than was given
	turn  time.Time // when the next bytes are given; zero: they are not reserved
	given int       // so many
	total int64     // of settle
}

// ready reports whether bytes may pass at now. If not, look again at a.turn.
func (a *allowance) ready(now time.Time) bool {
	if a.limit == nil {
		return true
	}
	for a.left <= 0 {
		if a.turn.IsZero() || now.Sub(a.turn) > idleTime {
			a.reserve(now)
		}
		if now.Before(a.turn) {
			return false
		}
		a.left += a.given
		a.given, a.turn = 0, time.Time{}
	}
	return true
}

// reserve takes the next turn. It begins when what passed without one is made up for,
// and is the shorter for it.
func (a *allowance) reserve(now time.Time) {
	a.given = max(a.limit.bytes(turnTime)+a.left, 1)
	a.limit.urgent(now, -a.left)
	a.turn = a.limit.reserve(now, a.given)
	a.left = 0
}

// most returns how many bytes may pass at once, when some may.
func (a *allowance) most() int {
	if a.limit == nil {
		return maxRequestBytes
	}
	return a.left
}

// spend takes away what passed.
func (a *allowance) spend(n int) { a.left -= n }

// settle takes away by how much total has grown since the last call, or gives back by
// how much it has shrunk, but no more than a turn.
func (a *allowance) settle(total int64) {
	if a.limit == nil {
		return
	}
	a.left = min(a.left-int(total-a.total), max(a.left, a.limit.bytes(turnTime)))
	a.total = total
}

// onWire returns what datagrams are on the wire, in bytes.
func onWire(ds []Datagram) (n int) {
	for _, d := range ds {
		n += d.Size() + headersOf(d.Addr)
	}
	return n
}

// headersOf is what IP and UDP add to a payload.
func headersOf(addr netip.AddrPort) int {
	if addr.Addr().Unmap().Is4() {
		return 20 + 8
	}
	return 40 + 8
}
