package segment

import (
	"math/rand/v2"
	"testing"
	"time"
)

// shelf is an Offer that is nothing but a list.
type shelf struct {
	Offer
	pieces int
	list   []uint32
	all    bool
	ranks  map[int]float64
	turn   int
}

func (s *shelf) Size() int64                     { return int64(s.pieces) * 1000 }
func (s *shelf) Turn() int                       { return max(s.turn, 1000) }
func (s *shelf) Told(int) ([]uint32, bool)       { return s.list, s.all }
func (s *shelf) Rank(asker int) float64          { return s.ranks[asker] }
func (s *shelf) Curious() bool                   { return true }
func (s *shelf) News(int, []uint32) int          { return 0 }
func (s *shelf) Left(int)                        {}
func (s *shelf) Sent(int, int64, int, time.Time) {}

// gain adds n pieces that the shelf has not, in random order.
func (s *shelf) gain(n int, random *rand.Rand) {
	has := map[uint32]bool{}
	for _, i := range s.list {
		has[i] = true
	}
	for _, i := range random.Perm(s.pieces) {
		if n > 0 && !has[uint32(i)] {
			s.list = append(s.list, uint32(i))
			n--
		}
	}
}

// Whatever gets lost between them, an asker knows in the end what the owner has told,
// and never more, and hears of few pieces twice.
func TestAskersLearnWhatOwnersHave(t *testing.T) {
	for _, size := range []struct{ pieces, first, later int }{
		{10, 0, 10}, {10, 3, 4}, {5000, 256, 900}, {5000, 257, 300}, {8192, 8192, 0}, {20_000, 9000, 400}, {16_384, 16_000, 384},
	} {
		for _, loss := range []float64{0, 0.3} {
			random := rand.New(rand.NewPCG(uint64(size.pieces), uint64(size.first)))
			owner := &shelf{pieces: size.pieces}
			owner.gain(size.first, random)
			k := &session{id: 77, offer: owner}
			n := &neighbour{}
			n.introduce(time.Time{}, false)
			heard := map[int]int{}
			take := func(m have) bool {
				if random.Float64() < loss {
					return false
				}
				var got have
				h, body, err := parseHeader(appendHave(nil, m))
				if err == nil {
					err = parseHave(&got, h, body)
				}
				if err != nil {
					t.Fatal(err)
				}
				return n.pieces(&got, func(piece int) { heard[piece]++ })
			}
			later := size.later
			for round := 0; len(heard) < size.first+size.later; round++ {
				if round > 1000 {
					t.Fatalf("%+v: knows %d of %d pieces", size, len(heard), size.first+size.later)
				}
				// The asker asks, and may be told unasked.
				if random.Float64() >= loss {
					m, ok := have{}, false
					if n.page != noPage {
						m, ok = k.page(1, n.page)
					}
					if !ok {
						from := n.at
						if n.list != k.list {
							from = 0
						}
						m = k.have(1, from)
					}
					take(m)
				}
				if some := min(later, random.IntN(20)); some > 0 {
					owner.gain(some, random)
					later -= some
					take(k.have(0, max(k.at, k.pushed-min(k.pushed, overlap))))
				}
			}
			for _, i := range owner.list {
				delete(heard, int(i))
			}
			if len(heard) > 0 {
				t.Errorf("%+v: %d pieces that the owner never told", size, len(heard))
			}
		}
	}
}

// An owner that has forgotten an asker begins another list.
func TestANewListIsLearntFromItsBeginning(t *testing.T) {
	owner := &shelf{pieces: 20, list: []uint32{1, 2, 3}}
	n := &neighbour{}
	n.introduce(time.Time{}, false)
	heard := map[int]bool{}
	learn := func(m have) bool { return n.pieces(&m, func(i int) { heard[i] = true }) }
	first := &session{id: 1, list: 1, offer: owner}
	learn(first.have(1, 0))
	owner.list = []uint32{9, 8, 7, 6}
	second := &session{id: 2, list: 2, offer: owner}
	if !learn(second.have(0, 3)) {
		t.Error("the end of another list does not make it ask for the beginning")
	}
	if more := learn(second.have(0, n.at)); more || !heard[9] || n.at != 4 {
		t.Errorf("knows %v, %d entries", heard, n.at)
	}
}

func TestOnlyTheLatestCreditCounts(t *testing.T) {
	n := &neighbour{}
	n.heardHave(time.Time{}, &have{serial: 2, credit: 100})
	n.heardHave(time.Time{}, &have{serial: 1, credit: 5000})
	if n.drawn = 60; n.left() != 40 {
		t.Errorf("%d bytes left, want 40", n.left())
	}
	if n.heardHave(time.Time{}, &have{serial: 3, credit: 50}); n.left() != 0 {
		t.Errorf("%d bytes left of credit that was taken back", n.left())
	}
	if n.heardHave(time.Time{}, &have{list: 1, serial: 1, credit: 100}); n.left() != 40 {
		t.Errorf("%d bytes left, want 40, of an owner that counts anew", n.left())
	}
}

// An owner that has forgotten an asker does not know its news any more.
func TestNewsAreToldAgainToAnOwnerThatForgotThem(t *testing.T) {
	n := &neighbour{number: 7}
	n.heardHave(time.Time{}, &have{number: 7, seen: 30})
	if n.heardHave(time.Time{}, &have{number: 6, seen: 20}); n.toldNews != 30 {
		t.Errorf("an old answer takes news back: %d", n.toldNews)
	}
	n.number++
	if n.heardHave(time.Time{}, &have{number: 8}); n.toldNews != 0 {
		t.Errorf("%d news are not told again", n.toldNews)
	}
}
