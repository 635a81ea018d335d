package seeding

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A booth is a seeding under test.
type booth struct {
	*testing.T
	*Seeding
	now time.Time
}

func newBooth(t *testing.T, pieces int) *booth {
	random := rand.New(rand.NewPCG(1, 1))
	return &booth{t, New(Config{Pieces: pieces, Credit: 2, Patience: time.Second, Random: random}), time.Unix(100, 0)}
}

// tells fails unless each asker is told of so many pieces, and returns them by asker.
func (b *booth) tells(want map[int]int) map[int][]int {
	b.Helper()
	told, counts := map[int][]int{}, map[int]int{}
	for _, d := range b.Tell(b.now) {
		told[d.Asker] = append(told[d.Asker], d.Piece)
		counts[d.Asker]++
	}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		b.Fatalf("told %v, want %v", counts, want)
	}
	return told
}

// spreads fails unless an asker has spread so many of the pieces that were lent to it.
func (b *booth) spreads(asker, want, of int) {
	b.Helper()
	if lent, spread := b.Spread(asker); lent != of || spread != want {
		b.Errorf("%d spread %d of %d, want %d of %d", asker, spread, lent, want, of)
	}
}

func TestEachPieceIsToldToOneAskerOnly(t *testing.T) {
	b := newBooth(t, 20)
	seen := map[int]bool{}
	for asker := range 4 {
		b.Join(asker)
	}
	for _, pieces := range b.tells(map[int]int{0: 2, 1: 2, 2: 2, 3: 2}) {
		for _, i := range pieces {
			if seen[i] {
				t.Errorf("piece %d told twice", i)
			}
			seen[i] = true
		}
	}
	b.tells(map[int]int{})
}

func TestWhoPassesOnIsToldOfMore(t *testing.T) {
	b := newBooth(t, 20)
	b.Join(1)
	b.Join(2)
	told := b.tells(map[int]int{1: 2, 2: 2})
	for asker, pieces := range told {
		for _, i := range pieces {
			b.Sent(asker, i, b.now)
			b.Seen(asker, i) // it has it itself: that is no news
		}
	}
	b.tells(map[int]int{})
	b.Seen(2, told[1][0])
	b.tells(map[int]int{1: 1})
	b.Seen(77, told[1][1])
	b.tells(map[int]int{1: 1})
}

func TestWhatIsNotAskedForIsToldToAnother(t *testing.T) {
	b := newBooth(t, 4)
	b.Join(1)
	b.Join(2)
	told := b.tells(map[int]int{1: 2, 2: 2})
	b.Sent(2, told[2][0], b.now)
	b.Sent(2, told[2][1], b.now)
	b.Seen(1, told[2][0])
	b.Seen(1, told[2][1])
	b.now = b.now.Add(1001 * time.Millisecond)
	b.tells(map[int]int{2: 2})
}

func TestWhatDoesNotSpreadIsToldToOthersAndCounts(t *testing.T) {
	b := newBooth(t, 20)
	b.Join(1)
	b.Join(2)
	told := b.tells(map[int]int{1: 2, 2: 2})
	for asker, pieces := range told {
		for _, i := range pieces {
			b.Sent(asker, i, b.now)
		}
	}
	b.Seen(2, told[1][0])
	b.Seen(2, told[1][1])
	again := b.tells(map[int]int{1: 2})[1]
	b.now = b.now.Add(1001 * time.Millisecond)
	b.Sent(1, again[0], b.now)
	b.Sent(1, again[1], b.now)
	b.Seen(3, again[0])
	b.Seen(3, again[1])
	for _, i := range b.tells(map[int]int{1: 2})[1] {
		if i != told[2][0] && i != told[2][1] {
			t.Errorf("told of %d before %v, which 2 kept", i, told[2])
		}
	}
	b.Seen(1, told[2][0]) // so late: it came from 2, since the seed has not sent it again
	b.tells(map[int]int{1: 1, 2: 1})
	b.spreads(1, 4, 4)
	b.spreads(2, 1, 2)
}

func TestWhatTheSeedItselfSentSaysNothingOfAnother(t *testing.T) {
	b := newBooth(t, 4)
	b.Join(1)
	b.Join(2)
	b.Sent(1, 0, b.now)
	b.Sent(2, 0, b.now)
	b.Seen(2, 0)
	b.spreads(1, 0, 0)
}

func TestWhoHasAPieceIsNotToldOfIt(t *testing.T) {
	b := newBooth(t, 3)
	b.Join(1)
	b.Join(2)
	i := b.tells(map[int]int{1: 2, 2: 1})[2][0]
	b.Sent(2, i, b.now)
	b.now = b.now.Add(1001 * time.Millisecond)
	b.Idle()
	b.Idle()
	b.Idle()
	for _, d := range b.Tell(b.now) {
		if d.Asker == 2 && d.Piece == i {
			t.Errorf("2 is told of the piece that it was sent")
		}
	}
}

func TestASlowSeedIsPatient(t *testing.T) {
	b := newBooth(t, 20)
	b.Join(1)
	b.Join(2)
	for _, i := range b.tells(map[int]int{1: 2, 2: 2})[1] {
		b.now = b.now.Add(900 * time.Millisecond)
		b.Sent(1, i, b.now)
		b.Seen(2, i)
		b.tells(map[int]int{1: 1}) // and nothing of 2 is given to others
	}
}

