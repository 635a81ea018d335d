package plan

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// A trial plays a node and its owners against a plan: random joins, leaves, losses,
// repeats and lies. It follows every byte by itself and knows nothing of spans.
type trial struct {
	*rapid.T
	plan   *Plan
	now    time.Time
	honest int                 // this owner never lies
	lies   map[int]bool        // which of the others do
	live   map[int]bool        // joined
	banned map[int]bool        // found out
	owes   map[int][]order     // what each was asked and has not tried to deliver
	askers []map[int]time.Time // by byte: the live owners it was asked of, and when
	bytes  []byte              // by byte: 0 missing, else good or bad
	full   []int               // pieces to verify
	failed map[int][]evidence  // by piece: what came before
	done   []bool
	swarm  bool                 // some owners are partial
	lacks  map[int]map[int]bool // by partial owner: pieces that it does not have
}

// evidence is a part of a failed piece and what its bytes were.
type evidence struct {
	Part
	bytes []byte
}

const (
	good = 1
	bad  = 2

	trialOwners = 5
)

func newTrial(t *rapid.T) *trial {
	length := rapid.Int64Range(0, 300).Draw(t, "length")
	pieceLength := rapid.Int64Range(1, 40).Draw(t, "piece length")
	r := &trial{
		T: t, now: time.Unix(500, 0),
		lies: map[int]bool{}, live: map[int]bool{}, banned: map[int]bool{},
		owes: map[int][]order{}, failed: map[int][]evidence{},
		askers: make([]map[int]time.Time, length), bytes: make([]byte, length),
	}
	r.lacks = map[int]map[int]bool{}
	for i := range r.askers {
		r.askers[i] = map[int]time.Time{}
	}
	for o := 1; o < trialOwners; o++ {
		r.lies[o] = rapid.Bool().Draw(t, "liar")
	}
	there := rapid.Bool().Draw(t, "resume")
	r.plan = New(Config{Length: length, PieceLength: pieceLength, MaxActive: rapid.IntRange(0, 6).Draw(t, "slots")}, func(i int) bool {
		done := there && rapid.Bool().Draw(t, "there")
		r.done = append(r.done, done)
		return done
	})
	r.plan.Assign(rapid.SliceOfNDistinct(rapid.IntRange(0, trialOwners-1), 0, -1, rapid.ID[int]).Draw(t, "assigned"))
	return r
}

func (r *trial) owner() int { return rapid.IntRange(0, trialOwners-1).Draw(r.T, "owner") }

func (r *trial) join(o int) {
	if !r.banned[o] {
		r.plan.Join(o, r.now)
		r.live[o] = true
	}
}

func (r *trial) leave(o int) {
	r.plan.Leave(o, r.now)
	r.gone(o)
}

func (r *trial) gone(o int) {
	r.live[o] = false
	r.owes[o] = nil
	delete(r.lacks, o)
	for i := range r.askers {
		delete(r.askers[i], o)
	}
}

// has tells the plan that o lacks some pieces. What those were asked for is forgotten.
func (r *trial) has(o int) {
	lacks := map[int]bool{}
	for i := range r.plan.NumPieces() {
		if rapid.Bool().Draw(r.T, "lacks") {
			lacks[i] = true
		}
	}
	r.lacks[o] = lacks
	r.plan.Has(o, func(i int) bool { return !lacks[i] }, r.now)
	for i := range r.askers {
		if lacks[i/int(r.plan.cfg.PieceLength)] {
			delete(r.askers[i], o)
		}
	}
}

// gained gives o a piece that it lacks, if there is one.
func (r *trial) gained(o int) bool {
	for i := range r.plan.NumPieces() {
		if r.lacks[o][i] {
			delete(r.lacks[o], i)
			r.plan.Gained(o, i)
			return true
		}
	}
	return false
}

// next asks the plan once, and checks the answer.
func (r *trial) next(o, limit int) bool {
	interested := r.plan.Interested(o, r.now)
	off, n := r.plan.Next(o, limit, r.now)
	if interested != (n > 0) {
		r.Fatalf("interested in %d: %v, and Next is %d, %d", o, interested, off, n)
	}
	return r.asked(o, limit, off, n)
}

// proceed asks the plan once to go on with what has been started.
func (r *trial) proceed(o, limit int) bool {
	before := r.plan.Snapshot(r.now).Active
	off, n := r.plan.Continue(o, limit, r.now)
	if r.plan.Snapshot(r.now).Active != before {
		r.Fatalf("Continue(%d, %d) started a piece", o, limit)
	}
	return r.asked(o, limit, off, n)
}

// asked takes in that n bytes at off are to be asked of o, if n is above 0.
func (r *trial) asked(o, limit int, off int64, n int) bool {
	if n == 0 {
		return false
	}
	if !r.plan.Useful(o) {
		r.Fatalf("%d bytes at %d are asked of %d, which is of no use", n, off, o)
	}
	if n < 0 || n > limit || off < 0 || off+int64(n) > int64(len(r.bytes)) || !r.live[o] {
		r.Fatalf("Next(%d, %d) = %d, %d", o, limit, off, n)
	}
	// It may have changed hands, or have made room and been started anew.
	r.forget(func(a *assembly) bool { return a.sole || r.swarm })
	if r.lacks[o][int(off/r.plan.cfg.PieceLength)] || r.lacks[o][int((off+int64(n)-1)/r.plan.cfg.PieceLength)] {
		r.Fatalf("asked %d for %d+%d, which it lacks", o, off, n)
	}
	if !r.plan.Wanted(o, off, n) {
		r.Fatalf("asked %d for %d+%d, but it is not wanted", o, off, n)
	}
	r.giveUp()
	for i := off; i < off+int64(n); i++ {
		if r.bytes[i] != 0 {
			r.Fatalf("byte %d is here and was asked of %d", i, o)
		}
		if _, again := r.askers[i][o]; again || len(r.askers[i]) >= 2 {
			r.Fatalf("byte %d was asked of %v and again of %d", i, r.askers[i], o)
		}
		r.askers[i][o] = r.now
	}
	r.owes[o] = append(r.owes[o], order{off, n})
	return true
}

