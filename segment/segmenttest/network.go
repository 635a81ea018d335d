// Package segmenttest is a network in memory for tests: seeded, without delay or
// loss of its own, and good for virtual time (testing/synctest). Put a socket
// behind [segment.Impair] to give its host a line with a rate, a delay and losses.
package segmenttest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"udptorrent/segment"
	"udptorrent/segment/internal/mailbox"
)

// A Network connects sockets by their addresses. Any goroutine may use it.
type Network struct {
	mu      sync.Mutex
	hosts   map[netip.AddrPort]*socket
	port    uint16 // given out last
	rng     *rand.Rand
	corrupt float64
	limit   int
	cut     func(from, to netip.AddrPort) bool
	tap     func(from, to netip.AddrPort, payload []byte)
}

// New returns a network whose random events follow seed.
func New(seed uint64) *Network {
	return &Network{
		hosts: make(map[netip.AddrPort]*socket),
		port:  49151, // the last that is not for such use: RFC 6335
		rng:   rand.New(rand.NewPCG(seed, 0)),
	}
}

// Corrupt has one bit of a datagram flipped, with probability p.
func (n *Network) Corrupt(p float64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.corrupt = p
}

// Limit drops datagrams whose payload is larger than size bytes; 0 lets all pass.
func (n *Network) Limit(size int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.limit = size
}

// Cut drops what goes from one address to another for as long as cut says so;
// nil mends the network.
func (n *Network) Cut(cut func(from, to netip.AddrPort) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
}

// Tap calls fn with every datagram that is sent; fn must not keep the payload.
func (n *Network) Tap(fn func(from, to netip.AddrPort, payload []byte)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tap = fn
}

// Host returns a socket at 10.0.0.host, port 1000. Its address must be free. It
// holds any number of datagrams unread, and says that it holds 4 MiB.
func (n *Network) Host(host uint16) segment.Socket {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 10<<24|uint32(host))
	s, err := n.Bind(netip.AddrPortFrom(netip.AddrFrom4(ip), 1000))
	if err != nil {
		panic("segmenttest: " + err.Error())
	}
	return s
}

// Bind returns a socket as Host does, at any address; for port 0 it takes the next that
// no socket has had. The error is that the address is in use.
func (n *Network) Bind(addr netip.AddrPort) (segment.Socket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if addr.Port() == 0 {
		n.port++
		addr = netip.AddrPortFrom(addr.Addr(), n.port)
	}
	if n.hosts[addr] != nil {
		return nil, fmt.Errorf("%v: %w", addr, syscall.EADDRINUSE)
	}
	s := &socket{net: n, addr: addr, box: mailbox.New[segment.Datagram]()}
	n.hosts[addr] = s
	return s, nil
}

// send moves one datagram to its socket, if there is one.
func (n *Network) send(from netip.AddrPort, d segment.Datagram) {
	payload := append(append(make([]byte, 0, d.Size()), d.Head...), d.Body...)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.tap != nil {
		n.tap(from, d.Addr, payload)
	}
	to := n.hosts[d.Addr]
	if n.limit > 0 && len(payload) > n.limit {
		return
	}
	if to == nil || n.cut != nil && n.cut(from, d.Addr) {
		return
	}
	if len(payload) > 0 && n.rng.Float64() < n.corrupt {
		payload[n.rng.IntN(len(payload))] ^= 1 << n.rng.IntN(8)
	}
	to.box.Put(time.Now(), segment.Datagram{Addr: from, Head: payload})
}

// socket is one host's end of the network.
type socket struct {
	net  *Network
	addr netip.AddrPort
	box  *mailbox.Box[segment.Datagram]
}

func (s *socket) Read() ([]segment.Datagram, error) { return s.box.Take() }

func (s *socket) Write(ds []segment.Datagram) error {
	s.net.mu.Lock()
	closed := s.net.hosts[s.addr] != s
	s.net.mu.Unlock()
	if closed {
		return net.ErrClosed
	}
	for _, d := range ds {
		s.net.send(s.addr, d)
	}
	return nil
}

func (s *socket) SetReadDeadline(t time.Time) error { s.box.SetDeadline(t); return nil }
func (s *socket) LocalAddr() netip.AddrPort         { return s.addr }
func (s *socket) ReadBuffer() int                   { return 4 << 20 }

func (s *socket) Close() error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if s.net.hosts[s.addr] == s {
		delete(s.net.hosts, s.addr)
	}
	s.box.Close()
	return nil
}
