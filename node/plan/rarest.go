package plan

import "time"

// Has says which pieces owner has: those for which has returns true. A nil has means
// all, and so does saying nothing. It may be called before Join and again at any time:
// what it lacks then and was asked for will not come. Leave forgets it. It costs O(pieces).
func (p *Plan) Has(owner int, has func(piece int) bool, now time.Time) {
	o := p.owner(owner)
	if !o.live {
		o.has = p.setOf(has)
		return
	}
	p.dismiss(o)
	o.has = p.setOf(has)
	p.admit(o)
	t := p.since(now)
	for _, a := range p.active {
		if !a.full() && !o.holds(a.piece) {
			p.take(a, o, false, t)
		}
	}
}

// setOf returns the set that has describes; the zero set if it is all.
func (p *Plan) setOf(has func(piece int) bool) pieceSet {
	if has == nil {
		return pieceSet{}
	}
	set := newPieceSet(len(p.where))
	for i := range p.where {
		if has(i) {
			set.add(i)
		}
	}
	if set.size == len(p.where) {
		return pieceSet{}
	}
	return set
}

// Gained says that owner has some more pieces. It does nothing for an owner that is
// whole, or for pieces that the file does not have.
func (p *Plan) Gained(owner int, pieces ...int) {
	o := p.known(owner)
	if o == nil {
		return
	}
	for _, i := range pieces {
		if o.whole() || i < 0 || i >= len(p.where) || !o.has.add(i) {
			continue
		}
		if !o.live {
			continue
		}
		if p.where[i] != pieceDone {
			p.avail.gain(i)
			if p.avail.isWanted(i) {
				o.floor = min(o.floor, p.avail.level(i))
			}
		}
		if o.has.size == len(p.where) {
			p.dismiss(o)
			o.has = pieceSet{}
			p.admit(o)
		}
	}
}

// Swarming reports whether the plan goes by rarity: it has an owner that lacks pieces.
func (p *Plan) Swarming() bool { return p.avail != nil }

// Active reports whether a piece lies in memory. A piece may leave it without being
// done: it failed, or nobody is left who has it and others need the room.
func (p *Plan) Active(piece int) bool { return p.activePiece(piece) != nil }

// admit counts a live owner in. The first partial one makes a swarm.
func (p *Plan) admit(o *owner) {
	if o.whole() {
		p.whole++
		return
	}
	if p.partial++; p.partial == 1 {
		p.mingle()
	}
	o.has.each(p.unlessDone(p.avail.gain))
	o.floor = 0
}

// dismiss counts a live owner out. The last partial one ends the swarm.
func (p *Plan) dismiss(o *owner) {
	if o.whole() {
		p.whole--
		return
	}
	if p.partial--; p.partial == 0 {
		p.disperse()
		return
	}
	o.has.each(p.unlessDone(p.avail.lose))
	p.search()
}

// unlessDone returns count for pieces that are not done: nobody asks how rare those are.
func (p *Plan) unlessDone(count func(piece int)) func(piece int) {
	return func(i int) {
		if p.where[i] != pieceDone {
			count(i)
		}
	}
}

// search has every owner look through all levels again.
func (p *Plan) search() {
	for _, o := range p.ranks {
		o.floor = 0
	}
}

// mingle turns chunks into one pool, from which all take what is rarest.
func (p *Plan) mingle() {
	p.avail = newAvailability(len(p.where))
	pool := p.unassigned
	for _, o := range p.ranks {
		pool.addAll(&o.chunk)
	}
	for _, r := range pool.runs {
		for i := r.from; i < r.to; i++ {
			p.avail.want(i)
		}
	}
	p.unassigned, p.leavings = rangeSet{}, nil
	p.search()
}

// disperse turns the pool into equal chunks of the owners that are there.
func (p *Plan) disperse() {
	for i := range p.where {
		if p.avail.isWanted(i) {
			p.unassigned.add(i, i+1)
		}
	}
	p.avail = nil
	var live []int
	for _, o := range p.ranks {
		if o.live {
			live = append(live, o.number)
		}
	}
	told := len(p.decisions)
	p.Assign(live)
	p.decisions = p.decisions[:told] // it may be dealt out again and again
}

// want puts a missing piece where one is looked for that is nobody's.
func (p *Plan) want(piece int) {
	if p.avail == nil {
		p.unassigned.add(piece, piece+1)
		return
	}
	p.avail.want(piece)
	for _, o := range p.ranks {
		o.floor = min(o.floor, p.avail.level(piece))
	}
}

// startRarest takes the place of the second and the third rule in a swarm: what o has
// and the fewest others have, after what was started and left.
func (p *Plan) startRarest(o *owner, t time.Duration) *assembly {
	if a := p.startSuspect(o, t); a != nil {
		return a
	}
	if a := p.adopt(o); a != nil {
		return a
	}
	if !p.avail.any(o) || !p.room() && !p.evict() {
		return nil
	}
	piece, ok := p.avail.rarest(o, p.random)
	if !ok {
		return nil
	}
	p.avail.begun(piece)
	return p.begin(piece, o, t)
}

// evict makes room by forgetting a started piece that nobody can finish. Such pieces must
// not fill the memory while others could come.
func (p *Plan) evict() bool {
	a := p.stranded()
	if a == nil {
		return false
	}
	p.close(a)
	p.release(a, pieceMissing)
	if !a.sole {
		p.want(a.piece)
	}
	return true
}

// stranded returns a started piece that nobody can finish, nil if there is none: its
// owner left, and no other has it.
func (p *Plan) stranded() *assembly {
	if p.whole > 0 {
		return nil
	}
	for _, a := range p.active {
		if !a.full() && a.home == nil && p.avail.holders[a.piece] == 0 {
			return a
		}
	}
	return nil
}

// ending reports whether every piece that can be started has been, so that it is time
// to ask for bytes twice. In a swarm an owner often has nothing new for us while there is
// much to come from others, and what it would send twice others could use.
func (p *Plan) ending() bool { return p.avail == nil || p.avail.wanted == 0 || !p.room() }
