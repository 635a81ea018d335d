package segment

import (
	"net/netip"
	"testing"
	"time"
)

// manyBuffers is a socket with n receive buffers, of which peers at odd ports use the first.
type manyBuffers struct {
	outbox
	n, size int
}

func (m *manyBuffers) Buffers() (int, int) { return m.n, m.size }
func (m *manyBuffers) BufferOf(peer netip.AddrPort) int {
	return int(peer.Port()+1) % 2
}
func (m *manyBuffers) PortOf(buffer int) uint16 { return uint16(50000 + buffer) }

// greedy is a sink that wants all there is.
type greedy struct {
	Sink
	next int64
}

func (g *greedy) Next(_, most int, _ time.Time) (int64, int) {
	g.next += int64(most)
	return g.next - int64(most), most
}
func (g *greedy) Wanted(int, int64, int) bool { return true }

// Dropped says that nothing was dropped.
func (m *manyBuffers) Dropped() uint32 { return 0 }

// dividedFetch is a fetch into so many buffers from owners that have been met, in large blocks.
func dividedFetch(sock *manyBuffers, addrs ...string) *Fetch {
	f := NewFetch(sock, FetchConfig{Sink: &greedy{}})
	now := time.Unix(100, 0)
	for i, addr := range addrs {
		f.Connect(i, netip.MustParseAddrPort(addr))
		o := f.owners[i]
		o.granted(now, grant{maxRequest: 1 << 20, number: 1})
		o.met, o.mtu.block = true, 15*pageSize
		o.control.block = o.mtu.block
		o.credit = 1 << 40
	}
	return f
}

func TestBuffersThatOwnersOnTheSameMachineFillAreNotOverfilled(t *testing.T) {
	for _, test := range []struct {
		buffers int
		owner   string
		want    float64
	}{
		{1, "127.0.0.1:2", mostFill},
		{2, "127.0.0.1:2", 1},
		{mostBuffers, "127.0.0.1:2", 1},
		{mostBuffers, "10.0.0.1:2", mostFill}, // which always fills the same one
	} {
		sock := &manyBuffers{n: test.buffers, size: 2 * 212992}
		f := dividedFetch(sock, "127.0.0.1:1", test.owner)
		now := time.Unix(100, 0)
		f.budget(now)
		if _, each := f.budget(now.Add(time.Hour)); each != int(test.want*holds(sock.size, 15*pageSize)) {
			t.Errorf("%d buffers, one owner at %s: %d bytes may be outstanding to each, of %d", test.buffers, test.owner, each, sock.size)
		}
	}
}

// A buffer that were given too much would drop it, one that is passed over would be of no use.
func TestBuffersFillUpEvenlyFromOwnersOnTheSameMachine(t *testing.T) {
	sock := &manyBuffers{n: 5, size: 2 * 212992}
	f := dividedFetch(sock, "127.0.0.1:1", "127.0.0.1:2", "[::1]:3")
	now := time.Unix(100, 0)
	for range 100 {
		now = now.Add(time.Millisecond)
		f.ask(now)
	}
	total, each := 0, int(holds(sock.size, 15*pageSize)*f.fill.now)
	for k := range sock.n {
		outstanding := 0
		for _, o := range f.owners {
			outstanding += o.ledger.into[k]
		}
		if outstanding > each || outstanding < each/2 {
			t.Errorf("%d bytes come to buffer %d, which is for %d", outstanding, k, each)
		}
		total += outstanding
	}
	for _, o := range f.owners {
		total -= o.ledger.inFlight
	}
	if total != 0 {
		t.Errorf("%d bytes come to no buffer, or to two", total)
	}
}

func TestOwnersElsewhereFillTheBufferThatTheyKnow(t *testing.T) {
	sock := &manyBuffers{n: 5, size: 2 * 212992}
	f := dividedFetch(sock, "10.0.0.1:1", "127.0.0.1:1")
	f.ask(time.Unix(100, 0))
	far, near := f.owners[0], f.owners[1]
	if far.ledger.inFlight == 0 || far.ledger.into[0] != far.ledger.inFlight {
		t.Errorf("%d bytes of %d come to its buffer", far.ledger.into[0], far.ledger.inFlight)
	}
	if near.ledger.inFlight == 0 || near.ledger.into[0] == near.ledger.inFlight {
		t.Error("all that the other sends comes to the same")
	}
	if p := f.rooms.port(far, 3); p != 0 {
		t.Errorf("it is told of port %d", p)
	}
	if p := f.rooms.port(near, 3); p != 50003 {
		t.Errorf("the other is told of port %d", p)
	}
}

func TestWhatComesOrIsLostMakesRoom(t *testing.T) {
	f := dividedFetch(&manyBuffers{n: 2, size: 2 * 212992}, "127.0.0.1:1")
	o := f.owners[0]
	now := time.Unix(100, 0)
	f.send(now, o, o.block(), extent{0, 6 * o.block()})
	k := 0
	if o.ledger.into[1] > 0 {
		k = 1
	}
	if got := o.ledger.into[k]; got != 6*o.block() {
		t.Fatalf("%d bytes are outstanding", got)
	}
	o.ledger.arrive(now, 5, &o.rtt, 0)
	o.ledger.refuse(4)
	o.ledger.losses(now, &o.rtt, func(int64, int) {}) // 0 and 1 are, 2 and 3 may be late
	if got, want := o.ledger.into[k], o.ledger.inFlight; got != want || got == 0 || got > 3*o.block() {
		t.Errorf("%d bytes are outstanding, %d in flight", got, want)
	}
}

// A stuck buffer would be one with room for less than is asked for at once.
func TestASmallBufferIsAskedForInSmallParts(t *testing.T) {
	for size := 20_000; size < 1<<20; size += 10_000 {
		f := dividedFetch(&manyBuffers{n: 12, size: size}, "127.0.0.1:1")
		o := f.owners[0]
		o.ledger.send(o.newBurst(time.Unix(100, 0), 0), 0, 100) // or it may have one block in any case
		if int(holds(size, o.block())*safeFill) < o.block() {
			continue
		}
		if f.ask(time.Unix(100, 0)); o.ledger.inFlight <= 100 {
			t.Errorf("nothing is asked for into buffers of %d bytes", size)
		}
	}
}
