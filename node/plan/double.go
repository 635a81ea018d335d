package plan

import "time"

const (
	// patience is how long bytes may be owed by the one owner, or by both, that alone
	// may be asked for them, before another is asked in their place. An owner that is
	// silent altogether leaves sooner; this is for one that withholds some bytes only.
	// patience doubles for a piece that needs it again and again, up to mostPatience.
	patience     = 2 * time.Second
	mostPatience = 16 * time.Second

	// searchEvery spares a fruitless search for bytes to double at every block that comes.
	searchEvery = time.Millisecond

	// At the end a lost block costs a round trip and more, in which the line stands idle.
	// So what was asked for last is asked for twice before it is late, if it takes longTrip
	// or longer to come, until an earlyPart-th of the file was.
	longTrip  = 10 * time.Millisecond
	earlyPart = 64
)

// double is the fifth rule: bytes that another owner owes and that o should deliver
// clearly sooner, those that would come last first.
func (p *Plan) double(o *owner, limit int64, t time.Duration) (int64, int) {
	in, which := p.overdue(o, t)
	if in == nil {
		return 0, 0
	}
	to := in.spans[which].end
	from := max(in.start(which), to-limit)
	if in.spans[which].wait(o, t) <= o.meter.late() {
		p.early += to - from
	}
	p.ask(in, o, from, to, t)
	return from, int(to - from)
}

// overdue returns the piece and the span of it that o is to be asked for as well, nil if
// there is none.
func (p *Plan) overdue(o *owner, t time.Duration) (in *assembly, which int) {
	if o.fruitless != 0 && t-o.fruitless < searchEvery {
		return nil, 0
	}
	longest := o.meter.late()
	if p.avail == nil && o.meter.usual() >= longTrip && p.early < p.cfg.Length/earlyPart {
		longest = o.meter.usual() / 2
	}
	for _, a := range p.active {
		if a.full() || a.sole || !o.holds(a.piece) {
			continue
		}
		for i := range a.spans {
			if wait := a.spans[i].wait(o, t); wait > longest {
				in, which, longest = a, i, wait
			}
		}
	}
	if in == nil {
		o.fruitless = t
	}
	return in, which
}

// wait guesses how much longer a span will take if o is not asked for it too; 0 if o
// cannot be.
func (s *span) wait(o *owner, t time.Duration) time.Duration {
	first, second := s.ask[0], s.ask[1]
	switch {
	case s.got != nil || first.of == nil || first.of == o || second.of == o:
		return 0
	case second.of == nil:
		return first.of.meter.wait(t - first.at)
	case t-second.at > patience:
		return t - second.at
	}
	return 0
}
