package netem

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// impossible says why this process can have no star; nil if it can.
func impossible() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return err
	}
	if err := unshare(); err != nil {
		return fmt.Errorf("no network namespace can be made here: %w", err)
	}
	fd, _, err := openTUN()
	if err != nil {
		return fmt.Errorf("no TUN interface can be made here: %w", err)
	}
	return unix.Close(fd)
}

// unshare makes a network namespace, which ends with the thread that is in it.
func unshare() error {
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // for good
		made <- unix.Unshare(unix.CLONE_NEWNET)
	}()
	return <-made
}

// open makes a star for a test, or skips where that cannot be.
func open(t *testing.T, cfg Config) *Star {
	t.Helper()
	if err := impossible(); err != nil {
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
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// send sends a packet from one host to another.
func send(t *testing.T, from *net.UDPConn, to netip.AddrPort, packet []byte) {
	t.Helper()
	if _, err := from.WriteToUDPAddrPort(packet, to); err != nil {
		t.Fatal(err)
	}
}

// entered returns once a host's uplink has seen so many packets.
func entered(t *testing.T, s *Star, host int, packets int64) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		up, _ := s.Passed(host)
		if up.Packets+up.Lost >= packets {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("of %d packets the uplink has seen %+v", packets, up)
		}
	}
}

// TestHostsMeetThroughTheirLines: all packets together fit in the buffer of a socket, so
// that none is lost there however late the test reads them.
func TestHostsMeetThroughTheirLines(t *testing.T) {
	const delay, packets, size, mbit = 20 * time.Millisecond, 200, 100, 1
	s := open(t, Config{Seed: 1, Hosts: []Host{
		{Up: LineConfig{Delay: delay, Loss: 0.1}},
		{Down: LineConfig{Rate: Mbit(mbit)}},
	}})
	from, _ := socket(t, s, 0)
	to, addr := socket(t, s, 1)
	s.Start()
	began := time.Now()
	for range packets {
		send(t, from, addr, make([]byte, size))
	}
	entered(t, s, 0, packets)
	s.Lose(0, 0, 0)
	send(t, from, addr, []byte("end"))
	var first, last time.Duration
	got := 0
	buf := make([]byte, 2048)
	for {
		n, _, err := to.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatalf("after %d packets: %v", got, err)
		}
		if n < size {
			break
		}
		last = time.Since(began)
		if got++; got == 1 {
			first = last
		}
	}
	r := s.Report()
	lost := int(r.Hosts[0].Up.Lost)
	if lost < packets/20 || lost > packets/5 || got+lost != packets {
		t.Errorf("%d came and %d were lost of %d", got, lost, packets)
	}
	if first < delay {
		t.Errorf("the first came after %v, before the delay of %v", first, delay)
	}
	line := float64(got) * (size + 28) * 8 / (mbit * 1e6)
	if took := (last - delay).Seconds(); took < line*0.99 {
		t.Errorf("%d packets came within %.4f s, faster than the rate allows: %.4f", got, took, line)
	} else if took > line*1.2 {
		t.Logf("%d packets came within %.4f s, on time are %.4f: the machine is busy (%v)", got, took, line, r.Accuracy)
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
