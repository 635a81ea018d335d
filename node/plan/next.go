package plan

import "time"

// Next returns the next range of the file to ask of owner, at most limit bytes. It may
// span pieces. n is 0 if there is nothing to ask of it now; that may change with
// anything that comes or fails, with owners that join or leave, and with time alone:
// while bytes are missing, ask again every few tens of milliseconds. A range that was
// returned counts as asked until it has come or the owner has left.
func (p *Plan) Next(owner, limit int, now time.Time) (off int64, n int) {
	o := p.known(owner)
	if o == nil || !o.live || limit <= 0 || p.undone == 0 {
		return 0, 0
	}
	t := p.since(now)
	if a := p.own(o, t); a != nil {
		return p.askOwn(a, o, int64(limit), t)
	}
	if off, n = p.help(o, int64(limit), t); n == 0 && p.ending() {
		off, n = p.double(o, int64(limit), t)
	}
	return off, n
}

// own returns a piece of o's own with unasked bytes, by the first three rules.
func (p *Plan) own(o *owner, t time.Duration) *assembly {
	if a := p.started(o); a != nil {
		return a
	}
	if p.avail != nil {
		return p.startRarest(o, t)
	}
	if a := p.startNext(o, t); a != nil {
		return a
	}
	return p.takeOver(o, t)
}

// started is the first rule: the first started piece of o's own with unasked bytes.
func (p *Plan) started(o *owner) (first *assembly) {
	for _, a := range p.open {
		if a.home == o && (first == nil || a.piece < first.piece) {
			first = a
		}
	}
	return first
}

// startNext is the second rule: the next missing piece of o's chunk. A suspected piece
// goes first, since a liar that is still at large spoils more.
func (p *Plan) startNext(o *owner, t time.Duration) *assembly {
	if a := p.startSuspect(o, t); a != nil {
		return a
	}
	if o.chunk.size == 0 || !p.room() {
		return nil
	}
	return p.begin(o.chunk.pop(), o, t)
}

// takeOver is the third rule: what is nobody's, else half of another's chunk.
func (p *Plan) takeOver(o *owner, t time.Duration) *assembly {
	if a := p.adopt(o); a != nil {
		return a
	}
	if !p.room() {
		return nil
	}
	if p.unassigned.size > 0 {
		p.takeUnassigned(o)
	} else if victim := p.slowest(t); victim != nil {
		p.steal(o, victim)
	}
	return p.startNext(o, t)
}

// adopt gives o the first started piece of those whose owner left.
func (p *Plan) adopt(o *owner) (first *assembly) {
	for _, a := range p.open {
		if a.home == nil && !a.sole && o.holds(a.piece) && (first == nil || a.piece < first.piece) {
			first = a
		}
	}
	if first != nil {
		first.home = o
	}
	return first
}

// slowest returns the owner whose chunk would last longest, nil if all are empty.
func (p *Plan) slowest(t time.Duration) (slowest *owner) {
	longest := -1.0
	for _, o := range p.ranks {
		if o.chunk.size == 0 {
			continue
		}
		// An owner that has shown no rate yet is slower than all that have.
		left := float64(int64(o.chunk.size)*p.cfg.PieceLength + o.owed)
		if lasts := left / max(o.speed(t), 1e-9); lasts > longest {
			slowest, longest = o, lasts
		}
	}
	return slowest
}

// askOwn asks o for the first unasked bytes of a, which is o's, and goes on into the
// next pieces while they are o's too and the range stays contiguous.
func (p *Plan) askOwn(a *assembly, o *owner, limit int64, t time.Duration) (int64, int) {
	off, to := a.unaskedFront()
	to = min(to, off+limit)
	p.ask(a, o, off, to, t)
	for to == a.end && to-off < limit {
		if a = p.following(a, o, t); a == nil {
			break
		}
		from, end := a.unaskedFront()
		to = min(end, off+limit)
		p.ask(a, o, from, to, t)
	}
	return off, int(to - off)
}

// following returns the piece behind a if it can be asked of o from its first byte on.
func (p *Plan) following(a *assembly, o *owner, t time.Duration) *assembly {
	next := a.piece + 1
	if b := p.activePiece(next); b != nil {
		if b.home == o && b.spans[0].unasked() {
			return b
		}
		return nil
	}
	if o.chunk.size > 0 && o.chunk.first() == next && p.room() {
		return p.begin(o.chunk.pop(), o, t)
	}
	return nil
}

// help is the fourth rule: unasked bytes at the back of another owner's started piece,
// of the one that will be asked for them last.
func (p *Plan) help(o *owner, limit int64, t time.Duration) (int64, int) {
	var neediest *assembly
	longest := -1.0
	for _, a := range p.open {
		if a.sole || !o.holds(a.piece) {
			continue
		}
		if lasts := float64(a.unasked) / max(a.home.speed(t), 1e-9); lasts > longest {
			neediest, longest = a, lasts
		}
	}
	if neediest == nil {
		return 0, 0
	}
	from, to := neediest.unaskedBack()
	from = max(from, to-limit)
	p.ask(neediest, o, from, to, t)
	return from, int(to - from)
}

func (p *Plan) ask(a *assembly, o *owner, from, to int64, t time.Duration) {
	a.ask(o, from, to, t)
	p.list(a)
}
