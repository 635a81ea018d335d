package plan

import "time"

// A Snapshot is how far a plan has come, for progress and for logs.
type Snapshot struct {
	Pieces   int   // of the file
	Undone   int   // of them, not verified
	Left     int64 // bytes of the undone pieces
	Held     int64 // bytes of Left that have come
	Active   int   // pieces in memory, full ones included
	Repeated int64 // bytes that came for nothing
	Owners   []OwnerSnapshot
}

// OwnerSnapshot is one owner's part in a plan. Owners that left are listed too.
type OwnerSnapshot struct {
	Owner int
	Live  bool
	Has   int     // pieces that it has; 0 if it left
	From  int64   // its chunk lies in [From, To) of the file, but for pieces
	To    int64   // that are done; both are 0 if it is empty
	Left  int64   // bytes of its chunk in pieces that are not started
	Owed  int64   // bytes asked of it that have not come
	Got   int64   // bytes that it delivered first, verified or not
	Rate  float64 // bytes/s; 0 before it is known

	// Turnaround is the usual time from asking to coming; 0 before it is known.
	Turnaround time.Duration
}

// Snapshot returns a copy of the plan's state, owners in the order of their first mention.
func (p *Plan) Snapshot(now time.Time) Snapshot {
	s := Snapshot{
		Pieces: len(p.where), Undone: p.undone, Left: p.left,
		Active: len(p.active), Repeated: p.repeated,
	}
	for _, a := range p.active {
		s.Held += a.end - a.off - a.missing
	}
	t := p.since(now)
	for _, o := range p.ranks {
		s.Owners = append(s.Owners, p.ownerSnapshot(o, t))
	}
	return s
}

func (p *Plan) ownerSnapshot(o *owner, t time.Duration) OwnerSnapshot {
	s := OwnerSnapshot{
		Owner: o.number, Live: o.live, Has: o.has.size, Owed: o.owed, Got: o.got,
		Rate: o.speed(t), Turnaround: o.meter.turnaround,
	}
	if o.live && o.whole() {
		s.Has = len(p.where)
	}
	first, last := len(p.where), -1
	if o.chunk.size > 0 {
		first, last = o.chunk.first(), o.chunk.last()
		s.Left = p.bytes(&o.chunk)
	}
	for _, a := range p.active {
		if a.home == o {
			first, last = min(first, a.piece), max(last, a.piece)
		}
	}
	if last >= 0 {
		s.From = int64(first) * p.cfg.PieceLength
		s.To = int64(last)*p.cfg.PieceLength + p.pieceLength(last)
	}
	return s
}
