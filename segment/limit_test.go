package segment

import (
	"net/netip"
	"testing"
	"time"
)

const megabit = 1e6 / 8

// passed is what an allowance let pass, and when.
type passed struct {
	at time.Time
	n  int
}

// take lets bytes pass for as long as a has some, in datagrams of n bytes.
func take(a *allowance, now time.Time, n int) (all []passed) {
	for a.ready(now) {
		all = append(all, passed{now, n})
		a.spend(n)
	}
	return all
}

func sum(all []passed, from, to time.Time) (n int) {
	for _, p := range all {
		if !p.at.Before(from) && p.at.Before(to) {
			n += p.n
		}
	}
	return n
}

func TestALimitIsExactThoughWeWakeLate(t *testing.T) {
	for _, rate := range []float64{0.1 * megabit, 1 * megabit, 20 * megabit, 1000 * megabit} {
		a := allowance{limit: NewLimiter(rate)}
		start := time.Now()
		var all []passed
		for i, now := 0, start; now.Before(start.Add(4 * time.Second)); i++ {
			all = append(all, take(&a, now, 1228)...)
			now = a.turn.Add(time.Duration(i%10) * time.Millisecond)
		}
		datagram := 1228 / rate // how much of a second one takes
		for from := start; from.Before(start.Add(3 * time.Second)); from = from.Add(50 * time.Millisecond) {
			part := float64(sum(all, from, from.Add(time.Second))) / rate
			if part < 0.98-datagram || part > 1.03+datagram {
				t.Errorf("%.0f bytes a second: %.3f of them in the second from %v", rate, part, from.Sub(start))
			}
		}
	}
}

func TestIdlenessEarnsNoBurst(t *testing.T) {
	a := allowance{limit: NewLimiter(20 * megabit)}
	now := time.Now()
	for range 3 {
		first := take(&a, now, 500)
		if n := sum(first, now, now.Add(1)); n > a.limit.bytes(turnTime)+500 {
			t.Errorf("%d bytes at once, a turn is %d", n, a.limit.bytes(turnTime))
		}
		now = now.Add(time.Hour)
	}
}

func TestThoseWhoShareALimitGetTheSame(t *testing.T) {
	limit := NewLimiter(20 * megabit)
	users := []*allowance{{limit: limit}, {limit: limit}, {limit: limit}}
	var got [3]int
	start := time.Now()
	for now := start; now.Before(start.Add(2 * time.Second)); now = now.Add(time.Millisecond) {
		for i, a := range users { // always in the same order, with datagrams of their own
			got[i] += sum(take(a, now, 1000+2000*i), now, now.Add(1))
		}
	}
	total := 0
	for i, n := range got {
		total += n
		if n < got[0]*98/100 || n > got[0]*102/100 {
			t.Errorf("user %d got %d bytes, the first %d", i, n, got[0])
		}
	}
	if want := int(2 * limit.rate); total < want*98/100 || total > want*102/100 {
		t.Errorf("together %d bytes of %d", total, want)
	}
}

func TestWhatIsUrgentGoesAtOnceAndBulkWaitsForIt(t *testing.T) {
	limit := NewLimiter(1e6) // bytes per second
	a := allowance{limit: limit}
	now := time.Now()
	take(&a, now, 1200)
	if limit.resumes().After(now) {
		t.Error("bulk keeps what is urgent from going")
	}
	limit.urgent(now, 100e3)
	if wait := limit.resumes().Sub(now); wait < 80*time.Millisecond || wait > 100*time.Millisecond {
		t.Errorf("more urgent bytes after %v", wait)
	}
	now = a.turn // reserved before
	take(&a, now, 1200)
	if wait := a.turn.Sub(now); wait < 100*time.Millisecond {
		t.Errorf("bulk waits %v for 100 ms of urgent bytes", wait)
	}
}

func TestWhatDidNotComeIsGivenBack(t *testing.T) {
	a := allowance{limit: NewLimiter(1e6)}
	now := time.Now()
	a.ready(now)
	turn := a.most()
	a.settle(5000)
	if left := a.most(); left != turn-5000 {
		t.Errorf("%d bytes left of %d after 5000", left, turn)
	}
	a.settle(3000)
	if left := a.most(); left != turn-3000 {
		t.Errorf("%d bytes left of %d after 2000 came back", left, turn)
	}
	a.settle(-1e9)
	if left := a.most(); left != turn {
		t.Errorf("%d bytes left: no more than a turn, %d, may come back", left, turn)
	}
}

func TestNoLimitIsNone(t *testing.T) {
	limit := NewLimiter(0)
	a := allowance{limit: limit}
	now := time.Now()
	limit.urgent(now, 1<<30)
	for range 1000 {
		if !a.ready(now) {
			t.Fatal("waits")
		}
		a.spend(1 << 20)
		a.settle(1 << 40)
	}
	if limit.resumes().After(now) || limit.largest() < maxBlock || limit.quantum() != turnBytes || a.most() < turnBytes {
		t.Error("there is a limit")
	}
}

func TestDatagramsCountWithTheirHeaders(t *testing.T) {
	b := make([]byte, 100)
	for addr, want := range map[string]int{"10.0.0.1:1": 100 + 28, "[::ffff:10.0.0.1]:1": 100 + 28, "[fd00::1]:1": 100 + 48} {
		d := Datagram{Addr: netip.MustParseAddrPort(addr), Head: b[:30], Body: b[30:]}
		if n := onWire([]Datagram{d, d}); n != 2*want {
			t.Errorf("two to %s are %d bytes, not %d", addr, n, 2*want)
		}
	}
}
