package node

import (
	"time"

	"udptorrent/segment"
)

var (
	_ segment.SwarmSink   = (*transfer)(nil)
	_ segment.PlacingSink = (*transfer)(nil)
)

// Next implements segment.Sink.
func (t *transfer) Next(owner, limit int, now time.Time) (int64, int) {
	if t.err != nil || t.hasher.behind() && t.owners[owner].local() {
		return 0, 0
	}
	return t.plan.Next(owner, limit, now)
}

// Wanted implements segment.Sink.
func (t *transfer) Wanted(owner int, off int64, n int) bool {
	return t.err == nil && t.plan.Wanted(owner, off, n)
}

// Arrived implements segment.Sink.
func (t *transfer) Arrived(owner int, off int64, data []byte, now time.Time) {
	o := t.owners[owner]
	o.came(len(data))
	for _, f := range t.plan.Got(owner, off, len(data), now) {
		t.lastFresh = now
		p := t.pieces.put(f.Piece, f.Off, data[f.Off-off:][:f.N])
		if f.Full {
			t.hasher.check(p)
		}
	}
}

// Place implements segment.PlacingSink.
func (t *transfer) Place(owner int, off int64, n int) []byte {
	if piece, ok := t.plan.Vacant(owner, off, n); ok {
		return t.pieces.room(piece, off, n)
	}
	return nil
}

// Has implements segment.SwarmSink.
func (t *transfer) Has(owner int, has func(piece int) bool, now time.Time) {
	t.plan.Has(owner, has, now)
	if t.offer != nil {
		held := holding(t.tor.NumPieces(), has) // without the offer's lock
		t.offer.others(func(h holdings) { h[t.owners[owner].addr] = held })
	}
}

// Gained implements segment.SwarmSink.
func (t *transfer) Gained(owner int, pieces []int, _ time.Time) {
	t.plan.Gained(owner, pieces...)
	if t.offer != nil {
		t.offer.others(func(h holdings) { h.gained(t.owners[owner].addr, pieces) })
	}
}

// Interested implements segment.SwarmSink.
func (t *transfer) Interested(owner int, now time.Time) bool {
	return t.err == nil && t.plan.Interested(owner, now)
}

// Continue implements segment.SwarmSink.
func (t *transfer) Continue(owner, limit int, now time.Time) (int64, int) {
	if t.err != nil {
		return 0, 0
	}
	return t.plan.Continue(owner, limit, now)
}
