package segment

import "time"

// packetThreshold is how many later blocks must arrive before one is lost
// (RFC 9002, section 6.1.1).
const packetThreshold = 3

// A burst is what one REQUEST asked for. It leaves at one moment, and if none of
// it comes then it was the REQUEST that was lost.
type burst struct {
	at     time.Time
	snap   snapshot
	buffer int // where it comes to, of a divided socket
	count  int // blocks asked for
	came   int // blocks that arrived
}

// flightState is what became of a block that was asked for.
type flightState uint8

const (
	flying  flightState = iota // not here yet
	landed                     // arrived
	lost                       // given up, and perhaps asked for again; may still arrive
	refused                    // the owner was too busy
)

// flight is one transmission of one block.
type flight struct {
	off   int64
	n     int
	state flightState
	burst *burst
}

// A ledger holds the transmissions of one session, by number: what is in flight,
// and for a while what was lost, to recognise what was only late. The zero value
// is ready.
type ledger struct {
	ring   []flight // capacity is a power of two
	oldest uint64   // number of the first one kept
	next   uint64   // number of the next to be sent

	firstFlying uint64           // no number below it is flying
	largest     uint64           // largest number that arrived, plus one; 0: none
	inFlight    int              // bytes
	into        [mostBuffers]int // those of them for each receive buffer

	// reorder is how much later than its successors a block may come before
	// it is lost (RFC 8985, section 6.2). It is zero until one did come late;
	// till then the packet threshold decides.
	reorder time.Duration
}

func (l *ledger) at(number uint64) *flight { return &l.ring[number&uint64(len(l.ring)-1)] }

// send notes a block asked for in b and returns its number.
func (l *ledger) send(b *burst, off int64, n int) uint64 {
	if int(l.next-l.oldest) == len(l.ring) {
		l.grow()
	}
	*l.at(l.next) = flight{off, n, flying, b}
	b.count++
	l.carry(l.at(l.next), n)
	l.next++
	return l.next - 1
}

// carry adds n bytes of f to those in flight.
func (l *ledger) carry(f *flight, n int) {
	l.inFlight += n
	l.into[f.burst.buffer] += n
}

func (l *ledger) grow() {
	old := *l
	l.ring = make([]flight, max(64, 2*len(old.ring)))
	for i := old.oldest; i < old.next; i++ {
		*l.at(i) = *old.at(i)
	}
}

// find returns the transmission that a number on the wire means, nil if it is
// not kept.
func (l *ledger) find(wire uint32) (uint64, *flight) {
	number := l.next - uint64(uint32(l.next)-wire)
	if number < l.oldest || number >= l.next {
		return 0, nil
	}
	return number, l.at(number)
}

// arrive notes that number has come. It returns the state before: a block that
// was lost is only late, and a block that had landed is a duplicate.
func (l *ledger) arrive(now time.Time, number uint64, r *rtt, minRTT time.Duration) flightState {
	f := l.at(number)
	was := f.state
	switch was {
	case flying:
		l.carry(f, -f.n)
		f.burst.came++
	case lost:
		// The path reorders: be more patient, by a quarter of a round trip
		// each time, up to a whole one.
		l.reorder = min(l.reorder+max(minRTT/4, granularity), max(r.estimate(), granularity))
		f.burst.came++
	default:
		return was
	}
	f.state = landed
	l.largest = max(l.largest, number+1)
	return was
}

// refuse takes number out of flight because the owner will not send it.
func (l *ledger) refuse(number uint64) bool {
	f := l.at(number)
	if f.state != flying {
		return false
	}
	l.carry(f, -f.n)
	f.state = refused
	return true
}

// losses gives up the blocks that are lost by now, calls again for each, and
// returns how many [lossEvents] that was. If blocks are overdue at a later time, it returns
// that time as well.
func (l *ledger) losses(now time.Time, r *rtt, again func(off int64, n int)) (events int, next time.Time) {
	delay := r.lossDelay()
	if l.reorder > 0 {
		delay = max(r.estimate(), r.latest) + l.reorder
	}
	var counted lossEvents
	skipping := true
	for number := l.firstFlying; number < l.largest; number++ {
		f := l.at(number)
		if f.state != flying {
			if skipping {
				l.firstFlying = number + 1
			}
			continue
		}
		due := f.burst.at.Add(delay)
		if passed := l.largest - 1 - number; !(l.reorder == 0 && passed >= packetThreshold) && now.Before(due) {
			skipping = false
			if next.IsZero() || due.Before(next) {
				next = due
			}
			continue
		}
		f.state = lost
		l.carry(f, -f.n)
		counted.add(f.burst)
		again(f.off, f.n)
		if skipping {
			l.firstFlying = number + 1
		}
	}
	l.forget(now.Add(-3 * r.estimate()))
	return counted.total(), next
}

// lossEvents counts blocks that were lost, in the order in which they were asked for. A whole burst
// of which nothing came counts as one.
type lossEvents struct {
	events int    // before burst
	burst  *burst // of the last block
	gone   int    // blocks of it
}

func (e *lossEvents) add(b *burst) {
	if b != e.burst {
		*e = lossEvents{events: e.total(), burst: b}
	}
	e.gone++
}

func (e *lossEvents) total() int {
	if e.gone > 1 && e.burst.came == 0 {
		return e.events + 1
	}
	return e.events + e.gone
}

// gone reports whether a transmission was lost, however long ago.
func (l *ledger) gone(number uint64) bool {
	return number < l.oldest || l.at(number).state == lost
}

// settle drops what nothing is expected of any more, after refusals: an owner that sends
// nothing else would fill the ledger.
func (l *ledger) settle(now time.Time, r *rtt) {
	for l.firstFlying < l.next && l.at(l.firstFlying).state != flying {
		l.firstFlying++
	}
	l.forget(now.Add(-3 * r.estimate()))
}

// forget drops the oldest transmissions that are settled: arrived, refused, or
// lost and asked for before cutoff.
func (l *ledger) forget(cutoff time.Time) {
	for l.oldest < l.firstFlying {
		f := l.at(l.oldest)
		if f.state == lost && f.burst.at.After(cutoff) {
			return
		}
		*f = flight{}
		l.oldest++
	}
}

// eachFlying calls fn for the blocks in flight, oldest first, until it returns false.
func (l *ledger) eachFlying(fn func(f *flight) bool) {
	for number := max(l.firstFlying, l.oldest); number < l.next; number++ {
		if f := l.at(number); f.state == flying && !fn(f) {
			return
		}
	}
}
