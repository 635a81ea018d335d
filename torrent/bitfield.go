package torrent

import (
	"bytes"
	"fmt"
	"iter"
	"math/bits"
)

// A Bitfield says of each piece of a torrent whether it is there. Its bytes are
// those of BEP 3: the first piece is the high bit of the first byte, and the spare
// bits at the end are zero. Copies share their bits; Clone makes one that does not.
// The zero Bitfield is of no pieces.
type Bitfield struct {
	bits []byte
	n    int
}

// NewBitfield returns a bitfield of n pieces, none of them there.
func NewBitfield(n int) Bitfield {
	return Bitfield{make([]byte, bytesFor(n)), n}
}

// FullBitfield returns a bitfield of n pieces, all of them there.
func FullBitfield(n int) Bitfield {
	f := Bitfield{bytes.Repeat([]byte{0xff}, bytesFor(n)), n}
	if spare := len(f.bits)*8 - n; spare > 0 {
		f.bits[len(f.bits)-1] <<= spare
	}
	return f
}

// ParseBitfield reads the bitfield of n pieces that Bytes wrote. It keeps nothing
// of b.
func ParseBitfield(b []byte, n int) (Bitfield, error) {
	if n < 0 || len(b) != bytesFor(n) {
		return Bitfield{}, fmt.Errorf("bitfield of %d bytes is not that of %d pieces", len(b), n)
	}
	if spare := len(b)*8 - n; spare > 0 && b[len(b)-1]&(1<<spare-1) != 0 {
		return Bitfield{}, fmt.Errorf("bitfield has bits past its %d pieces", n)
	}
	return Bitfield{bytes.Clone(b), n}, nil
}

func bytesFor(n int) int { return n/8 + (n%8+7)/8 }

// Len returns the number of pieces, there or not.
func (f Bitfield) Len() int { return f.n }

// Has reports whether piece i is there. It panics if there can be no piece i.
func (f Bitfield) Has(i int) bool {
	at, mask := f.bit(i)
	return f.bits[at]&mask != 0
}

// Set says that piece i is there. It panics if there can be no piece i.
func (f Bitfield) Set(i int) {
	at, mask := f.bit(i)
	f.bits[at] |= mask
}

// Clear says that piece i is not there. It panics if there can be no piece i.
func (f Bitfield) Clear(i int) {
	at, mask := f.bit(i)
	f.bits[at] &^= mask
}

// bit returns where the bit of piece i is: its byte, and its mask in that.
func (f Bitfield) bit(i int) (at int, mask byte) {
	if i < 0 || i >= f.n {
		panic(fmt.Sprintf("torrent: piece %d of a bitfield of %d", i, f.n))
	}
	return i / 8, 0x80 >> (i % 8)
}

// All returns the pieces that are there, in order.
func (f Bitfield) All() iter.Seq[int] { return f.those(0) }

// Missing returns the pieces that are not there, in order.
func (f Bitfield) Missing() iter.Seq[int] { return f.those(0xff) }

// those returns the pieces whose bits differ from those of flip.
func (f Bitfield) those(flip byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range f.n {
			if (f.bits[i/8]^flip)&(0x80>>(i%8)) != 0 && !yield(i) {
				return
			}
		}
	}
}

// Count returns the number of pieces that are there. It takes time in proportion
// to Len.
func (f Bitfield) Count() int {
	count := 0
	for _, b := range f.bits {
		count += bits.OnesCount8(b)
	}
	return count
}

// Full reports whether every piece is there, as it is when there are none.
func (f Bitfield) Full() bool { return f.Count() == f.n }

// Bytes returns the bytes of BEP 3, a copy.
func (f Bitfield) Bytes() []byte { return bytes.Clone(f.bits) }

// Clone returns a bitfield with the same pieces that shares no memory with f.
func (f Bitfield) Clone() Bitfield { return Bitfield{bytes.Clone(f.bits), f.n} }
