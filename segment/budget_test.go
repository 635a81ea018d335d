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

func TestDropsNarrowTheBudgetForAWhile(t *testing.T) {
	var f fill
	sock := &dropping{}
	now := t0
	part := func(after time.Duration) float64 {
		now = now.Add(after)
		return f.part(now, sock)
	}
	if got := part(0); got != mostFill {
		t.Fatalf("at first %v of the buffer", got)
	}
	sock.n = 7
	first := part(time.Millisecond)
	sock.n = 9
	second := part(time.Millisecond)
	if !(leastFill < second && second < first && first < mostFill) {
		t.Errorf("%v after a drop, %v after the next", first, second)
	}
	for range 100 {
		sock.n++
		if got := part(time.Millisecond); got < leastFill {
			t.Fatalf("%v is less than the least", got)
		}
	}
	if got := part(refill); math.Abs(got-mostFill) > 1e-9 {
		t.Errorf("%v two seconds after the last drop", got)
	}
}

// A datagram of 1200 bytes takes 2304 of a Linux receive buffer, so that the
// default one of 212,992 holds 92; and three of the largest.
func TestFootprintIsLinuxs(t *testing.T) {
	for size, want := range map[int]int{1200: 92, 1472: 92, 4000: 25, 8972: 12, 32768: 6, 65507: 3} {
		if got := 212992 / footprint(size); got != want {
			t.Errorf("the default buffer holds %d datagrams of %d bytes, want %d", got, size, want)
		}
	}
}
