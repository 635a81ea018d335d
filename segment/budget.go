package segment

import (
	"math/bits"
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
	buffer := f.sock.ReadBuffer()
	if buffer == 0 {
		buffer = unknownBuffer
	}
	held := float64(buffer) / float64(footprint(block+dataOverhead)) * float64(block)
	return path + int(held*f.fill.part(now, f.sock))
}

// A dropCounter is a socket that knows how many datagrams its full buffer dropped.
type dropCounter interface{ Dropped() uint32 }

const (
	// mostFill is the part of the buffer that the budget counts on; the rest is
	// for answers that clump.
	mostFill  = 0.75
	leastFill = 0.125

	// refill is how long it takes to forget a drop.
	refill = 2 * time.Second
)

// fill is which part of the socket's buffer may be outstanding: less after drops.
// The zero value is mostFill.
type fill struct {
	dropped uint32
	less    float64 // than mostFill, when it was last looked at
	at      time.Time
}

// part returns the part that may be outstanding at now.
func (f *fill) part(now time.Time, sock Socket) float64 {
	const most = mostFill - leastFill
	f.less = max(f.less-most*now.Sub(f.at).Seconds()/refill.Seconds(), 0)
	f.at = now
	if counter, ok := sock.(dropCounter); ok {
		if n := counter.Dropped(); n != f.dropped {
			f.dropped = n
			f.less += (mostFill - f.less - leastFill) / 2
		}
	}
	return mostFill - f.less
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
