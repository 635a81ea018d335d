package netem

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Carried is what a trial of Carry has shown.
type Carried struct {
	Rate     float64 // bytes per second that came out of the line, IP headers included
	Accuracy Accuracy
}

// Carry finds out whether this machine can emulate a line of a rate, in bytes per
// second: it offers a little more for a while, in packets of 1500 bytes. It needs root.
func Carry(rate float64, trial time.Duration) (Carried, error) {
	line := LineConfig{Rate: Constant(rate), Queue: int(rate/50) + 64<<10} // 20 ms
	s, err := New(Config{Hosts: []Host{{Up: line}, {Down: LineConfig{Rate: Constant(rate), Queue: line.Queue}}}})
	if err != nil {
		return Carried{}, err
	}
	defer s.Close()
	var conns [2]*net.UDPConn
	for host := range conns {
		if err := s.In(host, func() (err error) {
			conns[host], err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.Addr(host), 9)))
			return err
		}); err != nil {
			return Carried{}, err
		}
		defer conns[host].Close()
	}
	go drain(conns[1])
	s.Start()
	flood(conns[0], netip.AddrPortFrom(s.Addr(1), 9), rate*1.05, trial)
	r := s.Report()
	return Carried{float64(r.Hosts[1].Down.Bytes) / r.Seconds, r.Accuracy}, nil
}

func drain(conn *net.UDPConn) {
	buf := make([]byte, 2048)
	for {
		if _, _, err := conn.ReadFromUDPAddrPort(buf); err != nil {
			return
		}
	}
}

// flood sends packets of 1500 bytes at a rate, 40 with a system call.
func flood(conn *net.UDPConn, to netip.AddrPort, rate float64, d time.Duration) {
	const payload, headers, together = 1472, 28, 40
	control := make([]byte, unix.CmsgSpace(2))
	h := control[:unix.CmsgLen(0)]
	binary.NativeEndian.PutUint64(h, uint64(unix.CmsgLen(2)))
	binary.NativeEndian.PutUint32(h[8:], unix.SOL_UDP)
	binary.NativeEndian.PutUint32(h[12:], unix.UDP_SEGMENT)
	binary.NativeEndian.PutUint16(control[unix.CmsgLen(0):], payload)
	packets := make([]byte, together*payload)
	began, sent := time.Now(), 0.0
	for time.Since(began) < d {
		if sent > rate*time.Since(began).Seconds() {
			rest(grain)
			continue
		}
		conn.WriteMsgUDPAddrPort(packets, control, to)
		sent += together * (payload + headers)
	}
}
