package swarmtest

import (
	"errors"
	"net/netip"
	"os"
	"time"

	"udptorrent/segment"
)

// A spinning loop asks its socket this often within a moment, and always in vain. A loop
// that is busy has timers of a millisecond.
const (
	moment   = 100 * time.Millisecond
	inMoment = 2000
)

// listen opens a socket of the node, behind its line.
func (p *peer) listen(addr netip.AddrPort) (segment.Socket, error) {
	socket, err := p.w.net.Bind(addr)
	if err != nil {
		return nil, err
	}
	p.w.weather.bound(socket.LocalAddr(), p.index)
	if p.role.link.Impaired() {
		socket = segment.Impair(socket, p.role.link)
	}
	if p.role.wire != nil {
		socket = p.w.wires.Behind(socket)
	}
	return &watched{Socket: socket, p: p}, nil
}

// watched is a socket that sees whether its reader spins.
type watched struct {
	segment.Socket
	p *peer

	// Of the goroutine that reads.
	since time.Time
	vain  int // reads since then
	told  bool
}

func (s *watched) Read() ([]segment.Datagram, error) {
	got, err := s.Socket.Read()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.count(time.Now())
	}
	return got, err
}

func (s *watched) count(now time.Time) {
	if now.Sub(s.since) > moment {
		s.since, s.vain = now, 0
	}
	if s.vain++; s.vain > inMoment && !s.told {
		s.told = true
		s.p.w.t.Errorf("%v: %v waits for nothing, again and again, on %v", s.p.w.now(), s.p, s.LocalAddr())
	}
}
