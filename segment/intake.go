package segment

import (
	"time"

	"go.uber.org/zap"
)

// take gives each datagram to the session that its nonce names, and then looks
// at what the arrivals tell.
func (f *Fetch) take(now time.Time, got []Datagram) {
	f.came += int64(onWire(got))
	for _, d := range got {
		h, body, err := parseHeader(d.Head)
		if err != nil {
			continue
		}
		if o := f.byNonce[h.nonce]; o != nil {
			f.dispatch(now, o, h, body, d.Body)
		}
	}
	f.placed = f.placed[:0]
	for _, o := range f.owners {
		f.digest(now, o)
	}
	f.sum.look(now, f.owners)
	part := f.sum.part(f.owners)
	for _, o := range f.owners {
		o.control.part = part
	}
}

// digest looks at what came from o, and traces what that showed.
func (f *Fetch) digest(now time.Time, o *owner) {
	was := o.control.mode
	news := o.digest(now, f.log)
	if was != dip && o.control.mode == dip {
		// One of several that share a line cannot empty its queue, all together can.
		for _, other := range f.owners {
			other.control.dipIfOlder(now, dipSoon)
		}
	}
	if news && f.show != nil && now.Sub(o.tracedAt) >= traceEvery {
		o.tracedAt = now
		f.show(o.id, Sample{now, o.snapshot(), o.control.rate(), o.control.minRTT})
	}
}

// dispatch handles one segment from o, whose payload may be in a place of its own. What is
// malformed is dropped.
func (f *Fetch) dispatch(now time.Time, o *owner, h header, body, payload []byte) {
	switch h.kind {
	case kindData, kindLocal:
		m, err := parseData(h, body, payload)
		if err != nil || !o.believes(m) {
			return
		}
		if off, news := o.arrived(now, m); news {
			f.sum.arrived(len(m.payload))
			f.sink.Arrived(o.id, off, m.payload, now)
		}
	case kindCookie:
		if m, err := parseGrant(h, body); err == nil && o.granted(now, m) {
			f.log.Debug("cookie", hashField(f.hash), peerField(o.addr), zap.Duration("rtt", o.rtt.smooth))
			f.introduce(now, o, m.flags&flagOpen != 0)
		}
	case kindBusy:
		if m, err := parseBusy(h, body); err == nil {
			o.refusedBusy(now, m)
		}
	case kindRefuse:
		if m, err := parseRefuse(h, body); err == nil {
			f.gone(o, m.reason.err(), now)
		}
	case kindHave:
		if err := parseHave(&f.have, h, body); err == nil {
			f.hear(now, o, &f.have)
		}
	case kindTaken:
		if m, err := parseTaken(h, body); err == nil {
			o.receiptTaken(now, m)
		}
	}
}

// tend does for each owner what time makes due: greetings, losses, probes,
// receipts, and the end of patience.
func (f *Fetch) tend(now time.Time) {
	for _, o := range f.owners {
		switch {
		case f.byID[o.id] != o: // left meanwhile
		case o.noAnswer(now):
			f.gone(o, ErrNoAnswer, now)
		case o.isSilent(now), f.swarm != nil && o.connected && now.After(o.deafAt()):
			f.gone(o, ErrSilent, now)
		default:
			f.tendOne(now, o)
		}
	}
}

func (f *Fetch) tendOne(now time.Time, o *owner) {
	f.digest(now, o)
	if o.helloNow(now) {
		f.push(o, o.greet(now, f.hash))
	}
	f.tellDue(now, o)
	if due := o.probeDue(); !due.IsZero() && !now.Before(due) {
		f.probe(now, o)
	}
	for i := range o.receipts {
		if r := &o.receipts[i]; o.connected && !now.Before(r.due) {
			f.push(o, appendReceipt(nil, receipt{o.nonce, o.cookie, f.hash, r.number, r.body}))
			r.due = now.Add(r.wait)
			r.wait *= 2
		}
	}
}

const (
	// Arrivals are left to gather for a twentieth of the shortest round trip, but
	// no longer than mostGather: a wake-up for each datagram would cost more
	// than what it brings. Below leastGather it is not worth a timer.
	gatherPart  = 20
	leastGather = 200 * time.Microsecond
	mostGather  = time.Millisecond
)

// A batchReader is a socket of which one Read returns up to so many datagrams.
type batchReader interface{ ReadBatch() int }

// gatherArrivals sleeps for a moment if the round trips are long enough, and the
// last Read, of got datagrams, has left nothing behind.
func (f *Fetch) gatherArrivals(got int) {
	reader, ok := f.sock.(batchReader)
	if !ok || got >= reader.ReadBatch()/2 {
		return
	}
	d, rate := mostGather, 0.0 // datagrams per second
	for _, o := range f.owners {
		if o.ledger.inFlight > 0 {
			d = min(d, o.control.minRTT/gatherPart)
			rate += o.control.bandwidth() / float64(o.block())
		}
	}
	if most := float64(reader.ReadBatch()) / 2; rate*d.Seconds() > most {
		d = time.Duration(most / rate * float64(time.Second))
	}
	if rate > 0 && d >= leastGather {
		time.Sleep(d)
	}
}

// shortestWait keeps a timer that is due from taking the place of a read: a read
// whose deadline has passed returns nothing, whatever there is to read.
const shortestWait = 20 * time.Microsecond

// nextTimer returns when the loop has to look again if nothing arrives; zero is never.
func (f *Fetch) nextTimer(now time.Time) (next time.Time) {
	soonest := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	soonest(f.stopAt)
	soonest(f.resume)
	for _, o := range f.owners {
		soonest(o.nextTimer())
		if f.stopAt.IsZero() {
			soonest(o.nextAsk(now))
		}
	}
	if earliest := now.Add(shortestWait); !next.IsZero() && next.Before(earliest) {
		return earliest
	}
	return next
}
