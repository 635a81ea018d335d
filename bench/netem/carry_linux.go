package netem

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Carried is what a trial of Carry has shown.
type Carried struct {
	Rate     float64 // bytes per second that came out of all lines, IP headers included
	CPU      float64 // of the emulator, in units of one core
	Accuracy Accuracy
}

// Carry finds out whether this machine can emulate hosts that each send to the next one
// at a rate, in bytes per second: it offers a little more for a while, in packets of
// 1500 bytes. The last host sends nothing. It needs root.
func Carry(hosts int, rate float64, trial time.Duration) (c Carried, err error) {
	line := LineConfig{Rate: Constant(rate), Queue: int(rate/50) + 64<<10} // 20 ms
	s, err := New(Config{Hosts: slices.Repeat([]Host{{Up: line, Down: line}}, hosts)})
	if err != nil {
		return c, err
	}
	defer s.Close()
	conns := make([]*net.UDPConn, hosts)
	for host := range conns {
		if err := s.In(host, func() (err error) {
			conns[host], err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.Addr(host), 9)))
			return err
		}); err != nil {
			return c, err
		}
		defer conns[host].Close()
	}
	s.Start()
	var senders sync.WaitGroup
	for host := range hosts - 1 {
		go drain(conns[host+1])
		senders.Go(func() { flood(conns[host], netip.AddrPortFrom(s.Addr(host+1), 9), rate*1.05, trial) })
	}
	senders.Wait()
	r := s.Report()
	for _, h := range r.Hosts {
		c.Rate += float64(h.Down.Bytes) / r.Seconds
	}
	c.CPU, c.Accuracy = r.CPU.Seconds()/r.Seconds, r.Accuracy
	return c, nil
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
		if ahead := sent/rate - time.Since(began).Seconds(); ahead > 0 {
			rest(max(time.Duration(ahead*float64(time.Second)), leastGrain))
			continue
		}
		conn.WriteMsgUDPAddrPort(packets, control, to)
		sent += together * (payload + headers)
	}
}
