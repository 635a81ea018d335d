package segment

import "net/netip"

// mostBuffers is how many receive buffers a socket has at the most.
const mostBuffers = 20

// A divided socket has several receive buffers.
type divided interface {
	// Buffers returns how many, 1 to mostBuffers, and how large each is, in bytes.
	Buffers() (n, size int)

	// BufferOf returns the one to which peer answers.
	BufferOf(peer netip.AddrPort) int

	// PortOf returns where a peer on this machine sends what is to get into a buffer.
	PortOf(buffer int) uint16
}

// rooms is how much more each buffer of a divided socket has room for. Without one it is empty.
type rooms struct {
	sock divided // nil: the socket has one buffer, and the budget is all there is to keep
	each int     // bytes that may be outstanding to one
	left [mostBuffers]int
}

// reckon looks at what is outstanding to each buffer, if so many bytes may be.
func (r *rooms) reckon(owners []*owner, each int) {
	if r.sock == nil {
		return
	}
	n, _ := r.sock.Buffers()
	r.each = each
	for k := range n {
		r.left[k] = r.each
	}
	for _, o := range owners {
		for k := range n {
			r.left[k] -= o.ledger.into[k]
		}
		if !isLocal(o.addr) { // some of it is on its way
			r.left[r.sock.BufferOf(o.addr)] += o.control.bdp(1)
		}
	}
}

// choose returns the buffer for what o is asked for next: an owner on this machine fills the one
// with the most room, another the one that it knows.
func (r *rooms) choose(o *owner) (buffer int) {
	if r.sock == nil {
		return 0
	}
	if !isLocal(o.addr) {
		return r.sock.BufferOf(o.addr)
	}
	n, _ := r.sock.Buffers()
	for k := range n {
		if r.left[k] > r.left[buffer] {
			buffer = k
		}
	}
	return buffer
}

// of limits how much may be asked of o, to the room in the buffer that choose returns, and how much
// of it is good to ask for at once: not all that a buffer holds, but no less than a block.
func (r *rooms) of(o *owner, room, quantum int) (int, int) {
	if r.sock == nil {
		return room, quantum
	}
	return min(room, r.left[r.choose(o)]), min(quantum, max(r.each*3/4, o.block()))
}

// fill takes n bytes of the room in a buffer, until the next reckon.
func (r *rooms) fill(buffer, n int) {
	if r.sock != nil {
		r.left[buffer] -= n
	}
}

// port returns where o is to answer for a buffer; 0: to where it was asked from.
func (r *rooms) port(o *owner, buffer int) uint16 {
	if r.sock == nil || !isLocal(o.addr) {
		return 0
	}
	return r.sock.PortOf(buffer)
}
