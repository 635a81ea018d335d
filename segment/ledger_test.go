package segment

import (
	"slices"
	"testing"
	"time"
)

var t0 = time.Unix(1000, 0)

// flights asks for n blocks of 100 bytes in one burst at now.
func flights(l *ledger, now time.Time, n int) (b *burst) {
	b = &burst{at: now}
	for range n {
		l.send(b, int64(l.next)*100, 100)
	}
	return b
}

// lostNumbers returns the numbers that are lost by now, and the loss events.
func lostNumbers(l *ledger, now time.Time, r *rtt) (numbers []int64, events int) {
	events, _ = l.losses(now, r, func(off int64, n int) { numbers = append(numbers, off/100) })
	return numbers, events
}

func settledRTT(d time.Duration) *rtt {
	var r rtt
	for range 50 {
		r.sample(d)
	}
	return &r
}

func TestBlockIsLostWhenThreeLaterOnesArrived(t *testing.T) {
	var l ledger
	r := settledRTT(100 * time.Millisecond)
	flights(&l, t0, 5)
	now := t0.Add(100 * time.Millisecond)
	for _, n := range []uint64{1, 2} {
		l.arrive(now, n, r, r.smooth)
	}
	if got, _ := lostNumbers(&l, now, r); got != nil {
		t.Errorf("lost %v after two later ones", got)
	}
	l.arrive(now, 3, r, r.smooth)
	got, events := lostNumbers(&l, now, r)
	if !slices.Equal(got, []int64{0}) || events != 1 {
		t.Errorf("lost %v in %d events, want 0", got, events)
	}
	if l.inFlight != 100 {
		t.Errorf("%d bytes in flight, want the last block's 100", l.inFlight)
	}
}

func TestBlockIsLostAfterNineEighthsOfTheRoundTrip(t *testing.T) {
	var l ledger
	r := settledRTT(80 * time.Millisecond)
	flights(&l, t0, 2)
	l.arrive(t0.Add(80*time.Millisecond), 1, r, r.smooth)
	_, next := l.losses(t0.Add(80*time.Millisecond), r, func(int64, int) { t.Error("lost at once") })
	if want := t0.Add(90 * time.Millisecond); !next.Equal(want) {
		t.Fatalf("due after %v, want %v", next.Sub(t0), want.Sub(t0))
	}
	if got, _ := lostNumbers(&l, next, r); !slices.Equal(got, []int64{0}) {
		t.Errorf("lost %v at its time, want 0", got)
	}
}

func TestBlockWithoutLaterArrivalIsNotLost(t *testing.T) {
	var l ledger
	r := settledRTT(80 * time.Millisecond)
	flights(&l, t0, 2)
	l.arrive(t0.Add(80*time.Millisecond), 0, r, r.smooth)
	if got, _ := lostNumbers(&l, t0.Add(time.Hour), r); got != nil {
		t.Errorf("lost %v; only a probe can tell", got)
	}
}

func TestVanishedBurstIsOneLossEvent(t *testing.T) {
	var l ledger
	r := settledRTT(10 * time.Millisecond)
	flights(&l, t0, 20)
	flights(&l, t0, 20)
	now := t0.Add(10 * time.Millisecond)
	for n := uint64(20); n < 40; n++ {
		if n != 25 && n != 27 {
			l.arrive(now, n, r, r.smooth)
		}
	}
	got, events := lostNumbers(&l, now, r)
	if len(got) != 22 || events != 3 {
		t.Errorf("%d blocks in %d events; want 22 in 3: a REQUEST, and two DATA", len(got), events)
	}
}

func TestLateBlockTeachesPatience(t *testing.T) {
	var l ledger
	r := settledRTT(100 * time.Millisecond)
	flights(&l, t0, 10)
	now := t0.Add(100 * time.Millisecond)
	for n := uint64(1); n < 5; n++ {
		l.arrive(now, n, r, r.smooth)
	}
	lostNumbers(&l, now, r)
	if was := l.arrive(now.Add(5*time.Millisecond), 0, r, r.smooth); was != lost {
		t.Fatalf("the late block was in state %v, want lost", was)
	}
	// The next block that is overtaken by many is waited for.
	for n := uint64(6); n < 10; n++ {
		l.arrive(now, n, r, r.smooth)
	}
	if got, _ := lostNumbers(&l, now, r); got != nil {
		t.Errorf("lost %v at once though the path reorders", got)
	}
	_, next := l.losses(now, r, func(int64, int) {})
	if want := 125 * time.Millisecond; next.Sub(t0) != want {
		t.Errorf("due after %v, want %v", next.Sub(t0), want)
	}
}

func TestDuplicatesAndStrangeNumbersAreKnown(t *testing.T) {
	var l ledger
	r := settledRTT(time.Millisecond)
	flights(&l, t0, 3)
	if was := l.arrive(t0, 1, r, r.smooth); was != flying {
		t.Errorf("first arrival: %v", was)
	}
	if was := l.arrive(t0, 1, r, r.smooth); was != landed {
		t.Errorf("second arrival: %v", was)
	}
	if l.inFlight != 200 {
		t.Errorf("%d bytes in flight, want 200", l.inFlight)
	}
	for _, wire := range []uint32{3, 1 << 31, 1<<32 - 1} {
		if _, f := l.find(wire); f != nil {
			t.Errorf("number %d was never sent, and is known", wire)
		}
	}
}

// Numbers on the wire have 32 bits; a session may send more blocks than that.
func TestNumbersWrapAround(t *testing.T) {
	l := ledger{oldest: 1<<32 - 10, next: 1<<32 - 10, firstFlying: 1<<32 - 10}
	r := settledRTT(time.Millisecond)
	for range 30 {
		flights(&l, t0, 1)
	}
	for n := uint64(1<<32 - 10); n < 1<<32+20; n++ {
		number, f := l.find(uint32(n))
		if f == nil || number != n || f.off != int64(n)*100 {
			t.Fatalf("number %d was found as %d", n, number)
		}
		l.arrive(t0, number, r, r.smooth)
	}
	if l.losses(t0, r, func(int64, int) {}); l.inFlight != 0 || l.oldest != l.next {
		t.Errorf("%d bytes and %d blocks kept", l.inFlight, l.next-l.oldest)
	}
}

// What is kept is bounded by the window, not by the length of the transfer.
func TestLedgerForgetsWhatIsSettled(t *testing.T) {
	var l ledger
	r := settledRTT(time.Millisecond)
	now := t0
	for range 1000 {
		first := l.next
		flights(&l, now, 50)
		now = now.Add(time.Millisecond)
		for n := first; n < l.next; n++ {
			if n%50 != 7 { // one of each burst is lost
				l.arrive(now, n, r, r.smooth)
			}
		}
		l.losses(now, r, func(int64, int) {})
	}
	if len(l.ring) > 512 {
		t.Errorf("ring of %d for a window of 50", len(l.ring))
	}
}
