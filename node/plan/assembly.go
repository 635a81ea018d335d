package plan

import (
	"slices"
	"time"
)

// tick is how far apart two requests may be and still count as one. It bounds the
// spans of a piece by time instead of by blocks.
const tick = 250 * time.Microsecond

// An assembly is a piece that is being put together: its bytes, cut into spans that
// lie end to end, each in one state.
//
//	piece.off                                             end
//	|    got from A    | asked of A | asked of A, B | unasked |
//
// Whatever has the same state and touches is one span, so there are few.
type assembly struct {
	piece    int
	off, end int64 // in the file
	spans    []span

	unasked int64 // bytes neither here nor asked of anyone
	missing int64 // bytes not here; none are missing from a full piece
	home    *owner
	touched time.Duration // when it last changed hands or a byte of it came

	open bool // listed in Plan.open: some bytes are unasked
	sole bool // only home may be asked for it; see quarantine.go
}

// A span is a stretch of bytes in one state. It begins where the one before it ends.
type span struct {
	end int64
	got *owner // who delivered it; nil while it is missing
	ask [2]ask // of whom a missing one is asked, the older request first
}

// An ask is one request. Without an owner it is none.
type ask struct {
	of *owner
	at time.Duration
}

func (s *span) unasked() bool { return s.got == nil && s.ask[0].of == nil }

// asked returns when the span was asked of o, and whether it is.
func (s *span) asked(o *owner) (time.Duration, bool) {
	for _, a := range s.ask {
		if a.of == o {
			return a.at, true
		}
	}
	return 0, false
}

// alike reports whether s and t may become one span.
func alike(s, t *span) bool {
	if s.got != t.got {
		return false
	}
	for i := range s.ask {
		if s.ask[i].of != t.ask[i].of || (s.ask[i].at-t.ask[i].at).Abs() >= tick {
			return false
		}
	}
	return true
}

// reset makes a the empty assembly of a piece.
func (a *assembly) reset(piece int, off, end int64, home *owner, t time.Duration) {
	*a = assembly{
		piece: piece, off: off, end: end, home: home, touched: t,
		spans:   append(a.spans[:0], span{end: end}),
		unasked: end - off, missing: end - off,
	}
}

func (a *assembly) full() bool { return a.missing == 0 }

// start returns where span i begins.
func (a *assembly) start(i int) int64 {
	if i == 0 {
		return a.off
	}
	return a.spans[i-1].end
}

// find returns the index of the span that holds the byte at off.
func (a *assembly) find(off int64) int {
	lo, hi := 0, len(a.spans)
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); a.spans[mid].end <= off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// cut makes a span begin at off and returns its index, len(spans) for the end.
func (a *assembly) cut(off int64) int {
	i := a.find(off)
	if a.start(i) < off && i < len(a.spans) {
		left := a.spans[i]
		left.end = off
		a.spans = slices.Insert(a.spans, i, left)
		i++
	}
	return i
}

// join makes one span of neighbours that are alike, among the spans i to j.
func (a *assembly) join(i, j int) {
	i, j = max(i, 0), min(j, len(a.spans)-1)
	k := i
	for next := i + 1; next <= j; next++ {
		s, t := &a.spans[k], &a.spans[next]
		if !alike(s, t) {
			k++
			a.spans[k] = *t
			continue
		}
		s.end = t.end
		for n := range s.ask {
			s.ask[n].at = min(s.ask[n].at, t.ask[n].at)
		}
	}
	if k < j {
		a.spans = slices.Delete(a.spans, k+1, j+1)
	}
}

// unaskedFront returns the first run of unasked bytes; it is empty if there is none.
func (a *assembly) unaskedFront() (from, to int64) {
	for i := range a.spans {
		if a.spans[i].unasked() {
			return a.start(i), a.spans[i].end
		}
	}
	return 0, 0
}

// unaskedBack returns the last run of unasked bytes; it is empty if there is none.
func (a *assembly) unaskedBack() (from, to int64) {
	for i := len(a.spans) - 1; i >= 0; i-- {
		if a.spans[i].unasked() {
			return a.start(i), a.spans[i].end
		}
	}
	return 0, 0
}

