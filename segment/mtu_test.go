package segment

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"
)

// search runs a search over a path that carries packets of at most mtu bytes, and
// returns the block that it found and how many probes that took.
func search(m *mtuSearch, mtu int, now time.Time) (block, probes int) {
	for m.want(now) > 0 {
		n := m.want(now)
		m.sent(uint64(probes))
		probes++
		if n+dataOverhead+m.headers <= mtu {
			m.passed(n, now)
		} else {
			m.failed(now)
		}
	}
	return m.block, probes
}

func TestSearchFindsWhatThePathCarries(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("[2001:db8::1]:1")
	self := netip.MustParseAddrPort("127.0.0.1:1")
	for _, test := range []struct {
		addr   netip.AddrPort
		mtu    int
		want   int // payload of the datagram
		probes int
	}{
		{v4, 1280, 1200, 3},
		{v4, 1400, 1372, 4},
		{v4, 1499, 1464, 5},
		{v4, 1500, 1472, 6},
		{v6, 1500, 1452, 6},
		{v4, 9000, 8972, 7},
		{v4, 65535, 15*pageSize + dataOverhead, 6},
		{v6, 65535, 15*pageSize + dataOverhead, 6},
		{self, 65535, 15*pageSize + dataOverhead, 1},
		{self, 1500, 1472, 9}, // somebody has made its packets small
	} {
		m := newMTUSearch(test.addr, 65535)
		block, probes := search(&m, test.mtu, t0)
		if block+dataOverhead != test.want || probes != test.probes {
			t.Errorf("%v, packets of %d: datagrams of %d after %d probes, want %d after %d",
				test.addr, test.mtu, block+dataOverhead, probes, test.want, test.probes)
		}
	}
}

func TestSearchIsRepeatedAfterAWhile(t *testing.T) {
	m := newMTUSearch(netip.MustParseAddrPort("10.0.0.1:1"), 65535)
	search(&m, 1400, t0)
	if n := m.want(t0.Add(searchAgain - 1)); n != 0 {
		t.Fatalf("probes for %d though the search has ended", n)
	}
	if block, _ := search(&m, 9000, t0.Add(searchAgain)); block+dataOverhead != 8972 {
		t.Errorf("datagrams of %d after the path got wider", block+dataOverhead)
	}
}

// In a swarm a range is a piece at the most.
func TestRangesThatAreTooShortEndTheSearch(t *testing.T) {
	m := newMTUSearch(peerAddr(1), 65535)
	now := time.Unix(1000, 0)
	for range probeTries {
		if m.want(now) == 0 {
			t.Fatal("it is over too early")
		}
		m.short(now)
	}
	if m.want(now) != 0 || m.want(now.Add(searchAgain)) == 0 {
		t.Error("it goes on, or never again")
	}
}

// Nor is the largest datagram tried first then.
func TestARangeThatIsTooShortForALeapEndsTheLeap(t *testing.T) {
	for most, first := range map[int]int{65535: 15 * pageSize, 16400: 16400 - 28 - dataOverhead} {
		m := newMTUSearch(netip.MustParseAddrPort("127.0.0.1:1"), most)
		if got := m.want(t0); got != first {
			t.Errorf("packets of up to %d: %d is tried first, want %d", most, got, first)
		}
		m.short(t0)
		if got := m.want(t0); got != packetSizes[0]-28-dataOverhead {
			t.Errorf("packets of up to %d: %d is tried then", most, got)
		}
	}
}

func TestBlackHoleEndsInTheBaseSize(t *testing.T) {
	m := newMTUSearch(netip.MustParseAddrPort("10.0.0.1:1"), 65535)
	search(&m, 9000, t0)
	m.swallowed(t0)
	if m.block+dataOverhead != baseDatagram || m.want(t0.Add(searchSoon-1)) != 0 {
		t.Errorf("datagrams of %d, and probes for %d", m.block+dataOverhead, m.want(t0.Add(searchSoon-1)))
	}
}

// A probe for a larger datagram that the owner refuses, or that is forgotten before it is
// missed, does not end the search.
func TestAProbeThatIsRefusedIsRepeated(t *testing.T) {
	o := newOwner(0, peerAddr(1), 1500)
	now := time.Unix(1000, 0)
	probe := func() uint64 {
		number := o.ledger.send(o.newBurst(now, 0), 0, 1372)
		o.mtu.sent(number)
		return number
	}
	for range 2 * probeTries {
		o.refusedBusy(now, busy{number: uint32(probe()), count: 1})
		if o.mtu.want(now) == 0 {
			t.Fatal("the search has ended")
		}
	}
	probe()
	for range 1000 { // which come, while the probe does not
		now = now.Add(10 * time.Millisecond)
		number := o.ledger.send(o.newBurst(now, 0), 0, 1180)
		o.arrived(now.Add(time.Millisecond), data{number: uint32(number), payload: make([]byte, 1180)})
		o.digest(now.Add(time.Millisecond), zap.NewNop())
	}
	if o.mtu.asked {
		t.Error("the probe is still on its way")
	}
}

func TestWhatTheSystemWouldFragmentIsKnown(t *testing.T) {
	for _, test := range []struct {
		addr string
		size int
		want bool
	}{
		{"10.0.0.1:1", 1472, false}, {"10.0.0.1:1", 1473, true},
		{"[2001:db8::1]:1", 1452, false}, {"[2001:db8::1]:1", 1453, true},
		{"127.0.0.1:1", 65_000, false}, {"[::1]:1", 65_000, false},
	} {
		d := Datagram{Addr: netip.MustParseAddrPort(test.addr), Head: make([]byte, test.size)}
		if inParts(d) != test.want {
			t.Errorf("%d bytes to %s: %v", test.size, test.addr, !test.want)
		}
	}
}
