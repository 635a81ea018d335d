package segment

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Bounds of what an owner queues. A receiver can claim any window, so the owner
// has limits of its own; past them it answers BUSY.
const (
	maxRequestBytes = 1 << 20 // of one REQUEST
	maxQueueBytes   = 4 << 20 // of one address
	maxQueueAsks    = 4096    // of one address
	maxAskers       = 4096    // addresses with a queue, of one host mostOfHost
	maxAsks         = 1 << 16 // of all addresses, but
	fewAsks         = 16      // of each there is always room for

	// turnBytes is how much one address is sent before the next has its turn.
	turnBytes = 64 << 10

	// leastCharge is what a range counts as at least, in bytes: to read and send one of a
	// single byte is work too.
	leastCharge = 1 << 10

	// askerIdle is how long an address is remembered after its last request.
	askerIdle = 30 * time.Second
)

// ask is one range of a REQUEST that waits for its answer.
type ask struct {
	span
	from    netip.AddrPort
	to      netip.AddrPort // where the blocks go: from, or another port of the same machine
	nonce   uint64
	hash    InfoHash
	session *session // nil of a Content that is no Offer
	block   int
	plain   bool
	local   bool      // the asker is on this machine, and takes LOCAL
	at      time.Time // when it arrived
}

// join adds b to a, which came at the same moment, if it goes on where a ends, as a piece
// that is asked for in many REQUESTs does. It reports whether it did.
func (a *ask) join(b *ask) bool {
	if a.n%a.block != 0 || b.off != a.off+int64(a.n) || b.number != a.number+uint32(a.n/a.block) ||
		b.nonce != a.nonce || b.to != a.to || b.session != a.session || b.hash != a.hash ||
		b.block != a.block || b.plain != a.plain || b.local != a.local || !b.at.Equal(a.at) {
		return false
	}
	a.n += b.n
	return true
}

// cut takes the first blocks off a, n bytes or a little less but at least one
// block, and returns them. a keeps the rest.
func (a *ask) cut(n int) ask {
	blocks := max(n/a.block, 1)
	part := *a
	part.n = min(blocks*a.block, a.n)
	a.off += int64(part.n)
	a.n -= part.n
	a.number += uint32((part.n + a.block - 1) / a.block)
	return part
}

// keptAsks is how many requests an address keeps room for when none waits: there are thousands
// of addresses.
const keptAsks = 64

// A household is all addresses of one host.
type household struct {
	askers  int
	waiting int // of them
}

// An asker is one address and what it waits for.
type asker struct {
	from    netip.AddrPort
	house   *household
	asks    []ask // first in, first out, from head
	head    int
	bytes   int // that wait
	deficit int // bytes that it may still be sent in this turn
	waiting bool

	last   ask // its latest request, to say goodbye to
	seen   time.Time
	served int64 // bytes
}

// A queue holds the requests of all askers and serves them by deficit round
// robin (Shreedhar and Varghese, 1995): each gets the same bytes a turn, however
// many requests it sends and however large they are. The zero value is empty.
type queue struct {
	quantum int // bytes of a turn, at most turnBytes; 0 means that
	askers  map[netip.AddrPort]*asker
	houses  map[netip.Addr]*household
	turn    []*asker // those that wait, the first one is being served
	asks    int
}

// push queues a, and reports false if that would pass a bound. first is true for
// an address that was not known.
func (q *queue) push(a ask, now time.Time) (ok, first bool) {
	k := q.askers[a.from]
	if k == nil {
		if k = q.admit(a.from); k == nil {
			return false, false
		}
		first = true
	}
	k.seen, k.last = now, a
	if k.bytes+a.n > maxQueueBytes || len(k.asks)-k.head >= maxQueueAsks {
		return false, first
	}
	if q.asks >= maxAsks && len(k.asks)-k.head >= fewAsks {
		return false, first
	}
	k.bytes += a.n
	if last := len(k.asks) - 1; last < k.head || !k.asks[last].join(&a) {
		k.asks = append(k.asks, a)
		q.asks++
	}
	if !k.waiting {
		k.waiting, k.deficit = true, cmp.Or(q.quantum, turnBytes)
		k.house.waiting++
		q.turn = append(q.turn, k)
	}
	return true, first
}