// ask records that the missing bytes of [from, to) are asked of o, who must not have
// been asked for them. Where two were asked already, o takes the place of the older.
func (a *assembly) ask(o *owner, from, to int64, t time.Duration) {
	i, j := a.cut(from), a.cut(to)
	for k := i; k < j; k++ {
		s := &a.spans[k]
		n := s.end - a.start(k)
		switch {
		case s.ask[0].of == nil:
			s.ask[0] = ask{o, t}
			a.unasked -= n
		case s.ask[1].of == nil:
			s.ask[1] = ask{o, t}
		default:
			s.ask[0].of.owe(-n, t)
			s.ask = [2]ask{s.ask[1], {o, t}}
		}
		o.owe(n, t)
	}
	a.join(i-1, j)
}

// take records that the bytes [from, to) came from o. The runs of them that were
// missing are appended to fresh.
func (a *assembly) take(o *owner, from, to int64, t time.Duration, fresh []Fresh) []Fresh {
	if k := a.find(from); a.spans[k].end >= to && a.spans[k].got != nil {
		return fresh
	}
	a.touched = t
	i, j := a.cut(from), a.cut(to)
	for k := i; k < j; k++ {
		s := &a.spans[k]
		if s.got != nil {
			continue
		}
		if at, ok := s.asked(o); ok {
			o.meter.waited(t - at)
		}
		n := s.end - a.start(k)
		a.forgetAsks(s, n, t)
		s.got = o
		a.unasked -= n
		a.missing -= n
		fresh = appendFresh(fresh, a.piece, a.start(k), n)
	}
	a.join(i-1, j)
	return fresh
}

// appendFresh adds a run, to the last one if they touch.
func appendFresh(fresh []Fresh, piece int, off, n int64) []Fresh {
	if k := len(fresh) - 1; k >= 0 && fresh[k].Piece == piece && fresh[k].Off+int64(fresh[k].N) == off {
		fresh[k].N += int(n)
		return fresh
	}
	return append(fresh, Fresh{Piece: piece, Off: off, N: int(n)})
}

// forgetAsks makes the missing span s, n bytes long, unasked.
func (a *assembly) forgetAsks(s *span, n int64, t time.Duration) {
	if s.ask[0].of == nil {
		return
	}
	for _, q := range s.ask {
		if q.of != nil {
			q.of.owe(-n, t)
		}
	}
	s.ask = [2]ask{}
	a.unasked += n
}

// drop forgets what was asked of o, and what it delivered too if bytes is set.
func (a *assembly) drop(o *owner, bytes bool, t time.Duration) {
	for k := range a.spans {
		s := &a.spans[k]
		n := s.end - a.start(k)
		switch {
		case s.got == o && bytes:
			s.got = nil
			a.unasked += n
			a.missing += n
		case s.ask[0].of == o && s.ask[1].of == nil:
			a.forgetAsks(s, n, t)
		case s.ask[0].of == o:
			s.ask = [2]ask{s.ask[1]}
			o.owe(-n, t)
		case s.ask[1].of == o:
			s.ask[1] = ask{}
			o.owe(-n, t)
		}
	}
	a.join(0, len(a.spans))
}

// restart forgets all bytes and requests and gives the piece to o.
func (a *assembly) restart(o *owner, t time.Duration) {
	for k := range a.spans {
		if s := &a.spans[k]; s.got == nil {
			a.forgetAsks(s, s.end-a.start(k), t)
		}
	}
	open, sole := a.open, a.sole
	a.reset(a.piece, a.off, a.end, o, t)
	a.open, a.sole = open, sole
}

// parts lists who delivered which bytes, in order.
func (a *assembly) parts() []Part {
	var parts []Part
	for k := range a.spans {
		if s := &a.spans[k]; s.got != nil {
			parts = append(parts, Part{Owner: s.got.number, Off: a.start(k), N: int(s.end - a.start(k))})
		}
	}
	return parts
}
