package netem

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// ipv4 is a packet for a host, with a number in it.
func ipv4(r *router, to, size int, number byte) *packet {
	p := r.get(1500)
	p.bytes = p.bytes[:size]
	p.bytes[0], p.bytes[1] = 0x45, number
	addr := Addr(to).As4()
	copy(p.bytes[16:], addr[:])
	return p
}

func newRouter(hosts ...Host) *router {
	r := &router{network: Network}
	for i, h := range hosts {
		r.hosts = append(r.hosts, hostLines{NewLine(h.Up, 1, uint64(2*i), start), NewLine(h.Down, 1, uint64(2*i+1), start)})
	}
	return r
}

func TestPacketsPassBothLinesHoweverSeldomTheRouterIsDriven(t *testing.T) {
	r := newRouter(
		Host{Up: LineConfig{Rate: Constant(1e6), Delay: 5 * time.Millisecond}},
		Host{Down: LineConfig{Rate: Constant(5e5), Delay: 7 * time.Millisecond}})
	for number := range byte(3) {
		r.enter(0, ipv4(r, 1, 1000, number), start)
	}
	var got []string
	moved := r.advance(at(time.Second), func(host int, b []byte, due time.Time) {
		got = append(got, fmt.Sprint(host, b[1], len(b), due.Sub(start)))
	})
	// 1 ms each on the first line, 2 ms on the second, which is the bottleneck.
	want := []string{"1 0 1000 15ms", "1 1 1000 17ms", "1 2 1000 19ms"}
	if !slices.Equal(got, want) || moved != 6 {
		t.Errorf("%d moves, %q, want %q", moved, got, want)
	}
	if _, ok := r.next(); ok || len(r.spare) != 3 {
		t.Errorf("%d packets are spare, want all", len(r.spare))
	}
}

func TestNothingMovesBeforeItIsDue(t *testing.T) {
	r := newRouter(Host{Up: LineConfig{Delay: 5 * time.Millisecond}}, Host{})
	r.enter(0, ipv4(r, 1, 100, 0), start)
	fail := func(int, []byte, time.Time) { t.Error("delivered too early") }
	if r.advance(at(5*time.Millisecond-1), fail) != 0 {
		t.Error("moved too early")
	}
	if next, ok := r.next(); !ok || !next.Equal(at(5*time.Millisecond)) {
		t.Errorf("next is due at %v", next)
	}
}

func TestEventsComeInTheOrderOfTimeAndThenOfEntry(t *testing.T) {
	r := newRouter()
	rng := rand.New(rand.NewPCG(1, 2))
	for turn := range uint64(2000) {
		r.push(event{at: at(time.Duration(rng.IntN(100))), turn: turn})
	}
	last := r.pop()
	for len(r.heap) > 0 {
		e := r.pop()
		if !last.before(&e) {
			t.Fatalf("%v/%d after %v/%d", e.at, e.turn, last.at, last.turn)
		}
		last = e
	}
}

func TestStraysAndLostPacketsAreUsedAgain(t *testing.T) {
	r := newRouter(Host{Up: LineConfig{Loss: 1}}, Host{})
	r.enter(0, ipv4(r, 7, 100, 0), start) // there are two hosts
	p := ipv4(r, 1, 100, 0)
	p.bytes[0] = 0x60 // IPv6
	r.enter(0, p, start)
	r.enter(0, ipv4(r, 1, 100, 0), start)
	if r.strays != 2 || len(r.heap) != 0 || len(r.spare) != 1 {
		t.Errorf("%d strays, %d on their way, %d spare", r.strays, len(r.heap), len(r.spare))
	}
}

func TestDuplicatesShareOnePacketUntilTheLastIsThere(t *testing.T) {
	r := newRouter(Host{Up: LineConfig{Duplicate: 1}}, Host{Down: LineConfig{Duplicate: 1, Rate: Constant(1e6)}})
	r.enter(0, ipv4(r, 1, 1000, 9), start)
	n := 0
	r.advance(at(time.Second), func(_ int, b []byte, _ time.Time) {
		if n++; b[1] != 9 || len(r.spare) != 0 {
			t.Error("the packet was used again before its copies came")
		}
	})
	if n != 4 || len(r.spare) != 1 {
		t.Errorf("%d copies, %d spare", n, len(r.spare))
	}
}

func TestLatenessIsToldToWithinABucket(t *testing.T) {
	var l lateness
	for us := 1; us <= 1000; us++ {
		l.add(time.Duration(us) * time.Microsecond)
	}
	for share, want := range map[float64]time.Duration{0.5: 500, 0.99: 990, 1: 1000} {
		got := l.quantile(share).Microseconds()
		if got < int64(want) || got > int64(want)*5/4 {
			t.Errorf("quantile %v is %d µs, want %d", share, got, int64(want))
		}
	}
	if (&lateness{}).quantile(0.5) != 0 {
		t.Error("of nothing")
	}
}
