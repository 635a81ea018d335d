package segment

import (
	"math/bits"
	"time"
)

// budget is how many bytes may be outstanding over all owners: what the socket
// buffer holds if all of it arrives while we look away, and what is on the way
// meanwhile. each is the part of it that is for one of several buffers.
func (f *Fetch) budget(now time.Time) (total, each int) {
	path, near := 0, true
	for _, o := range f.owners {
		path += o.control.bdp(1)
		near = near && isLocal(o.addr)
	}
	n, size := f.buffers()
	most := mostFill
	if n > 1 && near { // the answers go where there is room
		most = 1
	}
	part := holds(size, leastBlock(f.owners)) * f.fill.part(now, f.sock, most)
	return path + int(float64(n)*part), int(part)
}

// buffers returns how many receive buffers there are, and how large each is, in bytes.
func (f *Fetch) buffers() (n, size int) {
	if f.rooms.sock != nil {
		return f.rooms.sock.Buffers()
	}
	return 1, f.sock.ReadBuffer()
}

// leastBlock is the smallest block of some owners.
func leastBlock(owners []*owner) int {
	block := baseDatagram - dataOverhead
	for i, o := range owners {
		if i == 0 || o.block() < block {
			block = o.block()
		}
	}
	return block
}

// holds is how many bytes of the file a receive buffer holds, in blocks.
func holds(buffer, block int) float64 {
	return held(buffer, block+dataOverhead) * float64(block)
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
	// rests for fillRest. From fillKnee of where there was a drop, it grows by
	// fillCreep. Several buffers that owners on this machine fill are never overfilled.
	fillGrowth  = 5.0
	mostFill    = 4.0
	fillBackOff = 0.6
	leastFill   = 0.25
	fillRest    = 500 * time.Millisecond
	fillKnee    = 0.8
	fillCreep   = 0.1
)

// fill is which part of the socket's buffer may be outstanding. The zero value
// begins with safeFill, and stays there if the socket does not count its drops.
type fill struct {
	now     float64
	knee    float64 // from here on it grows slowly; 0: nothing was dropped
	dropped uint32
	grown   time.Time // until then it has grown; in the future it rests
}

// part returns the part that may be outstanding at now, up to most.
func (f *fill) part(now time.Time, sock Socket, most float64) float64 {
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
		f.knee = f.now * fillKnee
		f.now = max(f.now*fillBackOff, leastFill)
		f.grown = now.Add(fillRest)
	case now.After(f.grown):
		f.now = min(f.grow(now.Sub(f.grown).Seconds()), most)
		f.grown = now
	}
	return f.now
}

// grow returns what f.now is some seconds later if nothing is dropped.
func (f *fill) grow(seconds float64) float64 {
	then := f.now + fillGrowth*seconds
	if f.knee > 0 && then > f.knee {
		quick := max(f.knee-f.now, 0) / fillGrowth // seconds
		then = max(f.now, f.knee) + fillCreep*(seconds-quick)
	}
	return then
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
