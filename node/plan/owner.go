package plan

import "time"

// An owner is one source of bytes. It outlives a Leave, so that what it delivered
// stays on its account.
type owner struct {
	number int
	live   bool     // between Join and Leave
	has    pieceSet // the pieces it has, if it is partial; see whole
	floor  int      // no level below has a piece for it; see availability.rarest
	chunk  rangeSet // pieces that are its to fetch and not started
	owed   int64    // bytes asked of it that have not come
	got    int64    // bytes that came from it first
	meter  meter

	// fruitless is when a search for bytes to ask twice last found none.
	fruitless time.Duration
}

// whole reports whether the owner has every piece. It has no set then.
func (o *owner) whole() bool { return o.has.words == nil }

// holds reports whether the owner has a piece.
func (o *owner) holds(piece int) bool { return o.whole() || o.has.has(piece) }

// owe changes what the owner owes by n bytes.
func (o *owner) owe(n int64, t time.Duration) {
	before := o.owed
	o.owed += n
	switch {
	case before == 0 && o.owed > 0:
		o.meter.start(t)
	case before > 0 && o.owed == 0:
		o.meter.stop(t)
	}
}

func (o *owner) speed(t time.Duration) float64 { return o.meter.speed(o.owed > 0, t) }
