package segment

import (
	"math"
	"math/bits"
	"net/netip"
	"time"
)

// budget is how many bytes may be outstanding over all owners: what the socket
// buffer holds if all of it arrives while we look away, and what is on the way
// meanwhile.
func (f *Fetch) budget(now time.Time) int {
	block, path := baseDatagram-dataOverhead, 0
	for i, o := range f.owners {
		if i == 0 || o.block() < block {
			block = o.block()
		}
		path += o.control.bdp(1)
	}
	held := held(f.sock.ReadBuffer(), block+dataOverhead) * float64(block)
	return path + int(held*f.fill.part(now, f.sock))
}

// A divided socket has several receive buffers, each for some of the peers.
type divided interface {
	// ReadBufferOf returns the part of ReadBuffer that is for one peer.
	ReadBufferOf(peer netip.AddrPort) int
}

// roomOf is how many more bytes may be outstanding to o for its part of the receive buffer, at a
// time for which the budget was reckoned.
func (f *Fetch) roomOf(o *owner) int {
	s, ok := f.sock.(divided)
	if !ok {
		return math.MaxInt
	}
	held := held(s.ReadBufferOf(o.addr), o.block()+dataOverhead) * float64(o.block())
	return o.control.bdp(1) + int(held*f.fill.now) - o.ledger.inFlight
}

// held is how many datagrams of n bytes a receive buffer holds.
func held(buffer, n int) float64 {
	if buffer == 0 {
		buffer = unknownBuffer
	}
	return float64(buffer) / float64(footprint(n))
}

// fewestHeld is how many datagrams the receive buffer should hold: with fewer,
// owners cannot send while we take in what came. What any program gets on Linux,
// twice 212992 bytes, holds six of the largest.
const fewestHeld = 6

// largestPacket returns the largest of packetSizes that a receive buffer holds enough of.
func largestPacket(buffer int) (most int) {
	for _, size := range packetSizes {
		if held(buffer, size) >= fewestHeld {
			most = size
		}
	}
	return most
}

// A dropCounter is a socket that knows how many datagrams its full buffer dropped.
type dropCounter interface{ Dropped() uint32 }

const (
	// safeFill is the part of the buffer that surely holds what comes at once;
	// the rest is for answers that clump.
	safeFill = 0.75

	// While we are awake we take out what comes in, so that more than a buffer
	// may be outstanding. How much more, drops tell: the part grows by fillGrowth
	// a second up to mostFill, and shrinks by fillBackOff after a drop, and then
	// rests for fillRest.
	fillGrowth  = 5.0
	mostFill    = 4.0
	fillBackOff = 0.6
	leastFill   = 0.25
	fillRest    = 500 * time.Millisecond
)

// fill is which part of the socket's buffer may be outstanding. The zero value
// begins with safeFill, and stays there if the socket does not count its drops.
type fill struct {
	now     float64
	dropped uint32
	grown   time.Time // until then it has grown; in the future it rests
}

// part returns the part that may be outstanding at now.
func (f *fill) part(now time.Time, sock Socket) float64 {
	counter, counts := sock.(dropCounter)
	switch {
	case f.now == 0:
		f.now, f.grown = safeFill, now
	case !counts:
	case counter.Dropped() != f.dropped:
		f.dropped = counter.Dropped()
		if now.Before(f.grown) {
			break // drops of one clump count once
		}
		f.now = max(f.now*fillBackOff, leastFill)
		f.grown = now.Add(fillRest)
	case now.After(f.grown):
		f.now = min(f.now+fillGrowth*now.Sub(f.grown).Seconds(), mostFill)
		f.grown = now
	}
	return f.now
}

// unknownBuffer is the read buffer to reckon with where the system does not
// tell: Linux's default, the smallest of those that we know.
const unknownBuffer = 212992

// footprint is what one datagram of n bytes takes of a Linux receive buffer: its
// packet in a power of two or, if it is large, in pages, and the record that
// points to it.
func footprint(n int) int {
	const headers, record, linear = 28 + 320, 256, 16 << 10
	if n > linear-headers {
		return n + headers + 2*record
	}
	return 1<<bits.Len(uint(n+headers-1)) + record
}
