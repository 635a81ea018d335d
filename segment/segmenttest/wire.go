package segmenttest

import (
	"net/netip"
	"sync"
	"time"

	"udptorrent/segment"
)

const (
	// perPacket is what IPv4 and UDP add to a payload, largestOnWire the largest packet.
	perPacket     = 28
	largestOnWire = 1500
)

// A Wire is the line of one host: all its sockets send and receive through it, so that
// what it asks for waits behind what it serves, and its downloads behind each other.
type Wire struct {
	Up, Down WireEnd
	Delay    time.Duration // from the host to the middle of the network
}

// A WireEnd is one direction of a wire: a queue that drains at a rate. Its fields are
// set before use.
type WireEnd struct {
	Rate  float64       // bytes per second; 0 is unlimited
	Queue time.Duration // how long a packet waits at most; what would wait longer is dropped

	mu   sync.Mutex // guards what follows
	free time.Time  // when all that waits has left
	sent int
}

// Sent is how many bytes have left, headers included, if there is a rate.
func (e *WireEnd) Sent() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent
}

// pass puts a payload of n bytes on the wire. It returns when it has left, false if it
// was dropped.
func (e *WireEnd) pass(n int) (time.Time, bool) {
	now := time.Now()
	if e.Rate == 0 {
		return now, true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.free.Before(now) {
		e.free = now
	}
	if e.free.Sub(now) > e.Queue {
		return now, false
	}
	n += perPacket
	e.sent += n
	e.free = e.free.Add(time.Duration(float64(n) / e.Rate * float64(time.Second)))
	return e.free, true
}

// Wires are those of the hosts that have one. The others are on a perfect line.
type Wires map[netip.Addr]*Wire

// Behind returns sock behind the wire of its host. All sockets of the network must be
// behind wires, for a datagram passes both ends where it is sent.
func (w Wires) Behind(sock segment.Socket) segment.Socket { return wired{sock, w} }

type wired struct {
	segment.Socket
	all Wires
}

var perfect Wire

// of returns the wire of a host.
func (w Wires) of(addr netip.AddrPort) *Wire {
	if own := w[addr.Addr()]; own != nil {
		return own
	}
	return &perfect
}

// Write sends the datagrams through its host's wire and then through the receiver's.
func (s wired) Write(ds []segment.Datagram) error {
	from := s.all.of(s.LocalAddr())
	for _, d := range ds {
		to := s.all.of(d.Addr)
		if d.Size()+perPacket > largestOnWire {
			continue
		}
		leaves, ok := from.Up.pass(d.Size())
		if !ok {
			continue
		}
		payload := append(append(make([]byte, 0, d.Size()), d.Head...), d.Body...)
		after(time.Until(leaves)+from.Delay+to.Delay, func() {
			if arrives, ok := to.Down.pass(len(payload)); ok {
				after(time.Until(arrives), func() {
					s.Socket.Write([]segment.Datagram{{Addr: d.Addr, Head: payload}})
				})
			}
		})
	}
	return nil
}

// after calls fn after d, at once if that is nothing: a timer of no length in virtual time
// crashes Go 1.26 under the race detector.
func after(d time.Duration, fn func()) {
	if d <= 0 {
		fn()
		return
	}
	time.AfterFunc(d, fn)
}
