package swarmtest

import (
	"net/netip"
	"sync"
	"time"

	"udptorrent/segment"
)

// perPacket is what IPv4 and UDP add to a payload, largestOnWire the largest packet.
const (
	perPacket     = 28
	largestOnWire = 1500
)

// A wire is the line of one host: all its sockets send and receive through it, so that
// what it asks for waits behind what it serves.
type wire struct {
	up, down wireEnd
	delay    time.Duration // from the host to the middle of the network
}

// wires are those of the hosts that have one.
type wires map[netip.Addr]*wire

// A wireEnd is one direction of a wire: a queue that drains at a rate.
type wireEnd struct {
	rate float64 // bytes per second

	mu   sync.Mutex // guards what follows
	free time.Time  // when all that waits has left
	sent int        // bytes, headers included
}

// longestQueue is how long a packet waits for a wire at most. What would wait longer is dropped.
const longestQueue = 100 * time.Millisecond

// pass puts a payload of n bytes on the wire. It returns when it has left, false if it
// was dropped.
func (e *wireEnd) pass(n int) (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if e.free.Before(now) {
		e.free = now
	}
	if e.free.Sub(now) > longestQueue {
		return now, false
	}
	n += perPacket
	e.sent += n
	e.free = e.free.Add(time.Duration(float64(n) / e.rate * float64(time.Second)))
	return e.free, true
}

// wired is a socket behind the wire of its host.
type wired struct {
	segment.Socket
	all wires
}

// Write sends the datagrams through its host's wire and then through the receiver's.
func (s wired) Write(ds []segment.Datagram) error {
	from := s.all[s.LocalAddr().Addr()]
	for _, d := range ds {
		to := s.all[d.Addr.Addr()]
		if to == nil || d.Size()+perPacket > largestOnWire {
			continue
		}
		leaves, ok := from.up.pass(d.Size())
		if !ok {
			continue
		}
		payload := append(append(make([]byte, 0, d.Size()), d.Head...), d.Body...)
		time.AfterFunc(time.Until(leaves)+from.delay+to.delay, func() {
			if arrives, ok := to.down.pass(len(payload)); ok {
				time.AfterFunc(time.Until(arrives), func() {
					s.Socket.Write([]segment.Datagram{{Addr: d.Addr, Head: payload}})
				})
			}
		})
	}
	return nil
}
