package plan

import (
	"math/bits"
	"math/rand/v2"
)

// A pieceSet is a set of piece numbers, one bit each. A rangeSet suits pieces that lie
// in runs; this suits pieces that lie anywhere.
type pieceSet struct {
	words []uint64
	size  int
}

func newPieceSet(pieces int) pieceSet { return pieceSet{words: make([]uint64, (pieces+63)/64)} }

func (s *pieceSet) has(i int) bool { return s.words[i/64]&(1<<(i%64)) != 0 }

// add puts piece i into the set and reports whether it is new there.
func (s *pieceSet) add(i int) bool {
	word, bit := &s.words[i/64], uint64(1)<<(i%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	s.size++
	return true
}

// remove takes piece i out of the set and reports whether it was there.
func (s *pieceSet) remove(i int) bool {
	word, bit := &s.words[i/64], uint64(1)<<(i%64)
	if *word&bit == 0 {
		return false
	}
	*word &^= bit
	s.size--
	return true
}

// each calls fn for every piece of the set, the lowest first. fn must not change the set.
func (s *pieceSet) each(fn func(piece int)) {
	for w, word := range s.words {
		for ; word != 0; word &= word - 1 {
			fn(w*64 + bits.TrailingZeros64(word))
		}
	}
}

// meets reports whether any piece is both in s and in other. An other without words has
// every piece.
func (s *pieceSet) meets(other *pieceSet) bool {
	if other.words == nil || s.size == 0 {
		return s.size > 0
	}
	for w, word := range s.words {
		if word&other.words[w] != 0 {
			return true
		}
	}
	return false
}

// draw returns one of the pieces that are both in s and in other, each as likely as the
// next. An other without words has every piece.
func (s *pieceSet) draw(other *pieceSet, random *rand.Rand) (piece int, ok bool) {
	common := s.size
	if other.words != nil && common > 0 {
		common = 0
		for w, word := range s.words {
			common += bits.OnesCount64(word & other.words[w])
		}
	}
	if common == 0 {
		return 0, false
	}
	k := random.IntN(common)
	for w, word := range s.words {
		if other.words != nil {
			word &= other.words[w]
		}
		if n := bits.OnesCount64(word); k >= n {
			k -= n
			continue
		}
		for ; k > 0; k-- {
			word &= word - 1
		}
		return w*64 + bits.TrailingZeros64(word), true
	}
	return 0, false
}
