package node

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"udptorrent/node/seeding"
	"udptorrent/segment"
	"udptorrent/torrent"
)

// An asker is a node that asks for what an offer has. What it is told of a whole file is for
// node/seeding to decide, since a seed that tells everybody everything sends the same pieces
// again and again. It has something to decide when there are several askers that serve what
// they get; what others get goes no further, and they are told everything.
//
//	first asker --> told everything
//	more of them --> told of few pieces each, of other ones each; of more when those spread
//	every piece sent, or one asker has them all --> everybody is told everything
//	all have left --> as in the beginning
//
// When a download has become a whole file while others were asking, all that it has is with
// others already, and so it holds back nothing either.
type asker struct {
	party
	has   int   // how many pieces, as it says
	took  int64 // bytes that it was sent
	marks [2]mark

	told []uint32 // pieces of a whole file, by seeding
	all  bool     // it was told everything
	sent sentPieces
	met  time.Time // when the download was last asked to meet it

	speed speedometer
}

// A party is who an asker says it is: what serves goes by its address.
type party struct {
	addr netip.AddrPort // its IP, and where it serves the same torrent; port 0: nowhere
	node int
}

// serves reports whether others can have of it what it gets.
func (p party) serves() bool { return p.addr.Port() != 0 }

// meetAgain is how often a download is asked to meet one who asks; it may have had no room.
const meetAgain = 5 * time.Second

// Meet implements segment.Offer.
func (o *offer) Meet(number int, i segment.Interest, now time.Time) {
	var meet func()
	o.change(func() (more bool) {
		a := o.askers[number]
		if a == nil {
			a = o.welcome(number, party{i.Addr, int(i.Node)}, now)
		}
		a.has = max(0, min(i.Has, o.pieces))
		more = o.learn(number, a, i.News)
		more = o.tell(now) || more
		o.note(number, a, now)
		if met := o.meet; met != nil && a.serves() && (a.met.IsZero() || now.Sub(a.met) >= meetAgain) {
			a.met = now
			meet = func() { met(a.node, a.addr) }
		}
		return more
	})
	if meet != nil {
		meet() // without the lock
	}
}

// welcome makes an asker known. One who comes again before it was missed takes its own
// place; if it then still speaks under its old number, there are two who look alike, as behind
// one NAT. o.mu is held.
func (o *offer) welcome(number int, who party, now time.Time) *asker {
	for old, a := range o.askers {
		same := a.account() == who.account() || a.node == who.node && a.addr.Addr() == who.addr.Addr()
		if same && old < number {
			o.dismiss(old)
		}
	}
	a := &asker{party: who}
	a.speed.start(0, now)
	if who.serves() && o.whole && len(o.serving()) == 0 {
		o.seeding, o.open = seeding.New(seeding.Config{Pieces: o.pieces}), false
	}
	o.askers[number] = a
	a.all = !who.serves() || o.seeding != nil && o.seeding.Join(number)
	return a
}

// serving returns the askers that serve what they get. o.mu is held.
func (o *offer) serving() (list []*asker) {
	for _, a := range o.askers {
		if a.serves() {
			list = append(list, a)
		}
	}
	return list
}

// dismiss forgets an asker. It reports whether others are told more for it. o.mu is held.
func (o *offer) dismiss(number int) (more bool) {
	a := o.askers[number]
	if a == nil {
		return false
	}
	delete(o.askers, number)
	o.ledger.Left(a.account())
	if o.seeding == nil || !a.serves() {
		return false
	}
	o.seeding.Leave(number)
	switch rest := o.serving(); len(rest) {
	case 0:
		o.seeding = nil
	case 1:
		more, rest[0].all = !rest[0].all, true
	}
	return more
}

// learn takes in what an asker has. It reports whether others are told more for it. o.mu is
// held.
func (o *offer) learn(number int, a *asker, news []uint32) (more bool) {
	if o.seeding == nil || !a.serves() {
		return false // what it has goes no further
	}
	for _, piece := range news {
		if int64(piece) < int64(o.pieces) {
			o.seeding.Seen(number, int(piece))
		}
	}
	return a.has == o.pieces && o.tellAll() // all is with another whole owner
}

// tellAll has everybody told everything. It reports whether that is news. o.mu is held.
func (o *offer) tellAll() bool {
	was := o.open
	o.open = true
	for _, a := range o.askers {
		a.told, a.sent = nil, sentPieces{}
	}
	return !was
}

// tell has askers told what they may know now. It reports whether any is told more. o.mu
// is held.
func (o *offer) tell(now time.Time) (more bool) {
	if o.seeding == nil || o.open {
		return false
	}
	if o.seeding.Open() {
		return o.tellAll()
	}
	for _, d := range o.seeding.Tell(now) {
		if a := o.askers[d.Asker]; a != nil {
			a.told = append(a.told, uint32(d.Piece))
			more = true
		}
	}
	return more
}

// Sent implements segment.Offer.
func (o *offer) Sent(number int, off int64, n int, now time.Time) {
	o.change(func() (more bool) {
		a := o.askers[number]
		if a == nil {
			return false
		}
		a.took += int64(n)
		o.charge(a, n)
		if o.seeding == nil || o.open || !a.serves() {
			return false
		}
		a.sent.add(o, off, n, func(piece int) { o.seeding.Sent(number, piece, now) })
		return o.tell(now)
	})
}

// Idle implements segment.Offer.
func (o *offer) Idle(turns float64) {
	o.change(func() (more bool) {
		o.ledger.Idle(turns)
		if o.seeding == nil || o.open {
			return false
		}
		o.seeding.Idle()
		return o.tell(time.Now())
	})
}

// Left implements segment.Offer.
func (o *offer) Left(number int) {
	o.change(func() (more bool) { return o.dismiss(number) })
}

// change does f, which reports whether askers are told more for it, with o.mu held.
func (o *offer) change(f func() (more bool)) {
	o.mu.Lock()
	more := f()
	o.mu.Unlock()
	if more {
		o.library.more()
	}
}

// askers returns who asks for h, by node id.
func (l *library) askers(h torrent.Hash, now time.Time) []Asker {
	l.mu.Lock()
	o := l.offers[h]
	l.mu.Unlock()
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []Asker
	for _, a := range o.askers {
		list = append(list, o.describe(a, now))
	}
	slices.SortFunc(list, func(a, b Asker) int { return cmp.Or(a.Node-b.Node, strings.Compare(a.Addr, b.Addr)) })
	return list
}

// describe returns what there is to say of an asker. o.mu is held.
func (o *offer) describe(a *asker, now time.Time) Asker {
	s := Asker{Node: a.node, Bytes: a.took, Rate: math.Round(a.speed.read(a.took, now)), Pieces: a.has, Told: len(a.told)}
	if a.serves() {
		s.Addr = a.addr.String()
	}
	switch {
	case o.toldToAll():
		s.Told = o.pieces
	case !o.whole:
		s.Told = len(o.log)
	case a.all:
		s.Told = o.pieces
	}
	if s.Rank = o.ledger.Rank(a.account()); math.IsInf(s.Rank, 1) {
		s.Rank, s.Waits = 0, true // JSON has no infinity
	}
	return s
}
