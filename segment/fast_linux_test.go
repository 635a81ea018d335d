package segment

import (
	"bytes"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

func openFast(t *testing.T) *fastSocket {
	t.Helper()
	sock, err := UDPConfig{Addr: netip.MustParseAddrPort("127.0.0.1:0"), Buffer: -1}.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	fast, ok := sock.(*fastSocket)
	if !ok {
		t.Skip("this kernel has no fast path")
	}
	return fast
}

// sizes reads datagrams until total bytes have come, and returns their sizes.
func sizes(t *testing.T, s Socket, total int) (sizes []int) {
	t.Helper()
	s.SetReadDeadline(time.Now().Add(5 * time.Second))
	for total > 0 {
		got, err := s.Read()
		if err != nil {
			t.Fatalf("%d bytes missing: %v", total, err)
		}
		for _, d := range got {
			sizes = append(sizes, len(d.Head))
			total -= len(d.Head)
		}
	}
	return sizes
}

// train returns n datagrams of size bytes to addr, and a shorter one.
func train(addr netip.AddrPort, n, size int) (ds []Datagram) {
	for range n {
		ds = append(ds, Datagram{Addr: addr, Head: make([]byte, 28), Body: bytes.Repeat([]byte{7}, size-28)})
	}
	return append(ds, Datagram{Addr: addr, Head: []byte("last")})
}

func TestDatagramsThatAreSentTogetherArriveEach(t *testing.T) {
	a, b := openFast(t), openFast(t)
	a.Write(train(b.LocalAddr(), 50, 1200))
	got := sizes(t, b, 50*1200+4)
	if len(got) != 51 {
		t.Fatalf("%d datagrams of 51", len(got))
	}
	for i, n := range got {
		if want := 1200; i < 50 && n != want || i == 50 && n != 4 {
			t.Errorf("datagram %d has %d bytes", i, n)
		}
	}
}

func TestWhatIsSentTogetherIsOfOneAddressAndOneSize(t *testing.T) {
	x, y := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	of := func(addr netip.AddrPort, sizes ...int) (ds []Datagram) {
		for _, n := range sizes {
			ds = append(ds, Datagram{Addr: addr, Head: make([]byte, n)})
		}
		return ds
	}
	alone := of(x, 100, 100)
	alone[0].Alone = true
	for _, test := range []struct {
		name string
		ds   []Datagram
		want int
	}{
		{"one", of(x, 100), 1},
		{"equal", of(x, 100, 100, 100), 3},
		{"shorter at the end", of(x, 100, 100, 50, 50), 3},
		{"longer", of(x, 100, 101), 1},
		{"other address", append(of(x, 100, 100), of(y, 100)...), 2},
		{"asked to be alone", alone, 1},
		{"more than a message holds", of(x, 60_000, 4_001), 1},
	} {
		if got := together(test.ds); got != test.want {
			t.Errorf("%s: %d together, want %d", test.name, got, test.want)
		}
	}
	var many []int
	for range 100 {
		many = append(many, 500)
	}
	if got := together(of(x, many...)); got != maxSegments {
		t.Errorf("%d together, the kernel takes %d", got, maxSegments)
	}
}

// Some devices cannot segment and say so only when they are to: then every
// datagram goes alone, those of the message that failed as well.
func TestOffloadThatFailsAtRunTimeIsGivenUp(t *testing.T) {
	a, b := openFast(t), openFast(t)
	a.writer.fill(train(b.LocalAddr(), 10, 1200), a.inet6, true)
	a.refused(syscall.EIO)
	if got := sizes(t, b, 10*1200+4); len(got) != 11 {
		t.Errorf("%d of the 11 datagrams of the failed message came", len(got))
	}
	if a.offload.Load() {
		t.Fatal("still sends together")
	}
	a.Write(train(b.LocalAddr(), 10, 1200))
	if got := sizes(t, b, 10*1200+4); len(got) != 11 {
		t.Errorf("%d of 11 datagrams came afterwards", len(got))
	}
}

func TestDropsOfAFullBufferAreCounted(t *testing.T) {
	a, b := openFast(t), openFast(t)
	for range 100 {
		a.Write(train(b.LocalAddr(), 8, 8000))
	}
	sizes(t, b, 8000)
	a.Write(train(b.LocalAddr(), 1, 100)) // the count comes with what comes next
	for b.Dropped() == 0 {
		if _, err := b.Read(); err != nil {
			t.Fatalf("no drop was counted: %v", err)
		}
	}
}

func TestAddressesSurviveTheKernel(t *testing.T) {
	for _, bind := range []string{"127.0.0.1:0", "[::]:0"} {
		sock, err := UDPConfig{Addr: netip.MustParseAddrPort(bind)}.Open()
		if err != nil {
			t.Skip(err)
		}
		defer sock.Close()
		for _, from := range []string{"127.0.0.1:0", "[::1]:0"} {
			peer, err := UDPConfig{Addr: netip.MustParseAddrPort(from), Portable: true}.Open()
			if err != nil {
				continue // no IPv6 here
			}
			defer peer.Close()
			to := netip.AddrPortFrom(peer.LocalAddr().Addr(), sock.LocalAddr().Port())
			if to.Addr().Is6() && bind != "[::]:0" {
				continue
			}
			peer.Write([]Datagram{{Addr: to, Head: []byte("ping")}})
			sock.SetReadDeadline(time.Now().Add(5 * time.Second))
			got, err := sock.Read()
			if err != nil || got[0].Addr != peer.LocalAddr() {
				t.Fatalf("%s from %s: %v, %v", bind, from, got, err)
			}
			sock.Write([]Datagram{{Addr: got[0].Addr, Head: []byte("pong")}})
			sizes(t, peer, 4)
		}
	}
}

// A socket of one family drops what is for the other, and goes on.
func TestIPv6FromAnIPv4SocketIsLost(t *testing.T) {
	a, b := openFast(t), openFast(t)
	err := a.Write([]Datagram{
		{Addr: netip.MustParseAddrPort("[::1]:9"), Head: []byte("lost")},
		{Addr: b.LocalAddr(), Head: []byte("here")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := sizes(t, b, 4); len(got) != 1 {
		t.Errorf("%d datagrams", len(got))
	}
	a.Close()
	if err := a.Write(train(b.LocalAddr(), 2, 100)); err != net.ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}
