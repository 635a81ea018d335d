package plan

import (
	"slices"

	"pgregory.net/rapid"
)

// checkPlan fails unless everything that p says twice agrees, and every piece is in
// exactly one place.
func checkPlan(t rapid.TB, p *Plan) {
	t.Helper()
	if len(p.active) > p.cfg.MaxActive {
		t.Fatalf("%d active pieces", len(p.active))
	}
	owed := map[*owner]int64{}
	for i, a := range p.active {
		if int(p.where[a.piece]) != i {
			t.Fatalf("piece %d is not where it should be", a.piece)
		}
		checkAssembly(t, p, a, owed)
	}
	checkPlaces(t, p)
	checkAvailability(t, p)
	for _, o := range p.ranks {
		if o.owed != owed[o] {
			t.Fatalf("owner %d owes %d, not %d", o.number, owed[o], o.owed)
		}
		if !o.live && o.owed > 0 {
			t.Fatalf("owner %d left and owes", o.number)
		}
	}
}

// checkAssembly adds what is asked in a to owed.
func checkAssembly(t rapid.TB, p *Plan, a *assembly, owed map[*owner]int64) {
	t.Helper()
	var unasked, missing int64
	for k := range a.spans {
		s := &a.spans[k]
		n := s.end - a.start(k)
		if n <= 0 || k > 0 && alike(&a.spans[k-1], s) {
			t.Fatalf("piece %d: span %d of %+v", a.piece, k, a.spans)
		}
		first, second := s.ask[0], s.ask[1]
		for _, q := range s.ask {
			if q.of != nil && !q.of.holds(a.piece) {
				t.Fatalf("piece %d is asked of owner %d, which lacks it", a.piece, q.of.number)
			}
		}
		if s.got != nil {
			if first.of != nil || second.of != nil {
				t.Fatalf("piece %d: bytes that are here are asked for", a.piece)
			}
			continue
		}
		missing += n
		if first.of == nil {
			unasked += n
		}
		for _, q := range s.ask {
			if q.of != nil {
				owed[q.of] += n
			}
		}
		if first.of == nil && second.of != nil || first.of != nil && first.of == second.of || a.sole && second.of != nil {
			t.Fatalf("piece %d: asked of %v and %v", a.piece, first.of, second.of)
		}
		if a.sole && first.of != nil && first.of != a.home {
			t.Fatalf("piece %d: not asked of its single owner", a.piece)
		}
	}
	if a.spans[len(a.spans)-1].end != a.end || unasked != a.unasked || missing != a.missing {
		t.Fatalf("piece %d: unasked %d missing %d of %+v", a.piece, unasked, missing, a)
	}
	if a.open != (a.unasked > 0) || a.open != slices.Contains(p.open, a) {
		t.Fatalf("piece %d: wrongly listed", a.piece)
	}
}

// checkPlaces fails unless every piece is done, active, in one chunk, nobody's, or waits in quarantine.
func checkPlaces(t rapid.TB, p *Plan) {
	t.Helper()
	places := make([]int, len(p.where))
	count := func(s *rangeSet) {
		for _, i := range pieces(t, s) {
			places[i]++
		}
	}
	count(&p.unassigned)
	var left int64
	for _, l := range p.leavings {
		left += l.bytes
	}
	if left > 0 && (p.unassigned.size == 0 || left > p.bytes(&p.unassigned)) {
		t.Fatalf("%d bytes that owners left, %d pieces are nobody's", left, p.unassigned.size)
	}
	for _, o := range p.ranks {
		count(&o.chunk)
	}
	if p.avail != nil {
		for _, level := range p.avail.levels {
			level.each(func(i int) { places[i]++ })
		}
	}
	for _, s := range p.suspects {
		if p.where[s.piece] == pieceMissing {
			places[s.piece]++
		}
	}
	for i, where := range p.where {
		if want := map[bool]int{true: 1}[where == pieceMissing]; places[i] != want {
			t.Fatalf("piece %d (%d) is in %d places", i, where, places[i])
		}
	}
}

// checkAvailability fails unless the counts are those of the live owners' sets, wanted
// pieces are in the level of their count, and no owner passes over a level in which
// there is a piece for it.
func checkAvailability(t rapid.TB, p *Plan) {
	t.Helper()
	whole, partial, wanted := 0, 0, 0
	holders := make([]uint16, len(p.where))
	for _, o := range p.ranks {
		switch {
		case o.live && o.whole():
			whole++
		case o.live:
			partial++
			o.has.each(func(i int) { holders[i]++ })
		}
	}
	if whole != p.whole || partial != p.partial || (partial > 0) != (p.avail != nil) {
		t.Fatalf("%d whole and %d partial owners, counted as %d and %d", whole, partial, p.whole, p.partial)
	}
	if p.avail == nil {
		return
	}
	for i, n := range holders {
		if p.where[i] != pieceDone && n != p.avail.holders[i] {
			t.Fatalf("piece %d has %d holders, counted as %d", i, n, p.avail.holders[i])
		}
	}
	for n, level := range p.avail.levels {
		wanted += level.size
		level.each(func(i int) {
			if p.avail.level(i) != n {
				t.Fatalf("piece %d has %d holders and is in level %d", i, holders[i], n)
			}
			for _, o := range p.ranks {
				if o.live && o.holds(i) && o.floor > n {
					t.Fatalf("owner %d passes over piece %d", o.number, i)
				}
			}
		})
	}
	if wanted != p.avail.wanted {
		t.Fatalf("%d wanted, counted as %d", wanted, p.avail.wanted)
	}
}
