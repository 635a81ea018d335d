package segment

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// wantBuffer is the size of the socket buffers that are asked for, in bytes. It
// is what arrives at 1 GB/s while the reader is away for a scheduler's turn.
const wantBuffer = 4 << 20

// maxDatagram is the largest UDP payload over IPv4.
const maxDatagram = 65507

// UDPConfig says how to open a UDP socket. The zero value is the best that the
// system has, on a free port.
type UDPConfig struct {
	// Addr is where to bind. The zero AddrPort is a free port on every
	// address, IPv4 and IPv6.
	Addr netip.AddrPort

	// Portable uses one system call for each datagram, as every system can.
	Portable bool

	// Spread has several sockets used as one, on free ports, if the system gives smaller
	// buffers than asked for. A Fetch can use them, since it is the first to speak.
	Spread bool

	// oneOfMany is a socket of a spread.
	oneOfMany bool

	// Buffer is the size of the socket buffers to ask for, in bytes; 0 asks
	// for 4 MiB, and a negative one leaves them as the system made them.
	Buffer int
}

// OpenUDP binds a UDP socket at addr with all else at its default.
func OpenUDP(addr netip.AddrPort) (Socket, error) { return UDPConfig{Addr: addr}.Open() }

// Open binds the socket. Smaller buffers than asked for are no error: ReadBuffer
// tells what was given.
func (c UDPConfig) Open() (Socket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(c.Addr))
	if err != nil {
		return nil, fmt.Errorf("open UDP socket: %w", err)
	}
	if c.Buffer == 0 {
		c.Buffer = wantBuffer
	}
	if c.Buffer > 0 {
		conn.SetReadBuffer(c.Buffer)
		conn.SetWriteBuffer(c.Buffer)
	}
	portable := &udpSocket{conn: conn, buffer: tune(conn, c.Buffer), in: make([]byte, maxDatagram)}
	if !c.Portable {
		spread := c.spreads(portable)
		if fast := newFastSocket(portable, spread || c.oneOfMany); fast != nil && spread {
			return c.widen(fast), nil
		} else if fast != nil {
			return fast, nil
		}
	}
	return portable, nil
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
		if fragments && inParts(d) {
			continue // as a path would that is too narrow
		}
		s.out = append(append(s.out[:0], d.Head...), d.Body...)
		if _, err := s.conn.WriteToUDPAddrPort(s.out, d.Addr); errors.Is(err, net.ErrClosed) {
			return net.ErrClosed
		}
	}
	return nil
}

// inParts reports whether a datagram is surely sent in parts, if the system may. One of them
// lost is all of them lost.
func inParts(d Datagram) bool {
	return !isLocal(d.Addr) && d.Size()+headersOf(d.Addr) > linePacket
}

func (s *udpSocket) SetReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }
func (s *udpSocket) ReadBuffer() int                   { return s.buffer }
func (s *udpSocket) Close() error                      { return s.conn.Close() }

// LocalAddr returns the bound address; the unspecified one is IPv6's.
func (s *udpSocket) LocalAddr() netip.AddrPort {
	a := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
