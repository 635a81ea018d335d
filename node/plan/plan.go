package plan

import (
	"math/rand/v2"
	"time"
)

// Config describes a file and what may be used to fetch it.
type Config struct {
	Length      int64 // bytes; 0 is a file that is there already
	PieceLength int64 // bytes, above 0; the last piece may be shorter

	// MaxActive is how many pieces may be active or full at once, so memory is
	// bounded by MaxActive x PieceLength. Less than 1 means 1. Two for each owner
	// and a few more for verification keep everyone busy.
	MaxActive int

	// Random draws one of several pieces that are equally rare; nil means a source
	// of the plan's own. It is the caller's to share between plans or not.
	Random *rand.Rand
}

// What Plan.where says of a piece that is not active.
const (
	pieceMissing = -1
	pieceDone    = -2
)

// blankOwners are made at a time, so that those of one plan lie side by side in memory.
const blankOwners = 8

// A Plan is the state of one download. It is not safe for concurrent use. Times given
// to its methods should not go backwards. Owners are small numbers that the caller chose,
// from 0 on: memory grows with the greatest.
type Plan struct {
	cfg   Config
	epoch time.Time // the first time it was told

	owners []*owner // by number; nil where there is none
	ranks  []*owner // the same, in the order of their first mention: ties are broken alike each time
	blank  []owner  // for those to come

	where      []int32     // by piece: its place in active, or one of the constants above
	active     []*assembly // active and full pieces
	open       []*assembly // those of active with unasked bytes: few, often one for each owner
	spare      []*assembly // for use again
	unassigned rangeSet    // missing pieces in nobody's chunk
	leavings   []leaving   // of unassigned, what owners left
	suspects   []suspect   // pieces in quarantine, the oldest first
	decisions  []Decision  // what Decisions will return

	avail   *availability // of the pieces; nil while no live owner lacks any
	whole   int           // live owners that have every piece
	partial int           // live owners that do not
	random  *rand.Rand

	undone   int     // pieces that are not done
	left     int64   // bytes of them
	early    int64   // bytes that were asked for twice before they were late
	repeated int64   // bytes that came and were here already
	fresh    []Fresh // what Got returns
}

