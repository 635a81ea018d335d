package tracker

import (
	"math/rand/v2"
	"testing"
)

// Of 10 places 0, 4 and 9 are taken. Two are drawn: every pair of the others in every
// order is as likely, and in the end nothing is left.
func TestLotsDrawWhatIsLeftEvenly(t *testing.T) {
	const draws = 42_000
	random := rand.New(rand.NewPCG(1, 2))
	pairs := make(map[int]int)
	for range draws {
		l := &lots{random: random}
		for _, place := range []int{9, 0, 4} {
			l.take(place)
		}
		first, _ := l.draw(10)
		second, _ := l.draw(10)
		pairs[first*10+second]++
		for left := 5; ; left-- {
			place, ok := l.draw(10)
			if ok != (left > 0) || ok && (place == first || place == second) {
				t.Fatalf("with %d left place %d is drawn, %t", left, place, ok)
			}
			if !ok {
				break
			}
		}
	}
	evenly(t, "pairs", pairs, 7*6, draws/(7*6))
	for _, pair := range []int{11, 14, 19, 10} {
		if pairs[pair] != 0 {
			t.Errorf("places %d and %d were drawn", pair/10, pair%10)
		}
	}
}

func TestLotsKeepToTheFirstPlaces(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	counts := make(map[int]int)
	for range 3000 {
		l := &lots{random: random, taken: []int{1, 7}}
		place, ok := l.draw(4)
		if !ok {
			t.Fatal("nothing is left")
		}
		counts[place]++
	}
	evenly(t, "first places", counts, 3, 1000)
	if counts[0] == 0 || counts[2] == 0 || counts[3] == 0 {
		t.Errorf("drawn: %v", counts)
	}
}
