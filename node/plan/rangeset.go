package plan

import "slices"

// A rangeSet is a set of piece numbers, kept as sorted runs that neither overlap nor
// touch. The zero value is the empty set. A chunk is one run at first; a resumed file
// or a theft leaves several.
type rangeSet struct {
	runs []run
	size int // pieces in all runs
}

// A run holds the pieces from, from+1, ... to-1; it is never empty.
type run struct{ from, to int }

// first returns the lowest piece of the set, which must not be empty.
func (s *rangeSet) first() int { return s.runs[0].from }

// last returns the highest piece of the set, which must not be empty.
func (s *rangeSet) last() int { return s.runs[len(s.runs)-1].to - 1 }

// has reports whether piece i is in the set.
func (s *rangeSet) has(i int) bool {
	k, _ := slices.BinarySearchFunc(s.runs, i, func(r run, i int) int { return r.to - 1 - i })
	return k < len(s.runs) && s.runs[k].from <= i
}

// add puts the pieces from <= i < to into the set. None may be in it already.
func (s *rangeSet) add(from, to int) {
	if from >= to {
		return
	}
	s.size += to - from
	k, _ := slices.BinarySearchFunc(s.runs, from, func(r run, i int) int { return r.from - i })
	left := k > 0 && s.runs[k-1].to == from
	right := k < len(s.runs) && s.runs[k].from == to
	switch {
	case left && right:
		s.runs[k-1].to = s.runs[k].to
		s.runs = slices.Delete(s.runs, k, k+1)
	case left:
		s.runs[k-1].to = to
	case right:
		s.runs[k].from = from
	default:
		s.runs = slices.Insert(s.runs, k, run{from, to})
	}
}

// addAll moves every piece of t into s and leaves t empty. They must have none in common.
func (s *rangeSet) addAll(t *rangeSet) {
	all := append(s.runs, t.runs...)
	slices.SortFunc(all, func(a, b run) int { return a.from - b.from })
	s.runs = all[:0]
	for _, r := range all {
		if k := len(s.runs) - 1; k >= 0 && s.runs[k].to == r.from {
			s.runs[k].to = r.to
		} else {
			s.runs = append(s.runs, r)
		}
	}
	s.size += t.size
	*t = rangeSet{runs: t.runs[:0]}
}

// pop removes and returns the lowest piece of the set, which must not be empty.
func (s *rangeSet) pop() int {
	i := s.runs[0].from
	s.size--
	if s.runs[0].from++; s.runs[0].from == s.runs[0].to {
		s.runs = s.runs[1:]
	}
	return i
}

// takeFront removes the n lowest pieces, or all if there are fewer, and returns them.
func (s *rangeSet) takeFront(n int) rangeSet {
	k, n := 0, max(0, min(n, s.size))
	var t rangeSet
	for t.size < n {
		r := &s.runs[k]
		to := min(r.to, r.from+n-t.size)
		t.add(r.from, to)
		if r.from = to; r.from == r.to {
			k++
		}
	}
	s.runs = s.runs[k:]
	s.size -= n
	return t
}

// takeBack removes the n highest pieces, or all if there are fewer, and returns them.
func (s *rangeSet) takeBack(n int) rangeSet {
	front := s.takeFront(s.size - n)
	*s, front = front, *s
	return front
}
