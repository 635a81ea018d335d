package segment

import (
	"math"
	"time"
)

// This is the part of a Fetch that tells owners what we want and have, and hears what
// they have. A Fetch whose Sink is no SwarmSink does neither: it asks.

// Gained says that pieces are here now, so that owners which want to know are told.
func (f *Fetch) Gained(pieces ...int) {
	for _, i := range pieces {
		f.gained = append(f.gained, uint32(i))
	}
	for _, o := range f.owners {
		if o.news && o.met {
			o.soon(o.sentAt.Add(newsWait(o.control.minRTT)))
		}
	}
}

// introduce follows a COOKIE that began a session.
func (f *Fetch) introduce(now time.Time, o *owner, open bool) {
	if f.swarm == nil {
		o.credit = unlimited
		f.meet(now, o)
		return
	}
	o.introduce(now, open)
	if open {
		f.meet(now, o)
	}
}

// meet has o asked from now on.
func (f *Fetch) meet(now time.Time, o *owner) {
	o.met = true
	f.sink.Connected(o.id, now)
}

// tell sends o an INTEREST.
func (f *Fetch) tell(now time.Time, o *owner, flags uint16) {
	o.wants = f.swarm.Interested(o.id, now)
	if o.wants {
		flags |= flagWants
	}
	m := interest{
		nonce: o.nonce, flags: flags, cookie: o.cookie, hash: f.hash,
		node: f.self.Node, port: f.self.Port, has: uint32(len(f.gained)),
		minRTT: o.control.minRTT, asked: o.drawn,
		list: o.list, at: o.at, page: o.page, newsAt: o.toldNews,
		rate: uint32(min(o.control.train.rates.max(), math.MaxUint32)),
	}
	if known := int64(o.toldNews); o.news && known < int64(len(f.gained)) {
		m.news = f.gained[known:min(known+maxNews, int64(len(f.gained)))]
	}
	o.number++
	m.number = o.number
	f.push(o, appendInterest(nil, m))
	o.sent(now, o.control.minRTT)
}

// hear takes in a HAVE.
func (f *Fetch) hear(now time.Time, o *owner, m *have) {
	if f.swarm == nil || !o.connected {
		return
	}
	// It is no sign of what was asked for: o.heard stays as it is.
	before := o.left()
	if o.heardHave(now, m); before == 0 && o.left() > 0 {
		o.control.resume(now)
		o.paused = time.Time{} // it was BUSY for lack of a turn
		o.pacer = pacer{}
	}
	if o.credit == unlimited {
		o.control.unbind(now)
	}
	more := f.learn(now, o, m)
	switch {
	case more:
		o.due = now
	case o.news && int(m.seen) < len(f.gained) && m.number == o.number:
		o.soon(o.sentAt.Add(newsWait(o.control.minRTT)))
	case o.met && !o.wants && o.left() < f.self.PieceLength && f.swarm.Interested(o.id, now):
		o.due = now // to be given a turn
	}
}

// mostRetreats is how often an owner that has told of everything may take that back. It is work
// for the sink, and honest ones do it once, when a crowd comes.
const mostRetreats = 2

// learn takes in which pieces o has, and reports whether it has more to say.
func (f *Fetch) learn(now time.Time, o *owner, m *have) (more bool) {
	if m.flags&flagAll != 0 {
		if !o.all {
			o.all = true
			f.swarm.Has(o.id, nil, now)
		}
		if !o.met {
			f.meet(now, o)
		}
		return false
	}
	if o.all {
		old := m.serial != o.serial // a later one came before it
		if old || o.retreats == mostRetreats {
			return false
		}
		o.retreats++
	}
	another := o.list != m.list
	if another {
		if o.list != 0 && now.Sub(o.listedAt) < relistEvery {
			return false // or the sink could be kept busy
		}
		o.listedAt = now
	}
	anew := o.all || another
	o.all = false
	f.fresh = f.fresh[:0]
	more = o.pieces(m, func(piece int) {
		if piece < f.self.Pieces {
			f.fresh = append(f.fresh, piece)
		}
	})
	if anew {
		f.swarm.Has(o.id, func(int) bool { return false }, now)
	}
	if len(f.fresh) > 0 {
		f.swarm.Gained(o.id, f.fresh, now)
	}
	if !o.met && !more {
		f.meet(now, o)
	}
	return more
}

// tellDue sends the INTERESTs whose time has come.
func (f *Fetch) tellDue(now time.Time, o *owner) {
	if f.swarm == nil || !o.connected || now.Before(o.due) || !f.stopAt.IsZero() {
		return
	}
	f.tell(now, o, 0)
}

// pass gives back the turn of o, of which nothing more can be asked now.
func (f *Fetch) pass(now time.Time, o *owner) {
	if f.swarm == nil || o.credit == unlimited || o.left() == 0 {
		return
	}
	o.credit = o.drawn
	f.tell(now, o, flagPasses)
}