func TestTimeInWhichNobodyAskedIsNoSlowness(t *testing.T) {
	s := New(Config{Pieces: 3, Patience: time.Second})
	now := time.Unix(1, 0)
	for asker := range 3 {
		s.Join(asker)
	}
	s.Sent(0, 0, now)
	s.Seen(9, 0)
	s.Idle()
	now = now.Add(time.Hour)
	s.Sent(1, 1, now)
	s.Seen(9, 1)
	if told := s.Tell(now); len(told) != 1 {
		t.Fatalf("told %v", told)
	}
	now = now.Add(1001 * time.Millisecond)
	if told := s.Tell(now); len(told) != 1 {
		t.Errorf("the last piece is still reserved: the seed takes itself for slow")
	}
}

func TestWhatLeftWithAnAskerIsSentAgain(t *testing.T) {
	b := newBooth(t, 2)
	b.Join(1)
	b.Join(2)
	b.Join(3)
	for asker, pieces := range b.tells(map[int]int{1: 1, 2: 1}) {
		if asker == 1 {
			b.Sent(1, pieces[0], b.now)
		}
	}
	b.Leave(1)
	b.tells(map[int]int{2: 1})
	b.Leave(2)
	b.tells(map[int]int{3: 2})
	if b.Open() {
		t.Error("open, and both pieces are gone")
	}
}

func TestIdleTimeRaisesTheCreditOfWhoIsReady(t *testing.T) {
	b := newBooth(t, 20)
	b.Join(1)
	b.Join(2)
	told := b.tells(map[int]int{1: 2, 2: 2})
	b.Sent(1, told[1][0], b.now)
	b.Idle()
	b.tells(map[int]int{}) // both have something to ask for
	b.Sent(1, told[1][1], b.now)
	b.Idle()
	b.Idle()
	b.tells(map[int]int{1: 2})
}

func TestASeedOpensWhenAllIsSent(t *testing.T) {
	b := newBooth(t, 3)
	if all := b.Join(1); !all {
		t.Error("the only asker is not told everything")
	}
	if all := b.Join(2); all {
		t.Error("the second asker is told everything")
	}
	b.Sent(1, 0, b.now)
	b.Sent(2, 1, b.now)
	if b.Seen(5, 1); b.Open() {
		t.Error("open after two of three pieces")
	}
	if b.Seen(5, 2); !b.Open() { // another seed sent it
		t.Error("closed, and all pieces are with others")
	}
	if all := b.Join(3); !all || len(b.Tell(b.now)) > 0 {
		t.Error("an open seed holds back")
	}
}

// TestEveryPieceLeaves: whatever askers do, the accounts are right, and an asker that
// takes what it is told of empties the queue.
func TestEveryPieceLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.IntRange(1, 30).Draw(t, "pieces")
		s := New(Config{Pieces: pieces, Random: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))})
		now := time.Unix(0, 0)
		asker := func() int { return rapid.IntRange(0, 4).Draw(t, "asker") }
		piece := func() int { return rapid.IntRange(0, pieces-1).Draw(t, "piece") }
		t.Repeat(map[string]func(*rapid.T){
			"join":  func(*rapid.T) { s.Join(asker()) },
			"leave": func(*rapid.T) { s.Leave(asker()) },
			"sent":  func(*rapid.T) { s.Sent(asker(), piece(), now) },
			"seen":  func(*rapid.T) { s.Seen(asker(), piece()) },
			"idle":  func(*rapid.T) { s.Idle() },
			"tell":  func(*rapid.T) { s.Tell(now) },
			"time":  func(*rapid.T) { now = now.Add(time.Duration(rapid.IntRange(0, 7).Draw(t, "s")) * time.Second) },
			"":      func(t *rapid.T) { checkAccounts(t, s) },
		})
		s.Join(9)
		for round := 0; !s.Open(); round++ {
			if round > 100 {
				t.Fatal("it never opens")
			}
			now = now.Add(time.Minute)
			for _, d := range s.Tell(now) {
				if d.Asker == 9 {
					s.Sent(9, d.Piece, now)
				}
			}
			s.Idle()
		}
	})
}

func checkAccounts(t *rapid.T, s *Seeding) {
	unsent, seen, waiting, left := map[*asker]int{}, map[*asker]int{}, 0, 0
	for _, p := range s.pieces {
		switch p.state {
		case told:
			unsent[p.to]++
			waiting++
		case sent:
			seen[p.to]++
		}
		if p.state <= told && !p.again {
			left++
		}
	}
	for _, a := range s.askers {
		if a.unsent != unsent[a] || a.unseen != seen[a] {
			t.Fatalf("asker %d has %d unsent and %d unseen, not %d and %d", a.number, unsent[a], seen[a], a.unsent, a.unseen)
		}
	}
	if waiting != s.told || left != s.unsent {
		t.Fatalf("%d told and %d unsent, not %d and %d", waiting, left, s.told, s.unsent)
	}
}
