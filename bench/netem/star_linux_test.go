package netem

import (
	"math"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// open makes a star for a test, or skips where that cannot be.
func open(t *testing.T, cfg Config) *Star {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip(err)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// socket opens a UDP socket on a host.
func socket(t *testing.T, s *Star, host int) (conn *net.UDPConn, addr netip.AddrPort) {
	t.Helper()
	err := s.In(host, func() (err error) {
		conn, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.Addr(host), 0)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetReadBuffer(4 << 20)
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestHostsMeetThroughTheirLines(t *testing.T) {
	const delay, packets, size = 20 * time.Millisecond, 500, 1472
	s := open(t, Config{Seed: 1, Hosts: []Host{
		{Up: LineConfig{Delay: delay, Loss: 0.1}},
		{Down: LineConfig{Rate: Mbit(40), Queue: 1 << 20}},
	}})
	from, _ := socket(t, s, 0)
	to, addr := socket(t, s, 1)
	s.Start()
	began := time.Now()
	go func() {
		for range packets {
			from.WriteToUDPAddrPort(make([]byte, size), addr)
		}
		from.WriteToUDPAddrPort([]byte("end"), addr)
		time.AfterFunc(200*time.Millisecond, func() { to.SetReadDeadline(time.Now()) })
	}()
	var first, last time.Duration
	got := 0
	buf := make([]byte, 2048)
	for {
		if n, _, err := to.ReadFromUDPAddrPort(buf); err != nil || n < size {
			break
		}
		last = time.Since(began)
		if got++; got == 1 {
			first = last
		}
	}
	r := s.Report()
	lost := int(r.Hosts[0].Up.Lost)
	if lost < packets/20 || lost > packets/5 || got+lost < packets-1 || got+lost > packets {
		t.Errorf("%d came and %d were lost of %d", got, lost, packets)
	}
	if first < delay {
		t.Errorf("the first came after %v, before the delay of %v", first, delay)
	}
	line := float64(got-1) * (size + 28) * 8 / 40e6
	if spread := (last - first).Seconds(); spread < line*0.9 {
		t.Errorf("%d packets came within %.4f s, faster than the rate allows: %.4f", got, spread, line)
	} else if math.Abs(spread-line) > line*0.2 {
		t.Logf("%d packets came within %.4f s, on time are %.4f: the machine is busy (%v)", got, spread, line, r.Accuracy)
	}
	if len(r.Hosts[1].DownQueue) == 0 || r.Accuracy.Packets < int64(got) {
		t.Errorf("nothing was measured: %+v", r.Accuracy)
	}
}

func TestNamespacesOfOthersAreLeftAlone(t *testing.T) {
	s := open(t, Config{Hosts: make([]Host, 1)})
	prefix := s.Namespace(0)[:len(s.Namespace(0))-1]
	if other, err := New(Config{Hosts: make([]Host, 1), Prefix: prefix}); err == nil {
		other.Close()
		t.Fatal("a second star took the namespace of the first")
	}
	if err := s.In(0, func() error { return nil }); err != nil {
		t.Errorf("the first star's namespace is gone: %v", err)
	}
}
