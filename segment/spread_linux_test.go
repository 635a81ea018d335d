package segment

import (
	"net/netip"
	"sync"
	"testing"
	"time"
)

var free = netip.MustParseAddrPort("127.0.0.1:0")

func openSpread(t *testing.T) *spread {
	t.Helper()
	sock, err := UDPConfig{Addr: free, Buffer: 256 << 10, Spread: true}.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	s, ok := sock.(*spread)
	if !ok {
		t.Skip("this kernel has no fast path")
	}
	return s
}

func TestASmallBufferIsSpreadOverSockets(t *testing.T) {
	for _, test := range []struct {
		config UDPConfig
		want   int
	}{
		{UDPConfig{Addr: free, Spread: true, Buffer: 256 << 10}, 16},
		{UDPConfig{Addr: free, Spread: true, Buffer: 128 << 10}, mostBuffers},
		{UDPConfig{Addr: free, Spread: true, Buffer: 2 << 20}, 2},
		{UDPConfig{Addr: free, Spread: true, Buffer: 4 << 20}, 1},
		{UDPConfig{Addr: free, Buffer: 256 << 10}, 1},
		{UDPConfig{Addr: free, Spread: true, Buffer: 256 << 10, Portable: true}, 1},
	} {
		sock, err := test.config.Open()
		if err != nil {
			t.Fatal(err)
		}
		got := 1
		if s, ok := sock.(*spread); ok {
			got = len(s.socks)
		}
		if gave := sock.ReadBuffer(); gave < 2*test.config.Buffer {
			t.Logf("%+v: not tried, the system gives %d", test.config, gave) // without privileges
		} else if got != test.want {
			t.Errorf("%+v: %d sockets, want %d", test.config, got, test.want)
		}
		sock.Close()
	}
}

// Owners bind their cookies to an address, so each must be spoken to from one.
func TestEachPeerIsToldFromOneSocketAndAllAreHeard(t *testing.T) {
	const peers, rounds = 30, 5
	s := openSpread(t)
	var socks []*fastSocket
	for range peers {
		socks = append(socks, openFast(t))
	}
	seen := make(map[netip.AddrPort]int) // peers that a socket speaks to
	from := make([]netip.AddrPort, peers)
	for round := range rounds {
		var batch []Datagram
		for _, p := range socks {
			batch = append(batch, Datagram{Addr: p.LocalAddr(), Head: []byte("ask")})
		}
		if err := s.Write(batch); err != nil {
			t.Fatal(err)
		}
		for i, p := range socks {
			p.SetReadDeadline(time.Now().Add(5 * time.Second))
			got, err := p.Read()
			if err != nil {
				t.Fatal(err)
			}
			if round == 0 {
				from[i] = got[0].Addr
				seen[from[i]]++
			} else if got[0].Addr != from[i] {
				t.Errorf("peer %d was spoken to from %v and from %v", i, from[i], got[0].Addr)
			}
			p.Write([]Datagram{{Addr: got[0].Addr, Head: []byte{byte(i)}}})
		}
		s.SetReadDeadline(time.Now().Add(5 * time.Second))
		for heard := 0; heard < peers; {
			got, err := s.Read()
			if err != nil {
				t.Fatalf("%d of %d are heard: %v", heard, peers, err)
			}
			for _, d := range got {
				if i := int(d.Head[0]); socks[i].LocalAddr() != d.Addr {
					t.Errorf("%d came from %v", i, d.Addr)
				}
				heard++
			}
		}
	}
	if len(seen) != len(s.socks) {
		t.Errorf("%d of %d sockets are used", len(seen), len(s.socks))
	}
	for addr, n := range seen {
		if n > (peers+len(s.socks)-1)/len(s.socks) {
			t.Errorf("%v speaks to %d of %d", addr, n, peers)
		}
	}
}

func TestWhatIsSentToAPortIsInItsBuffer(t *testing.T) {
	s := openSpread(t)
	n, size := s.Buffers()
	if n != len(s.socks) || size != s.socks[0].ReadBuffer() || s.ReadBuffer() != size {
		t.Errorf("%d buffers of %d bytes, one has %d", n, size, s.ReadBuffer())
	}
	peer := openFast(t)
	home := s.BufferOf(peer.LocalAddr())
	s.Write([]Datagram{{Addr: peer.LocalAddr(), Head: []byte("ask")}})
	if from := readOne(t, peer).Addr.Port(); from != s.PortOf(home) {
		t.Errorf("asked from port %d, its buffer has %d", from, s.PortOf(home))
	}
	for k := range n {
		to := netip.AddrPortFrom(free.Addr(), s.PortOf(k))
		peer.Write([]Datagram{{Addr: to, Head: []byte("answer")}})
		for {
			if got := s.socks[k].readNow(); len(got) == 1 && string(got[0].Head) == "answer" {
				break
			}
		}
	}
}

// What is taken in is of all sockets that have something, and what is left comes later.
func TestASpreadLosesNothing(t *testing.T) {
	s := openSpread(t)
	total := 0
	for k, to := range s.socks {
		from := openFast(t)
		n := 20 + 10*k // more than one Read takes, of the last
		for i := range n {
			from.Write([]Datagram{{Addr: to.LocalAddr(), Head: []byte{byte(k), byte(i)}}})
		}
		total += n
	}
	s.SetReadDeadline(time.Now().Add(5 * time.Second))
	next := make([]int, len(s.socks))
	for total > 0 {
		got, err := s.Read()
		if err != nil {
			t.Fatalf("%d are missing: %v", total, err)
		}
		for _, d := range got {
			if k := d.Head[0]; int(d.Head[1]) != next[k] {
				t.Fatalf("socket %d: number %d came, want %d", k, d.Head[1], next[k])
			} else {
				next[k]++
			}
			total--
		}
	}
}

// A simulated line writes from a goroutine of its own.
func TestASpreadMayBeWrittenToWhileItIsAsked(t *testing.T) {
	s := openSpread(t)
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 100 {
			s.Write([]Datagram{{Addr: netip.AddrPortFrom(free.Addr(), uint16(40000+i)), Head: []byte("x")}})
		}
	})
	for i := range 100 {
		if k := s.BufferOf(netip.AddrPortFrom(free.Addr(), uint16(40000+i))); k >= len(s.socks) {
			t.Errorf("there is no buffer %d", k)
		}
	}
	writing.Wait()
}
