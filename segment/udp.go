package segment

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// wantBuffer is the size of the socket buffers that OpenUDP asks for, in bytes.
const wantBuffer = 4 << 20

// maxDatagram is the largest UDP payload over IPv4.
const maxDatagram = 65507

// OpenUDP binds a UDP socket. The zero AddrPort binds a free port on every
// address, IPv4 and IPv6. Buffers of 4 MiB are asked for; ReadBuffer tells what
// was given.
func OpenUDP(addr netip.AddrPort) (Socket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, fmt.Errorf("open UDP socket: %w", err)
	}
	// A smaller buffer than asked for is no error: the budget fits to it.
	conn.SetReadBuffer(wantBuffer)
	conn.SetWriteBuffer(wantBuffer)
	s := &udpSocket{conn: conn, in: make([]byte, maxDatagram)}
	s.buffer = tune(conn)
	return s, nil
}

// udpSocket is the portable socket: one datagram a system call.
type udpSocket struct {
	conn   *net.UDPConn
	buffer int
	in     []byte
	got    [1]Datagram

	mu  sync.Mutex // guards out: writers may be many
	out []byte
}

func (s *udpSocket) Read() ([]Datagram, error) {
	n, addr, err := s.conn.ReadFromUDPAddrPort(s.in)
	if err != nil {
		return nil, err
	}
	s.got[0] = Datagram{Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), Head: s.in[:n]}
	return s.got[:], nil
}

func (s *udpSocket) Write(ds []Datagram) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range ds {
		s.out = append(append(s.out[:0], d.Head...), d.Body...)
		if _, err := s.conn.WriteToUDPAddrPort(s.out, d.Addr); errors.Is(err, net.ErrClosed) {
			return net.ErrClosed
		}
	}
	return nil
}

func (s *udpSocket) SetReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }
func (s *udpSocket) ReadBuffer() int                   { return s.buffer }
func (s *udpSocket) Close() error                      { return s.conn.Close() }

// LocalAddr returns the bound address; the unspecified one is IPv6's.
func (s *udpSocket) LocalAddr() netip.AddrPort {
	a := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
