package segment

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"time"

	"go.uber.org/zap"
)

// How long a fetch waits for an owner.
const (
	// helloEvery is the first wait for a COOKIE; it grows by half each time.
	helloEvery = 200 * time.Millisecond

	// maxHelloSteps bounds that growth.
	maxHelloSteps = 6

	// silence is how long an owner that owes us an answer may send nothing.
	// On a path with a long round trip it may be silentProbes of its probe timeouts: the
	// second probe leaves after three, since each waits twice as long as the one before.
	silence      = time.Second
	silentProbes = 4

	// greetingTime is how long a HELLO may go without an answer: of the round trip to a
	// stranger nothing is known.
	greetingTime = 3 * time.Second

	// leastRenewal is how long a cookie is used at the least, however short its life is said
	// to be.
	leastRenewal = 5 * time.Second

	// receiptEvery is the first wait for a TAKEN; it doubles each time.
	receiptEvery = 200 * time.Millisecond

	// leastBusy is how long an owner that is busy is left alone at the least.
	leastBusy = 5 * time.Millisecond

	// maxProbes is how many blocks a probe asks for again.
	maxProbes = 2
)

// An extent is what a session owes: n bytes from off on.
type extent struct {
	off int64
	n   int
}

// thanks is a receipt that is not yet taken.
type thanks struct {
	number uint32
	body   []byte
	due    time.Time
	wait   time.Duration
}

// An owner is a fetch's session with one owner: its cookie, its window, what it
// was asked and what it must be asked again. Only the fetch's goroutine uses it.
type owner struct {
	id    int
	addr  netip.AddrPort
	nonce uint64
	mtu   mtuSearch
	neighbour
	plainUntil time.Time // it is asked to send each datagram alone: bursts may have been swallowed

	cookie     cookie
	maxRequest int       // most bytes that it takes in one REQUEST
	maxQueue   int       // most bytes that it queues for us; more would be BUSY
	connected  bool      // has a cookie
	renewAt    time.Time // when to ask for a new cookie

	hellos    uint32       // sent in this greeting
	helloAt   [8]time.Time // when the latest were sent, by number
	helloDue  time.Time    // zero: no greeting under way
	helloFrom time.Time    // when this greeting began

	rtt     rtt
	ledger  ledger
	meter   meter
	control control
	pacer   pacer

	again   []extent // lost, to be asked again
	againAt int      // how many of them have been
	lastEnd int64    // where the range ends that the sink gave last

	heard    time.Time // when it last sent anything
	asked    time.Time // when it was last asked
	probes   int       // probe timeouts since it was heard
	paused   time.Time // BUSY: not to be asked before
	lossDue  time.Time // when an overdue block is lost; zero: none is
	starving bool      // there was room in the window and nothing to ask for
	pacing   bool      // there is room in the window, and the pacer waits

	receipts []thanks
	receiptN uint32

	batch    batch // arrivals since the last digest
	tracedAt time.Time
	stats    OwnerStats
}

// batch gathers what arrived from an owner between two looks at its model.
type batch struct {
	blocks int
	losses int
	rtt    time.Duration
	held   time.Duration
}

// newOwner returns a session with addr, in packets of at most largest bytes.
func newOwner(id int, addr netip.AddrPort, largest int) *owner {
	o := &owner{id: id, addr: addr, nonce: rand.Uint64(), mtu: newMTUSearch(addr, largest)}
	o.control.block = o.mtu.block
	return o
}

// busy reports whether bytes are on their way from it.
func (o *owner) busy() bool { return o.ledger.inFlight > 0 }

// block is how many payload bytes a DATA of this owner has.
func (o *owner) block() int { return o.mtu.block }

// flags are those of its REQUESTs.
func (o *owner) flags(now time.Time) uint8 {
	switch {
	case now.Before(o.plainUntil):
		return flagPlain
	case isLocal(o.addr):
		return flagLocal
	default:
		return 0
	}
}

// believes reports whether m may go without a checksum of its bytes, if it does.
func (o *owner) believes(m data) bool { return m.kind == kindData || isLocal(o.addr) }

// greet sends a HELLO and sets the time of the next.
func (o *owner) greet(now time.Time, hash InfoHash) []byte {
	if o.helloDue.IsZero() {
		o.hellos, o.helloFrom = 0, now
	}
	wait := helloEvery
	for range min(o.hellos, maxHelloSteps) {
		wait += wait / 2
	}
	o.hellos++
	o.helloAt[o.hellos%uint32(len(o.helloAt))], o.helloDue = now, now.Add(wait)
	return appendHello(nil, hello{o.nonce, hash, o.hellos})
}

// granted takes a cookie. It returns true if the owner is new.
func (o *owner) granted(now time.Time, m grant) bool {
	o.heard, o.probes = now, 0
	o.cookie, o.maxRequest = m.cookie, int(min(m.maxRequest, maxRequestBytes))
	o.maxQueue = int(min(cmp.Or(m.maxQueue, maxQueueBytes), 1<<30))
	o.renewAt = now.Add(max(time.Duration(m.lifetime)*time.Second/2, leastRenewal))
	if age := o.hellos - m.number; age < min(o.hellos, uint32(len(o.helloAt))) && !o.helloDue.IsZero() {
		d := max(now.Sub(o.helloAt[m.number%uint32(len(o.helloAt))]), time.Microsecond)
		if !o.connected {
			o.rtt.sample(d)
			o.control.observe(arrivals{now: now, rtt: d})
		}
	}
	o.helloDue = time.Time{}
	was := o.connected
	o.connected = true
	return !was
}