// New returns the plan of a download, in which the pieces that done reports are there
// already. A nil done means none. Without Assign the first owner that asks gets all of it.
func New(cfg Config, done func(piece int) bool) *Plan {
	cfg.MaxActive = max(cfg.MaxActive, 1)
	cfg.PieceLength = min(cfg.PieceLength, max(cfg.Length, 1))
	p := &Plan{cfg: cfg, random: cfg.Random}
	if p.random == nil {
		p.random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if cfg.Length > 0 {
		p.where = make([]int32, (cfg.Length-1)/cfg.PieceLength+1)
	}
	for i := range p.where {
		if done != nil && done(i) {
			p.where[i] = pieceDone
			continue
		}
		p.where[i] = pieceMissing
		p.unassigned.add(i, i+1)
		p.undone++
		p.left += p.pieceLength(i)
	}
	return p
}

// Assign splits what is in nobody's chunk into equal contiguous chunks, one for each of
// owners, in that order and in whole pieces. The owners need not have joined yet.
func (p *Plan) Assign(owners []int) {
	if len(owners) > 0 {
		p.leavings = nil
	}
	total, given := p.unassigned.size, 0
	for i, number := range owners {
		// Rounding down gives the larger shares to the later ones, where the
		// last and shorter piece is.
		upTo := int(int64(total) * int64(i+1) / int64(len(owners)))
		share := p.unassigned.takeFront(upTo - given)
		p.decide(Assigned, number, Nobody, &share)
		p.owner(number).chunk.addAll(&share)
		given = upTo
	}
}

// Join says that owner may be asked from now on.
func (p *Plan) Join(owner int, now time.Time) {
	o := p.owner(owner)
	if o.live {
		return
	}
	t := p.since(now)
	o.live = true
	o.meter = meter{round: t, stopped: t}
	o.fruitless = 0
	p.admit(o)
}

// Leave says that owner may be asked no more and that what it owes will not come. Its
// chunk belongs to nobody then. What it delivered stays; which pieces it had does not.
func (p *Plan) Leave(owner int, now time.Time) { p.remove(owner, false, now) }

// Ban is Leave for an owner that lied: what it delivered to pieces that are not full
// is fetched again. Pieces that are full will fail by themselves.
func (p *Plan) Ban(owner int, now time.Time) { p.remove(owner, true, now) }

func (p *Plan) remove(owner int, liar bool, now time.Time) {
	o := p.known(owner)
	if o == nil {
		return
	}
	t := p.since(now)
	for _, a := range p.active {
		if !a.full() {
			p.take(a, o, liar, t)
		}
	}
	p.leave(o)
	if o.live {
		o.live = false
		p.dismiss(o)
	}
	o.has = pieceSet{}
}

// take takes an active piece from o, and with bytes also what o delivered of it.
func (p *Plan) take(a *assembly, o *owner, bytes bool, t time.Duration) {
	a.drop(o, bytes, t)
	if a.home == o {
		a.home = nil
	}
	p.list(a)
}

// Done says that a full piece was verified and needs no memory any more, and returns who
// delivered which bytes of it, in order.
func (p *Plan) Done(piece int) []Part {
	a := p.fullPiece(piece)
	if a == nil {
		return nil
	}
	p.release(a, pieceDone)
	p.acquit(piece)
	p.undone--
	p.left -= p.pieceLength(piece)
	return a.parts()
}

// Whole reports whether every piece is done.
func (p *Plan) Whole() bool { return p.undone == 0 }

// NumPieces returns how many pieces the file has.
func (p *Plan) NumPieces() int { return len(p.where) }

// known returns the owner of that number, nil if there is none.
func (p *Plan) known(number int) *owner {
	if number < 0 || number >= len(p.owners) {
		return nil
	}
	return p.owners[number]
}

// owner returns the owner of that number, new if need be.
func (p *Plan) owner(number int) *owner {
	for number >= len(p.owners) {
		p.owners = append(p.owners, nil)
	}
	o := p.owners[number]
	if o == nil {
		if len(p.blank) == 0 {
			p.blank = make([]owner, blankOwners)
		}
		o, p.blank = &p.blank[0], p.blank[1:]
		o.number = number
		p.owners[number] = o
		p.ranks = append(p.ranks, o)
	}
	return o
}

// since converts a time to the plan's own, which begins at the first one.
func (p *Plan) since(now time.Time) time.Duration {
	if p.epoch.IsZero() {
		p.epoch = now
	}
	return now.Sub(p.epoch)
}

func (p *Plan) pieceLength(i int) int64 {
	return min(p.cfg.PieceLength, p.cfg.Length-int64(i)*p.cfg.PieceLength)
}

// room reports whether one more piece may be started.
func (p *Plan) room() bool { return len(p.active) < p.cfg.MaxActive }

// begin makes a missing piece active, for home. There must be room.
func (p *Plan) begin(piece int, home *owner, t time.Duration) *assembly {
	a := new(assembly)
	if n := len(p.spare); n > 0 {
		a, p.spare = p.spare[n-1], p.spare[:n-1]
	}
	off := int64(piece) * p.cfg.PieceLength
	a.reset(piece, off, off+p.pieceLength(piece), home, t)
	p.where[piece] = int32(len(p.active))
	p.active = append(p.active, a)
	p.list(a)
	return a
}

// release ends the assembly of a piece that is not in p.open; state is what the piece
// is now.
func (p *Plan) release(a *assembly, state int32) {
	i, last := p.where[a.piece], len(p.active)-1
	p.active[i] = p.active[last]
	p.where[p.active[i].piece] = i
	p.active = p.active[:last]
	p.where[a.piece] = state
	p.spare = append(p.spare, a)
}

// list keeps a in p.open while it has unasked bytes. It must be called whenever that
// may have changed.
func (p *Plan) list(a *assembly) {
	switch {
	case a.open == (a.unasked > 0):
	case a.open:
		p.close(a)
	default:
		a.open = true
		p.open = append(p.open, a)
	}
}

// close takes a out of p.open, if it is there.
func (p *Plan) close(a *assembly) {
	a.open = false
	for i, b := range p.open {
		if a == b {
			last := len(p.open) - 1
			p.open[i] = p.open[last]
			p.open = p.open[:last]
			return
		}
	}
}

// activePiece returns the assembly of an active piece, full or not, or nil.
func (p *Plan) activePiece(piece int) *assembly {
	if piece < 0 || piece >= len(p.where) || p.where[piece] < 0 {
		return nil
	}
	return p.active[p.where[piece]]
}

func (p *Plan) fullPiece(piece int) *assembly {
	if a := p.activePiece(piece); a != nil && a.full() {
		return a
	}
	return nil
}
