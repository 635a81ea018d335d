package plan

import (
	"testing"

	"pgregory.net/rapid"
)

// checkRuns fails unless s is sorted, without overlap or touch, and counted right.
func checkRuns(t rapid.TB, s *rangeSet) {
	t.Helper()
	size := 0
	for i, r := range s.runs {
		if r.from >= r.to || i > 0 && r.from <= s.runs[i-1].to {
			t.Fatalf("runs out of order: %v", s.runs)
		}
		size += r.to - r.from
	}
	if size != s.size {
		t.Fatalf("size %d of %d pieces: %v", s.size, size, s.runs)
	}
}

// pieces lists a set and checks it on the way.
func pieces(t rapid.TB, s *rangeSet) (list []int) {
	t.Helper()
	checkRuns(t, s)
	for _, r := range s.runs {
		for i := r.from; i < r.to; i++ {
			list = append(list, i)
			if !s.has(i) {
				t.Fatalf("has(%d) is false in %v", i, s.runs)
			}
		}
	}
	return list
}

func TestRangeSetJoinsNeighbours(t *testing.T) {
	var s rangeSet
	for _, i := range []int{4, 0, 2, 1, 3} {
		s.add(i, i+1)
		checkRuns(t, &s)
	}
	if len(s.runs) != 1 || s.first() != 0 || s.last() != 4 || s.has(5) || s.has(-1) {
		t.Fatalf("runs %v", s.runs)
	}
}

func TestRangeSetActsLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b rangeSet
		in := map[int]*rangeSet{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				i := rapid.IntRange(0, 30).Draw(t, "piece")
				if in[i] == nil {
					a.add(i, i+1)
					in[i] = &a
				}
			},
			"pop": func(t *rapid.T) {
				if a.size > 0 {
					i := a.first()
					if got := a.pop(); got != i {
						t.Fatalf("pop %d of %d", got, i)
					}
					delete(in, i)
				}
			},
			"back to b": func(t *rapid.T) {
				n := rapid.IntRange(-1, a.size+1).Draw(t, "n")
				taken := a.takeBack(n)
				if want := min(max(n, 0), a.size+taken.size); taken.size != want {
					t.Fatalf("took %d of %d", taken.size, want)
				}
				if a.size > 0 && taken.size > 0 && a.last() > taken.first() {
					t.Fatalf("left %v, took %v from the back", a.runs, taken.runs)
				}
				for _, i := range pieces(t, &taken) {
					in[i] = &b
				}
				b.addAll(&taken)
			},
			"front of b": func(t *rapid.T) {
				taken := b.takeFront(rapid.IntRange(0, 5).Draw(t, "n"))
				for _, i := range pieces(t, &taken) {
					in[i] = &a
				}
				a.addAll(&taken)
			},
			"": func(t *rapid.T) {
				if n := len(pieces(t, &a)) + len(pieces(t, &b)); n != len(in) {
					t.Fatalf("%d pieces of %d", n, len(in))
				}
				for i, s := range in {
					if !s.has(i) {
						t.Fatalf("lost %d", i)
					}
				}
			},
		})
	})
}
