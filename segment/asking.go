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
	budget := f.budget(now)
	room := budget
	for _, o := range f.owners {
		room -= o.ledger.inFlight
	}
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
	if o.ledger.inFlight == 0 {
		room = max(room, o.block()) // or one owner could starve the others
	}
	// What the owner has no room for would only come back as BUSY.
	window := min(o.control.window(), max(o.maxQueue/2, o.block()))
	quantum := min(o.control.quantum(), max(budget/8, 2*o.block()), max(o.maxRequest, o.block()))
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
	b := o.newBurst(now)
	n := f.gather(now, o, b, most)
	if n == 0 {
		o.starving = o.left() > 0
		o.meter.starved(o.ledger.inFlight)
		f.pass(now, o)
		return 0
	}
	o.pacer.sent(now, n, o.control.rate(), o.control.lateness())
	f.send(now, o, o.block(), n)
	return n
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
	off, n := f.next(now, o, block)
	if n == 0 {
		return 0
	}
	f.spans = f.spans[:0]
	if n < block { // the end of a range: too short to tell anything
		o.mtu.short(now)
		f.addSpan(o, o.newBurst(now), extent{off, n}, o.block())
		f.send(now, o, o.block(), n)
	} else {
		o.mtu.sent(o.ledger.next)
		f.addSpan(o, o.newBurst(now), extent{off, n}, block)
		f.send(now, o, block, n)
	}
	o.pacer.sent(now, n, o.control.rate(), o.control.lateness())
	return n
}

// gather fills f.spans with up to most bytes to ask of o: first what was lost,
// then what the sink wants next.
func (f *Fetch) gather(now time.Time, o *owner, b *burst, most int) int {
	f.spans = f.spans[:0]
	n := 0
	for n < most && len(f.spans) < maxRanges {
		e, ok := o.takeAgain(most - n)
		if !ok {
			break
		}
		if f.sink.Wanted(o.id, e.off, e.n) {
			f.addSpan(o, b, e, o.block())
			o.stats.Repeated += int64(blocksOf(e.n, o.block()))
			n += e.n
		}
	}
	for most-n >= o.block() && len(f.spans) < maxRanges {
		off, got := f.next(now, o, most-n)
		if got == 0 {
			break
		}
		f.addSpan(o, b, extent{off, got}, o.block())
		n += got
	}
	return n
}

// next takes from the sink what to ask of o, at most n bytes, and no more than its credit.
// Who has not the credit for a piece begins none: it is to come whole.
func (f *Fetch) next(now time.Time, o *owner, n int) (off int64, got int) {
	left := o.left()
	switch n = min(n, left); {
	case n == 0:
	case f.swarm != nil && left < f.self.PieceLength:
		off, got = f.swarm.Continue(o.id, n, now)
	default:
		off, got = f.sink.Next(o.id, n, now)
	}
	o.drawn += uint64(got)
	return off, got
}

func blocksOf(n, block int) int { return (n + block - 1) / block }

// addSpan notes the blocks of e as asked for in b.
func (f *Fetch) addSpan(o *owner, b *burst, e extent, block int) {
	first := o.ledger.next
	for at := 0; at < e.n; at += block {
		o.ledger.send(b, e.off+int64(at), min(block, e.n-at))
	}
	o.stats.Asked += int64(blocksOf(e.n, block))
	f.spans = append(f.spans, span{e.off, e.n, uint32(first)})
}

// send queues a REQUEST for f.spans, n bytes in blocks of block.
func (f *Fetch) send(now time.Time, o *owner, block, n int) {
	o.asked = now
	f.push(o, appendRequest(nil, request{
		nonce:  o.nonce,
		block:  block,
		cookie: o.cookie,
		hash:   f.hash,
		flags:  o.flags(now),
		asked:  o.drawn,
		ranges: f.spans,
	}))
	if ce := f.log.Check(zap.DebugLevel, "request"); ce != nil {
		ce.Write(peerField(o.addr), zap.Int64("from", f.spans[0].off), zap.Int("bytes", n),
			zap.Int("ranges", len(f.spans)), zap.Int("in_flight", o.ledger.inFlight))
	}
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
	oldest := o.oldest(maxProbes, f.sink)
	o.asked = now
	if len(oldest) == 0 {
		return
	}
	f.spans = f.spans[:0]
	b, n := o.newBurst(now), 0
	for _, e := range oldest {
		f.addSpan(o, b, e, o.block())
		n += e.n
	}
	o.stats.Repeated += int64(len(oldest))
	f.send(now, o, o.block(), n)
}