// arrived takes in a DATA segment. It reports whether the block is one that was
// asked for and had not come: bytes for the sink, and where they belong.
func (o *owner) arrived(now time.Time, m data) (off int64, news bool) {
	number, f := o.ledger.find(m.number)
	if f == nil || f.n != len(m.payload) {
		return 0, false
	}
	o.heard, o.probes = now, 0
	b := f.burst
	was := o.ledger.arrive(now, number, &o.rtt, o.control.minRTT)
	if was != flying && was != lost {
		return 0, false
	}
	if o.mtu.asked && number == o.mtu.number {
		o.mtu.passed(f.n, now)
		o.control.block = o.block()
	}
	total := max(now.Sub(b.at), time.Microsecond)
	o.rtt.sample(total)
	held := time.Duration(m.held) * heldUnit
	path := max(total-held, time.Microsecond)
	if o.batch.rtt == 0 || path < o.batch.rtt {
		o.batch.rtt, o.batch.held = path, held
	}
	o.batch.blocks++
	o.meter.arrived(now, f.n, b)
	o.stats.Bytes += int64(f.n)
	return f.off, true
}

// digest looks for losses and moves the model, after a batch of arrivals or when
// a loss is due. It reports whether there was anything to look at.
func (o *owner) digest(now time.Time, log *zap.Logger) bool {
	if o.batch.blocks == 0 && (o.lossDue.IsZero() || now.Before(o.lossDue)) {
		return false
	}
	before := o.stats.Lost
	o.batch.losses, o.lossDue = o.ledger.losses(now, &o.rtt, func(off int64, n int) {
		o.stats.Lost++
		o.askAgain(off, n)
	})
	if o.mtu.asked && o.ledger.gone(o.mtu.number) {
		o.mtu.failed(now)
		o.batch.losses = max(o.batch.losses-1, 0) // it was too large, not one too many
	}
	if o.stats.Lost > before {
		if ce := log.Check(zap.DebugLevel, "lost"); ce != nil {
			ce.Write(zap.Int64("blocks", o.stats.Lost-before), peerField(o.addr))
		}
	}
	a := arrivals{
		now:       now,
		blocks:    o.batch.blocks,
		losses:    o.batch.losses,
		rtt:       o.batch.rtt,
		held:      o.batch.held,
		delivered: o.meter.delivered,
		inFlight:  o.ledger.inFlight,
	}
	a.sample, a.sampled = o.meter.sample(o.control.minRTT)
	o.control.update(a)
	o.batch = batch{}
	return true
}

// askAgain queues a range to be asked again, joined to the last one if it goes on there.
func (o *owner) askAgain(off int64, n int) {
	if last := len(o.again) - 1; last >= o.againAt {
		if e := &o.again[last]; e.off+int64(e.n) == off && e.n+n <= maxRequestBytes {
			e.n += n
			return
		}
	}
	if o.againAt > len(o.again)/2 {
		o.again, o.againAt = append(o.again[:0], o.again[o.againAt:]...), 0
	}
	o.again = append(o.again, extent{off, n})
}

// owesAgain reports whether there is something to ask again.
func (o *owner) owesAgain() bool { return o.againAt < len(o.again) }

// takeAgain returns the next range to ask again, at most n bytes of it.
func (o *owner) takeAgain(n int) (extent, bool) {
	if !o.owesAgain() {
		o.again, o.againAt = o.again[:0], 0
		return extent{}, false
	}
	e := &o.again[o.againAt]
	part := extent{e.off, min(e.n, n)}
	e.off += int64(part.n)
	e.n -= part.n
	if e.n == 0 {
		o.againAt++
	}
	return part, true
}

// refusedBusy puts back what the owner had no room for, and leaves it alone for
// the time that it asked for.
func (o *owner) refusedBusy(now time.Time, m busy) {
	o.heard, o.probes = now, 0
	for k := range min(m.count, maxRequestBytes/minBlock) {
		if number, f := o.ledger.find(m.number + k); f != nil && o.ledger.refuse(number) {
			o.askAgain(f.off, f.n)
			if o.mtu.asked && number == o.mtu.number {
				o.mtu.refused()
			}
		}
	}
	o.ledger.settle(now, &o.rtt)
	o.paused = now.Add(max(time.Duration(m.wait)*time.Millisecond, leastBusy))
}

// newBurst begins a REQUEST that leaves now, and is answered into a receive buffer.
func (o *owner) newBurst(now time.Time, buffer int) *burst {
	return &burst{at: now, buffer: buffer, snap: o.meter.sent(now, o.ledger.inFlight)}
}

// snapshot returns the owner's figures.
func (o *owner) snapshot() OwnerStats {
	s := o.stats
	s.Connected = o.connected
	s.Mode = o.control.doing()
	s.Rate = o.control.rates.max()
	s.RTT = o.rtt.smooth
	s.Window = o.control.window()
	s.InFlight = o.ledger.inFlight
	s.Datagram = o.block() + dataOverhead
	return s
}

// receiptTaken strikes off the receipt that the owner has.
func (o *owner) receiptTaken(now time.Time, m taken) {
	o.heard = now
	for i, r := range o.receipts {
		if r.number == m.number {
			o.receipts = append(o.receipts[:i], o.receipts[i+1:]...)
			return
		}
	}
}

// oldest returns the first n blocks in flight that sink still wants. The others
// before them, which came from somewhere else meanwhile, are waited for no longer.
func (o *owner) oldest(n int, sink Sink) (blocks []extent) {
	for number := o.ledger.firstFlying; number < o.ledger.next && len(blocks) < n; number++ {
		f := o.ledger.at(number)
		switch {
		case f.state != flying:
		case sink.Wanted(o.id, f.off, f.n):
			blocks = append(blocks, extent{f.off, f.n})
		default:
			o.ledger.refuse(number)
		}
	}
	return blocks
}