// giveUp notes which requests the plan has given up, and checks that they had time.
func (r *trial) giveUp() {
	for i, askers := range r.askers {
		for o, at := range askers {
			if r.plan.Wanted(o, int64(i), 1) {
				continue
			}
			delete(askers, o)
			if a := r.plan.activePiece(i / int(r.plan.cfg.PieceLength)); !a.sole && r.now.Sub(at) <= patience {
				r.Fatalf("byte %d was asked of %d only %v ago", i, o, r.now.Sub(at))
			}
		}
	}
}

// deliver has bytes come from o, asked for or not.
func (r *trial) deliver(o int, off int64, n int) {
	what := byte(good)
	if r.lies[o] {
		what = bad
	}
	piece, vacant := r.plan.Vacant(o, off, n)
	got := r.plan.Got(o, off, n, r.now)
	all := len(got) == 1 && got[0].Off == off && got[0].N == n
	if vacant != all || vacant && got[0].Piece != piece {
		r.Fatalf("%d bytes at %d are vacant in piece %d is %v, and %v came", n, off, piece, vacant, got)
	}
	for _, f := range got {
		for i := f.Off; i < f.Off+int64(f.N); i++ {
			if r.bytes[i] != 0 || i < off || i >= off+int64(n) || int(i/r.plan.cfg.PieceLength) != f.Piece {
				r.Fatalf("byte %d is new again, or not of this block", i)
			}
			r.bytes[i] = what
			clear(r.askers[i])
		}
		if f.Full {
			r.full = append(r.full, f.Piece)
		}
	}
}

func (r *trial) span(piece int) (from, to int64) {
	from = int64(piece) * r.plan.cfg.PieceLength
	return from, from + r.plan.pieceLength(piece)
}

// verify checks the first full piece as a node would.
func (r *trial) verify() {
	piece := r.full[0]
	r.full = r.full[1:]
	from, to := r.span(piece)
	data := r.bytes[from:to]
	if slices.Contains(data, 0) {
		r.Fatalf("piece %d is full, but bytes are missing", piece)
	}
	if !slices.Contains(data, bad) {
		r.plan.Done(piece)
		r.done[piece] = true
		for _, e := range r.failed[piece] {
			if !slices.Equal(e.bytes, data[e.Off-from:][:e.N]) {
				r.ban(e.Owner)
			}
		}
		return
	}
	parts := r.plan.Failed(piece, r.now)
	r.fail(piece, parts)
	for i := from; i < to; i++ {
		r.bytes[i] = 0
		clear(r.askers[i])
	}
}

// fail bans a single contributor and keeps the bytes of several.
func (r *trial) fail(piece int, parts []Part) {
	off, to := r.span(piece)
	several := false
	for _, part := range parts {
		if part.Off != off {
			r.Fatalf("parts of piece %d: %v", piece, parts)
		}
		several = several || part.Owner != parts[0].Owner
		off += int64(part.N)
	}
	if off != to {
		r.Fatalf("parts of piece %d: %v", piece, parts)
	}
	if !several {
		r.ban(parts[0].Owner)
		return
	}
	r.failed[piece] = nil
	for _, part := range parts {
		r.failed[piece] = append(r.failed[piece], evidence{part, slices.Clone(r.bytes[part.Off:][:part.N])})
	}
}

func (r *trial) ban(o int) {
	if !r.lies[o] {
		r.Fatalf("honest owner %d banned", o)
	}
	r.plan.Ban(o, r.now)
	r.gone(o)
	r.banned[o] = true
	r.forget(func(a *assembly) bool { return true })
}

// forget has bytes missing that the plan dropped from the pieces in which it may.
func (r *trial) forget(may func(*assembly) bool) {
	for i := range r.bytes {
		piece := i / int(r.plan.cfg.PieceLength)
		a := r.plan.activePiece(piece)
		if a != nil && may(a) && a.spans[a.find(int64(i))].got == nil || r.swarm && r.plan.where[piece] == pieceMissing {
			r.bytes[i] = 0
		}
	}
}

func (r *trial) step(d time.Duration) { r.now = r.now.Add(d) }

// finish has only the honest owner and some silent ones stay, and fails if it takes too long.
func (r *trial) finish() {
	for o := 1; o < trialOwners; o++ {
		if rapid.Bool().Draw(r.T, "stays silent") {
			r.join(o)
		} else {
			r.leave(o)
		}
	}
	r.leave(r.honest)
	if r.swarm {
		r.has(r.honest)
	}
	r.join(r.honest)
	for round := 0; !r.plan.Whole(); round++ {
		if round > 2000 {
			r.Fatalf("no end: %+v", r.plan.Snapshot(r.now))
		}
		r.step(50 * time.Millisecond)
		r.gained(r.honest)
		for o := range trialOwners {
			for r.live[o] && r.next(o, 30) {
			}
		}
		for _, q := range r.owes[r.honest] {
			r.deliver(r.honest, q.off, q.n)
		}
		r.owes[r.honest] = nil
		for len(r.full) > 0 {
			r.verify()
		}
	}
	if !slices.Equal(r.done, slices.Repeat([]bool{true}, len(r.done))) {
		r.Fatalf("whole, but done are %v", r.done)
	}
}
