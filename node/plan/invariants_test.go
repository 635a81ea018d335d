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
	for _, o := range p.ranks {
		count(&o.chunk)
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
