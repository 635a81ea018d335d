package plan

import "time"

// Interested reports whether Next would return something for owner.
func (p *Plan) Interested(owner int, now time.Time) bool {
	o := p.known(owner)
	if o == nil || !o.live || p.undone == 0 {
		return false
	}
	t := p.since(now)
	if p.unfinished(o) || p.suspectFor(o, t) != nil || p.startable(o) {
		return true
	}
	if !p.ending() {
		return false
	}
	in, _ := p.overdue(o, t)
	return in != nil
}

// unfinished reports whether there are unasked bytes in a started piece for o.
func (p *Plan) unfinished(o *owner) bool {
	for _, a := range p.open {
		if a.home == o || !a.sole && o.holds(a.piece) {
			return true
		}
	}
	return false
}

// startable reports whether a missing piece could be started with o.
func (p *Plan) startable(o *owner) bool {
	if p.avail != nil {
		return (p.room() || p.stranded() != nil) && p.avail.any(o)
	}
	if !p.room() {
		return false
	}
	if p.unassigned.size > 0 {
		return true
	}
	for _, other := range p.ranks {
		if other.chunk.size > 0 {
			return true
		}
	}
	return false
}

// Continue is Next, but of pieces only that have been started: of nothing that would need
// the owner's time for a whole piece.
func (p *Plan) Continue(owner, limit int, now time.Time) (off int64, n int) {
	o := p.known(owner)
	if o == nil || !o.live || limit <= 0 || p.undone == 0 {
		return 0, 0
	}
	t := p.since(now)
	a := p.started(o)
	if a == nil {
		a = p.adopt(o)
	}
	if a != nil {
		off, to := a.unaskedFront()
		to = min(to, off+int64(limit))
		p.ask(a, o, off, to, t)
		return off, int(to - off)
	}
	if off, n = p.help(o, int64(limit), t); n == 0 && p.ending() {
		off, n = p.double(o, int64(limit), t)
	}
	return off, n
}

// Useful reports whether a live owner has a piece that has not come, whoever is asked for
// it. An owner that is not is worth keeping only for what it will have.
func (p *Plan) Useful(owner int) bool {
	o := p.known(owner)
	if o == nil || !o.live || p.undone == 0 {
		return false
	}
	if o.whole() {
		return true
	}
	for _, a := range p.active {
		if !a.full() && o.holds(a.piece) {
			return true
		}
	}
	for _, s := range p.suspects {
		if o.holds(s.piece) {
			return true
		}
	}
	return p.avail.any(o)
}
