package plan

import (
	"slices"
	"time"
)

// A Part says who delivered a run of bytes of one piece.
type Part struct {
	Owner int
	Off   int64 // in the file
	N     int   // bytes
}

// A suspect is a piece that failed though several owners delivered it, so that one of
// them lied and it is not known who.
type suspect struct {
	piece    int
	by       []*owner      // who delivered it
	since    time.Duration // when it failed
	patience time.Duration // how long its single owner may be silent
}

// Failed says that a full piece did not have its SHA-1, and returns who had delivered
// which bytes of it, in order; the caller still has them. A piece with one contributor
// was spoiled by it. With several the piece is in quarantine: it comes again from one
// owner alone, and once it is verified, the bytes of each contributor can be compared.
func (p *Plan) Failed(piece int, now time.Time) []Part {
	a := p.fullPiece(piece)
	if a == nil {
		return nil
	}
	var by []*owner
	for i := range a.spans {
		if o := a.spans[i].got; !slices.Contains(by, o) {
			by = append(by, o)
		}
	}
	p.release(a, pieceMissing)
	p.acquit(piece)
	if len(by) == 1 {
		p.want(piece)
	} else {
		p.suspects = append(p.suspects, suspect{piece, by, p.since(now), patience})
	}
	return a.parts()
}

// acquit ends the quarantine of a piece, if it is in one.
func (p *Plan) acquit(piece int) {
	p.suspects = slices.DeleteFunc(p.suspects, func(s suspect) bool { return s.piece == piece })
}

// startSuspect gives o a piece in quarantine: one that waits, or one whose single owner
// left or stays silent. That one starts anew, since it must come from one owner.
func (p *Plan) startSuspect(o *owner, t time.Duration) *assembly {
	s := p.suspectFor(o, t)
	if s == nil {
		return nil
	}
	a := p.activePiece(s.piece)
	if a == nil {
		a = p.begin(s.piece, o, t)
		a.sole = true
		return a
	}
	if a.home != nil {
		// Each silence buys the next owner more time, up to a limit, lest slow
		// ones take the piece from each other for ever.
		s.patience = min(2*s.patience, mostPatience)
	}
	a.restart(o, t)
	p.list(a)
	return a
}

// suspectFor returns the first suspect that o may have now, nil if there is none.
func (p *Plan) suspectFor(o *owner, t time.Duration) *suspect {
	for i := range p.suspects {
		s := &p.suspects[i]
		if !p.fit(o, s, t) {
			continue
		}
		if a := p.activePiece(s.piece); a == nil && p.room() || a != nil && a.abandoned(o, s, t) {
			return s
		}
	}
	return nil
}

// abandoned reports whether the single owner of a suspected piece left or has been
// silent for too long, so that o may have the piece.
func (a *assembly) abandoned(o *owner, s *suspect, t time.Duration) bool {
	switch {
	case a.full() || a.home == o:
		return false
	case a.home == nil:
		return true
	}
	return t-a.touched > s.patience
}

// fit reports whether o should fetch s. An owner that had a part in it does so only if
// there is no other that has it, or none that would within patience.
func (p *Plan) fit(o *owner, s *suspect, t time.Duration) bool {
	if !o.holds(s.piece) {
		return false
	}
	if !slices.Contains(s.by, o) || t-s.since > patience {
		return true
	}
	return !slices.ContainsFunc(p.ranks, func(q *owner) bool {
		return q.live && q.holds(s.piece) && !slices.Contains(s.by, q)
	})
}
