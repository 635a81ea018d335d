package plan

import "time"

// Fresh is a run of bytes, inside one piece, that came for the first time.
type Fresh struct {
	Piece int
	Off   int64 // in the file
	N     int   // bytes
	Full  bool  // the piece is full with it: verify it, then call Done or Failed
}

// Got says that n bytes at off came from owner, and returns what of them is new and is
// to be kept, in order. The rest is not: bytes that are here, that belong to no active
// piece, or that come from an owner that may not deliver them. The result is valid
// until the next call.
func (p *Plan) Got(owner int, off int64, n int, now time.Time) []Fresh {
	p.fresh = p.fresh[:0]
	o := p.known(owner)
	end := min(off+int64(n), p.cfg.Length)
	if o == nil || !o.live || off < 0 || off >= end {
		return nil
	}
	t := p.since(now)
	o.meter.came(end-off, t)
	var kept int64
	for from := off; from < end; {
		piece := int(from / p.cfg.PieceLength)
		to := min(end, int64(piece)*p.cfg.PieceLength+p.pieceLength(piece))
		kept += p.gotOf(piece, o, from, to, t)
		from = to
	}
	o.got += kept
	p.repeated += end - off - kept
	return p.fresh
}

// gotOf takes the bytes [from, to) of one piece and returns how many were new.
func (p *Plan) gotOf(piece int, o *owner, from, to int64, t time.Duration) int64 {
	a := p.activePiece(piece)
	if a == nil || !a.takes(o) {
		return 0
	}
	before := a.missing
	p.fresh = a.take(o, from, to, t, p.fresh)
	p.list(a)
	if a.full() {
		p.fresh[len(p.fresh)-1].Full = true
	}
	return before - a.missing
}

// Vacant reports whether n bytes at off are of one piece and all would be new, and kept, if Got
// were called with them now.
func (p *Plan) Vacant(owner int, off int64, n int) (piece int, vacant bool) {
	o := p.known(owner)
	end := off + int64(n)
	if o == nil || !o.live || off < 0 || n <= 0 || end > p.cfg.Length {
		return 0, false
	}
	piece = int(off / p.cfg.PieceLength)
	a := p.activePiece(piece)
	if a == nil || !a.takes(o) || end > a.end {
		return 0, false
	}
	for i := a.find(off); i < len(a.spans) && a.start(i) < end; i++ {
		if a.spans[i].got != nil {
			return 0, false
		}
	}
	return piece, true
}

// takes reports whether bytes that o delivers are kept.
func (a *assembly) takes(o *owner) bool { return !a.full() && (!a.sole || a.home == o) }

// Wanted reports whether any of n bytes at off that were asked of owner is still to
// come from it, so that it is worth repeating the request.
func (p *Plan) Wanted(owner int, off int64, n int) bool {
	o := p.known(owner)
	end := min(off+int64(n), p.cfg.Length)
	if o == nil || off < 0 {
		return false
	}
	for from := off; from < end; {
		piece := int(from / p.cfg.PieceLength)
		to := min(end, int64(piece)*p.cfg.PieceLength+p.pieceLength(piece))
		if a := p.activePiece(piece); a != nil && a.owes(o, from, to) {
			return true
		}
		from = to
	}
	return false
}

// owes reports whether o was asked for any missing byte of [from, to).
func (a *assembly) owes(o *owner, from, to int64) bool {
	for i := a.find(from); i < len(a.spans) && a.start(i) < to; i++ {
		if _, ok := a.spans[i].asked(o); ok {
			return true
		}
	}
	return false
}
