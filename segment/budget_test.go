package segment

import (
	"math"
	"testing"
	"time"
)

// dropping is a socket that has dropped n datagrams.
type dropping struct {
	Socket
	n uint32
}

func (d *dropping) Dropped() uint32 { return d.n }

func TestBudgetGrowsUntilSomethingIsDropped(t *testing.T) {
	var f fill
	sock := &dropping{}
	now := t0
	part := func(after time.Duration) float64 {
		now = now.Add(after)
		return f.part(now, sock, mostFill)
	}
	if got := part(0); got != safeFill {
		t.Fatalf("at first %v of the buffer", got)
	}
	if got, want := part(time.Second/4), safeFill+fillGrowth/4; math.Abs(got-want) > 1e-9 {
		t.Fatalf("%v a quarter of a second later, want %v", got, want)
	}
	if got := part(time.Hour); got != mostFill {
		t.Errorf("%v after an hour", got)
	}
	sock.n = 7
	first := part(time.Millisecond)
	sock.n = 9
	if got := part(time.Millisecond); got != first || first != mostFill*fillBackOff {
		t.Errorf("%v after a drop, %v after another of the same clump", first, got)
	}
	if got := part(fillRest / 2); got != first {
		t.Errorf("%v while it should rest", got)
	}
	knee := mostFill * fillKnee
	quick := time.Duration((knee - first) / fillGrowth * float64(time.Second))
	part(fillRest/2 - time.Millisecond) // it has rested
	if got := part(quick / 2); math.Abs(got-(first+knee)/2) > 1e-6 {
		t.Errorf("%v on the way back, want %v", got, (first+knee)/2)
	}
	if got, want := part(quick/2+time.Second), knee+fillCreep; math.Abs(got-want) > 1e-6 {
		t.Errorf("%v a second after %v, want %v", got, knee, want)
	}
	if got, want := part(time.Second), knee+2*fillCreep; math.Abs(got-want) > 1e-6 {
		t.Errorf("%v a second later, want %v", got, want)
	}
	for range 100 {
		sock.n++
		if got := part(fillRest + 1); got < leastFill || got > mostFill {
			t.Fatalf("%v is out of bounds", got)
		}
	}
}

// A socket that cannot tell of drops is not tried beyond what it surely holds.
func TestBudgetIsCarefulWhereDropsAreUnknown(t *testing.T) {
	var f fill
	for range 10 {
		if got := f.part(t0.Add(time.Hour), nil, mostFill); got != safeFill {
			t.Fatalf("%v of the buffer", got)
		}
	}
}

// A datagram of 1200 bytes takes 2304 of a Linux receive buffer, so that the
// default one of 212,992 holds 92; and three of the largest.
func TestFootprintIsLinuxs(t *testing.T) {
	for size, want := range map[int]int{1200: 92, 1472: 92, 4000: 25, 8972: 12, 16400: 12, 32768: 6, 65507: 3} {
		if got := 212992 / footprint(size); got != want {
			t.Errorf("the default buffer holds %d datagrams of %d bytes, want %d", got, size, want)
		}
	}
}

func TestSmallBufferMeansSmallerDatagrams(t *testing.T) {
	for buffer, want := range map[int]int{0: 16400, 212992: 16400, 2 * 212992: 65535, 8 << 20: 65535, 64 << 10: 1500} {
		if got := largestPacket(buffer); got != want {
			t.Errorf("buffer of %d: packets of up to %d, want %d", buffer, got, want)
		}
	}
}
