package plan

// A Change says how a range got another owner.
type Change string

const (
	Assigned Change = "assigned"   // an equal share, given by Assign
	Left     Change = "left"       // its owner left: it is nobody's
	Taken    Change = "taken over" // it was nobody's, or an owner left it
	Stolen   Change = "stolen"     // the back half of another's chunk
)

// Nobody is in the place of an owner where there is none.
const Nobody = -1

// A Decision is a range of pieces, none of them started, that changed hands. It is for logs.
type Decision struct {
	Change Change
	Owner  int   // whose the range is now; of Left, whose it was
	Of     int   // of Taken and Stolen, whose it was; else Nobody
	From   int64 // the range lies in [From, To) of the file, but for
	To     int64 // pieces that are done or started
	Bytes  int64 // of it
}

const (
	// Ranges are halved until they are single pieces, and single pieces that failed are taken
	// over. What is less than a tellingPart-th of the file is not told of, so that a download which
	// no owner leaves tells of about tellingPart thefts at most.
	tellingPart = 64

	// mostDecisions bounds the memory of a plan that nobody asks for them.
	mostDecisions = 64
)

// Decisions returns what was decided since the last call, the oldest first; of more than 64
// the later ones are forgotten. Small thefts are left out. In a swarm nothing is decided of
// ranges: see Swarming.
func (p *Plan) Decisions() []Decision {
	list := p.decisions
	p.decisions = nil
	return list
}

// A leaving is what an owner left and nobody has taken over.
type leaving struct {
	owner    int
	from, to int64
	bytes    int64
}

// decide notes that a range, which may be empty, changed hands.
func (p *Plan) decide(change Change, owner, of int, s *rangeSet) {
	if s.size == 0 {
		return
	}
	from, to := p.bounds(s)
	p.note(Decision{Change: change, Owner: owner, Of: of, From: from, To: to, Bytes: p.bytes(s)})
}

func (p *Plan) note(d Decision) {
	if len(p.decisions) < mostDecisions {
		p.decisions = append(p.decisions, d)
	}
}

// telling reports whether a range is large enough to be told of.
func (p *Plan) telling(s *rangeSet) bool { return s.size*tellingPart >= len(p.where) }

// leave makes the chunk of an owner nobody's.
func (p *Plan) leave(o *owner) {
	if o.chunk.size == 0 {
		return
	}
	p.decide(Left, o.number, Nobody, &o.chunk)
	from, to := p.bounds(&o.chunk)
	p.leavings = append(p.leavings, leaving{o.number, from, to, p.bytes(&o.chunk)})
	p.unassigned.addAll(&o.chunk)
}

// takeUnassigned gives o all that is nobody's.
func (p *Plan) takeUnassigned(o *owner) {
	for _, l := range p.leavings {
		p.note(Decision{Change: Taken, Owner: o.number, Of: l.owner, From: l.from, To: l.to, Bytes: l.bytes})
	}
	if len(p.leavings) == 0 && p.telling(&p.unassigned) {
		p.decide(Taken, o.number, Nobody, &p.unassigned)
	}
	p.leavings = nil
	o.chunk.addAll(&p.unassigned)
}

// steal gives o the back half of another's chunk.
func (p *Plan) steal(o, victim *owner) {
	o.chunk = victim.chunk.takeBack((victim.chunk.size + 1) / 2)
	if p.telling(&o.chunk) {
		p.decide(Stolen, o.number, victim.number, &o.chunk)
	}
}

// bounds returns the range of the file that a set of pieces, which must not be empty, lies in.
func (p *Plan) bounds(s *rangeSet) (from, to int64) {
	last := s.last()
	return int64(s.first()) * p.cfg.PieceLength, int64(last)*p.cfg.PieceLength + p.pieceLength(last)
}

// bytes returns the length of all pieces of a set, which must not be empty.
func (p *Plan) bytes(s *rangeSet) int64 {
	return int64(s.size-1)*p.cfg.PieceLength + p.pieceLength(s.last())
}