// admit returns a new asker at an address, nil if there are too many, of all or of its host.
func (q *queue) admit(from netip.AddrPort) *asker {
	if q.askers == nil {
		q.askers, q.houses = make(map[netip.AddrPort]*asker), make(map[netip.Addr]*household)
	}
	house := q.houses[from.Addr()]
	if house != nil && house.askers >= mostOfHost && !q.makeRoom(house) {
		return nil
	}
	if len(q.askers) >= maxAskers && !q.makeRoom(nil) {
		return nil
	}
	if house = q.houses[from.Addr()]; house == nil {
		house = &household{}
		q.houses[from.Addr()] = house
	}
	house.askers++
	k := &asker{from: from, house: house}
	q.askers[from] = k
	return k
}

// forget forgets an asker for which nothing waits.
func (q *queue) forget(k *asker) {
	delete(q.askers, k.from)
	if k.house.askers--; k.house.askers == 0 {
		delete(q.houses, k.from.Addr())
	}
}

// makeRoom forgets an asker for which nothing waits, of one host if house is not nil, and reports
// false if there is none.
func (q *queue) makeRoom(house *household) bool {
	if len(q.turn) == len(q.askers) || house != nil && house.waiting == house.askers {
		return false
	}
	for _, k := range q.askers {
		if !k.waiting && (house == nil || k.house == house) {
			q.forget(k)
			return true
		}
	}
	return false
}

// rest notes that nothing waits for k any more.
func (k *asker) rest() {
	k.asks, k.head, k.waiting = k.asks[:0], 0, false
	if cap(k.asks) > keptAsks {
		k.asks = nil
	}
	k.house.waiting--
}

// empty reports whether nothing waits.
func (q *queue) empty() bool { return len(q.turn) == 0 }

// pop takes the next blocks to send, all of one request and at most most or turnBytes,
// but at least one block. It must not be called when the queue is empty.
func (q *queue) pop(most int) ask {
	k := q.turn[0]
	for k.deficit < k.asks[k.head].block { // not enough for a block: to the end of the line
		k.deficit += cmp.Or(q.quantum, turnBytes)
		copy(q.turn, q.turn[1:])
		q.turn[len(q.turn)-1] = k
		k = q.turn[0]
	}
	head := &k.asks[k.head]
	part := head.cut(min(k.deficit, turnBytes, most))
	k.bytes -= part.n
	k.deficit -= max(part.n, leastCharge)
	k.served += int64(part.n)
	if head.n == 0 {
		k.head++
		q.asks--
	}
	if k.head == len(k.asks) { // nothing left: out of the round
		k.rest()
		q.turn = append(q.turn[:0], q.turn[1:]...)
	}
	if k.head > keptAsks && k.head > len(k.asks)/2 {
		k.asks, k.head = slices.Clone(k.asks[k.head:]), 0
	}
	return part
}

// drop forgets all that waits for a torrent at an address, which was refused.
func (q *queue) drop(from netip.AddrPort, h InfoHash) {
	k := q.askers[from]
	if k == nil {
		return
	}
	kept := k.asks[:0]
	for _, a := range k.asks[k.head:] {
		if a.hash == h {
			k.bytes -= a.n
			q.asks--
			if a.session != nil {
				a.session.queued -= a.n
			}
		} else {
			kept = append(kept, a)
		}
	}
	k.asks, k.head = kept, 0
	if len(kept) > 0 || !k.waiting {
		return
	}
	k.rest()
	for i, other := range q.turn {
		if other == k {
			q.turn = append(q.turn[:i], q.turn[i+1:]...)
			return
		}
	}
}

// prune forgets the askers that have been idle, and calls fn for each.
func (q *queue) prune(now time.Time, fn func(*asker)) {
	for _, k := range q.askers {
		if !k.waiting && now.Sub(k.seen) > askerIdle {
			q.forget(k)
			fn(k)
		}
	}
}
