package tracker

import (
	"math/rand/v2"
	"slices"
)

// lots draws places from a row, each at most once, and looks at no other. Those not
// taken are all as likely. It is for few draws: each looks at all before it.
type lots struct {
	random *rand.Rand
	taken  []int // ascending
}

// take keeps a place from being drawn. It is taken once.
func (l *lots) take(place int) {
	at, _ := slices.BinarySearch(l.taken, place)
	l.taken = slices.Insert(l.taken, at, place)
}

// draw takes one of the first places that are not taken, and returns it; false if all
// of them are.
func (l *lots) draw(places int) (place int, ok bool) {
	before, _ := slices.BinarySearch(l.taken, places)
	if before == places {
		return 0, false
	}
	// The place-th of those not taken.
	place = l.random.IntN(places - before)
	for _, taken := range l.taken {
		if taken > place {
			break
		}
		place++
	}
	l.take(place)
	return place, true
}
