package segment

import (
	"time"

	"go.uber.org/zap"
)

// ask sends requests for as long as some owner has room in its window, its pacer
// lets one go, and the socket's buffer could hold the answers.
func (f *Fetch) ask(now time.Time) {
	f.resume = time.Time{}
	if !f.stopAt.IsZero() || len(f.owners) == 0 {
		return
	}
	f.down.settle(f.taken())
	budget, each := f.budget(now)
	room := budget
	for _, o := range f.owners {
		room -= o.ledger.inFlight
	}
	f.rooms.reckon(f.owners, each)
	f.first++
	owners := f.owners // the sink may disconnect some
	for progress := true; progress; {
		progress = false
		for i := range owners {
			o := owners[(f.first+i)%len(owners)]
			if n := f.askOne(now, o, room, budget); n > 0 {
				room -= n
				f.down.settle(f.taken())
				progress = true
			}
		}
	}
}

// askOne sends one REQUEST to o if it may be asked now. It returns the bytes
// asked for, 0 also if the sink has disconnected o meanwhile. room is what is left of budget.
func (f *Fetch) askOne(now time.Time, o *owner, room, budget int) int {
	o.starving, o.pacing = false, false
	if !o.met || now.Before(o.paused) || f.byID[o.id] != o {
		return 0
	}
	room, quantum := f.rooms.of(o, room, o.quantum(budget))
	if o.ledger.inFlight == 0 {
		room = max(room, o.block()) // or one owner could starve the others
	}
	// What the owner has no room for would only come back as BUSY.
	window := min(o.control.window(), max(o.maxQueue/2, o.block()))
	most := min(quantum, window-o.ledger.inFlight, room) / o.block() * o.block()
	// Wait until there is room for a good part of a quantum: many small
	// requests would cost more than their answers.
	if most < o.block() || most < min(quantum, window/4)/o.block()*o.block() {
		return 0
	}
	if !o.pacer.ready(now) {
		o.pacing = true
		return 0
	}
	if f.limited(now) {
		o.meter.starved(o.ledger.inFlight)
		return 0
	}
	most = max(min(most, f.down.most())/o.block(), 1) * o.block()
	if n := f.askLarger(now, o, room); n > 0 {
		return n
	}
	wanted := f.gather(now, o, most)
	if len(wanted) == 0 {
		o.starving = o.left() > 0
		o.meter.starved(o.ledger.inFlight)
		f.pass(now, o)
		return 0
	}
	n := f.send(now, o, o.block(), wanted...)
	o.pacer.sent(now, n, o.control.rate(), o.control.lateness())
	return n
}

// quantum is how many bytes to ask o for in one REQUEST, at most.
func (o *owner) quantum(budget int) int {
	q := o.control.quantum()
	if isLocal(o.addr) {
		q = max(q, localBlocks*o.block())
	}
	return min(q, max(budget/8, 2*o.block()), max(o.maxRequest, o.block()))
}

// limited reports whether a limit of the node holds requests back at now, and notes
// when it no longer does.
func (f *Fetch) limited(now time.Time) bool {
	switch resumes := f.up.resumes(); {
	case now.Before(resumes):
		f.resume = resumes
	case !f.down.ready(now):
		f.resume = f.down.turn
	default:
		return false
	}
	return true
}

// taken is what has come, on the wire, and what is on its way: the line from the others
// carries that for us. What is lost, or refused, is not.
func (f *Fetch) taken() int64 {
	if f.down.limit == nil {
		return 0
	}
	total := f.came
	for _, o := range f.owners {
		blocks := blocksOf(o.ledger.inFlight, o.block())
		total += int64(o.ledger.inFlight + blocks*(dataOverhead+headersOf(o.addr)))
	}
	return total
}

