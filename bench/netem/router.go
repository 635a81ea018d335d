package netem

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// A packet is one IP packet on its way; duplicates share it.
type packet struct {
	bytes  []byte
	copies int // events that hold it
}

// An event is a packet at the end of a line.
type event struct {
	at   time.Time
	turn uint64 // earlier entered first, at the same time
	pkt  *packet
	host int // whose line
	up   bool
}

func (e *event) before(o *event) bool {
	if e.at.Equal(o.at) {
		return e.turn < o.turn
	}
	return e.at.Before(o.at)
}

// hostLines are the lines of one host.
type hostLines struct{ up, down *Line }

// A router moves packets from uplinks to downlinks, in the order of time. It is pure:
// who drives it says what time it is. It belongs to one goroutine.
type router struct {
	network netip.Prefix
	hosts   []hostLines
	heap    []event // a binary heap, earliest first
	turns   uint64
	spare   []*packet

	strays int64 // packets to nobody
}

// get returns a packet to fill, of size bytes.
func (r *router) get(size int) *packet {
	if n := len(r.spare); n > 0 {
		p := r.spare[n-1]
		r.spare = r.spare[:n-1]
		p.bytes, p.copies = p.bytes[:cap(p.bytes)], 0
		return p
	}
	return &packet{bytes: make([]byte, size)}
}

func (r *router) put(p *packet) { r.spare = append(r.spare, p) }

// enter takes a packet that host sends at now.
func (r *router) enter(host int, p *packet, now time.Time) {
	if _, ok := r.destination(p.bytes); !ok {
		r.strays++
		r.put(p)
		return
	}
	r.pass(r.hosts[host].up, host, true, p, now)
	if p.copies == 0 {
		r.put(p)
	}
}

// pass puts a packet on a line.
func (r *router) pass(l *Line, host int, up bool, p *packet, now time.Time) {
	for _, at := range l.Pass(len(p.bytes), now) {
		p.copies++
		r.turns++
		r.push(event{at, r.turns, p, host, up})
	}
}

// destination returns the host that an IPv4 packet goes to.
func (r *router) destination(b []byte) (host int, ok bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return 0, false
	}
	addr := netip.AddrFrom4([4]byte(b[16:20]))
	host = int(binary.BigEndian.Uint16(b[18:])) - int(low(r.network)) - 1
	return host, r.network.Contains(addr) && host >= 0 && host < len(r.hosts)
}

// low returns the last two bytes of a network's address.
func low(p netip.Prefix) uint16 {
	b := p.Addr().As4()
	return binary.BigEndian.Uint16(b[2:])
}

// advance moves on all that is due by now. Packets that reach their host are handed
// to deliver, with the time at which they should; they are its for the call only.
func (r *router) advance(now time.Time, deliver func(host int, b []byte, at time.Time)) (moved int) {
	for len(r.heap) > 0 && !r.heap[0].at.After(now) {
		e := r.pop()
		e.pkt.copies--
		if e.up {
			host, _ := r.destination(e.pkt.bytes)
			r.pass(r.hosts[host].down, host, false, e.pkt, e.at)
		} else {
			deliver(e.host, e.pkt.bytes, e.at)
		}
		if e.pkt.copies == 0 {
			r.put(e.pkt)
		}
		moved++
	}
	return moved
}

// next returns when something is due; false if nothing is on its way.
func (r *router) next() (time.Time, bool) {
	if len(r.heap) == 0 {
		return time.Time{}, false
	}
	return r.heap[0].at, true
}

func (r *router) push(e event) {
	r.heap = append(r.heap, e)
	i := len(r.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !r.heap[i].before(&r.heap[parent]) {
			return
		}
		r.heap[i], r.heap[parent] = r.heap[parent], r.heap[i]
		i = parent
	}
}

func (r *router) pop() event {
	top := r.heap[0]
	last := len(r.heap) - 1
	r.heap[0], r.heap[last] = r.heap[last], event{}
	r.heap = r.heap[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if r.heap[child].before(&r.heap[least]) {
				least = child
			}
		}
		if least == i {
			return top
		}
		r.heap[i], r.heap[least] = r.heap[least], r.heap[i]
		i = least
	}
}