// askLarger asks for one block that makes a larger datagram than are known to
// pass, if it is time to try that. It returns the bytes asked for.
func (f *Fetch) askLarger(now time.Time, o *owner, room int) int {
	block := o.mtu.want(now)
	if block == 0 || block > min(room, o.maxRequest, o.left()) || o.owesAgain() {
		return 0
	}
	if o.control.mode != startup && block > o.control.window()/probeShare {
		return 0
	}
	off, n := f.next(now, o, block)
	if n == 0 {
		return 0
	}
	if n < block { // the end of a range: too short to tell anything
		o.mtu.short(now)
		block = o.block()
	} else {
		o.mtu.sent(o.ledger.next)
	}
	f.send(now, o, block, extent{off, n})
	o.pacer.sent(now, n, o.control.rate(), o.control.lateness())
	return n
}

// gather returns up to most bytes to ask of o: first what was lost, then what the sink
// wants next. They are good until the next call.
func (f *Fetch) gather(now time.Time, o *owner, most int) []extent {
	wanted := f.wanted[:0]
	for most > 0 && len(wanted) < maxRanges {
		e, ok := o.takeAgain(most)
		if !ok {
			break
		}
		if f.sink.Wanted(o.id, e.off, e.n) {
			wanted = append(wanted, e)
			o.stats.Repeated += int64(blocksOf(e.n, o.block()))
			most -= e.n
		}
	}
	for most >= o.block() && len(wanted) < maxRanges {
		off, got := f.next(now, o, most)
		if got == 0 {
			break
		}
		wanted = append(wanted, extent{off, got})
		most -= got
	}
	f.wanted = wanted
	return wanted
}

// next takes from the sink what to ask of o, at most n bytes, and no more than its credit.
// Who has not the credit for a piece begins none: it is to come whole.
func (f *Fetch) next(now time.Time, o *owner, n int) (off int64, got int) {
	left := o.left()
	switch n = o.aligned(min(n, left)); {
	case n == 0:
	case f.swarm != nil && left < f.self.PieceLength:
		off, got = f.swarm.Continue(o.id, n, now)
	default:
		off, got = f.sink.Next(o.id, n, now)
	}
	if got > 0 {
		o.drawn += uint64(got)
		o.lastEnd = off + int64(got)
	}
	return off, got
}

func blocksOf(n, block int) int { return (n + block - 1) / block }

// send queues a REQUEST for what is wanted, in blocks of block, and notes each block as on
// its way. It returns the bytes asked for.
func (f *Fetch) send(now time.Time, o *owner, block int, wanted ...extent) (n int) {
	b := o.newBurst(now, f.rooms.choose(o))
	f.spans = f.spans[:0]
	for _, e := range wanted {
		f.spans = append(f.spans, span{e.off, e.n, uint32(o.ledger.next)})
		for at := 0; at < e.n; at += block {
			o.ledger.send(b, e.off+int64(at), min(block, e.n-at))
		}
		n += e.n
	}
	f.rooms.fill(b.buffer, n)
	o.asked = now
	o.stats.Asked += int64(b.count)
	f.push(o, appendRequest(nil, request{
		nonce:  o.nonce,
		block:  block,
		cookie: o.cookie,
		hash:   f.hash,
		flags:  o.flags(now),
		port:   f.rooms.port(o, b.buffer),
		asked:  o.drawn,
		ranges: f.spans,
	}))
	if ce := f.log.Check(zap.DebugLevel, "request"); ce != nil {
		ce.Write(peerField(o.addr), zap.Int64("from", wanted[0].off), zap.Int("bytes", n),
			zap.Int("ranges", len(wanted)), zap.Int("in_flight", o.ledger.inFlight))
	}
	return n
}

// probe asks again for the oldest blocks in flight, though they may still come,
// to learn whether anything does (RFC 9002, section 6.2.4). It may exceed the window.
func (f *Fetch) probe(now time.Time, o *owner) {
	o.probes++
	if o.probes >= blackHole && now.Sub(o.heard) > blackHoleTime && now.After(o.plainUntil) {
		f.log.Debug("nothing comes: small datagrams, each alone", peerField(o.addr), zap.Int("block", o.block()))
		o.plainUntil = now.Add(searchSoon)
		o.mtu.swallowed(now)
		o.control.block = o.block()
	}
	o.asked = now
	if oldest := o.oldest(maxProbes, f.sink); len(oldest) > 0 {
		o.stats.Repeated += int64(len(oldest))
		f.send(now, o, o.block(), oldest...)
	}
}
