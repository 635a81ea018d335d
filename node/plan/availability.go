package plan

import (
	"math"
	"math/rand/v2"
)

// mostLevels bounds how finely availability is told apart: a piece that so many
// owners have is not rare, whatever the number.
const mostLevels = 64

// An availability says how many partial owners have each piece, and keeps the missing
// pieces sorted by that. Owners that are whole have all, and so make no difference.
//
//	level 0   ..#....#......   missing, and only whole owners have it
//	level 1   #...#.........   one partial owner has it
//	level 2   .#............
//
// Each change moves one bit from one level to another.
type availability struct {
	holders []uint16   // by piece; of no meaning for pieces that are done
	levels  []pieceSet // of missing pieces that can be started, by their number of holders
	wanted  int        // pieces in all levels
}

func newAvailability(pieces int) *availability {
	return &availability{holders: make([]uint16, pieces), levels: make([]pieceSet, 0, 16)}
}

// level returns where a piece belongs if it is wanted.
func (v *availability) level(piece int) int { return min(int(v.holders[piece]), mostLevels-1) }

// want puts a missing piece into its level.
func (v *availability) want(piece int) {
	v.at(v.level(piece)).add(piece)
	v.wanted++
}

// begun takes out a piece that is wanted no more.
func (v *availability) begun(piece int) {
	v.levels[v.level(piece)].remove(piece)
	v.wanted--
}

// isWanted reports whether a piece is in its level.
func (v *availability) isWanted(piece int) bool {
	level := v.level(piece)
	return level < len(v.levels) && v.levels[level].has(piece)
}

// gain counts one more holder of a piece.
func (v *availability) gain(piece int) {
	if v.holders[piece] < math.MaxUint16 {
		v.move(piece, v.holders[piece]+1)
	}
}

// lose counts one holder less.
func (v *availability) lose(piece int) {
	if v.holders[piece] > 0 {
		v.move(piece, v.holders[piece]-1)
	}
}

func (v *availability) move(piece int, holders uint16) {
	before := v.level(piece)
	wanted := v.isWanted(piece)
	v.holders[piece] = holders
	if after := v.level(piece); wanted && after != before {
		v.levels[before].remove(piece)
		v.at(after).add(piece)
	}
}

func (v *availability) at(level int) *pieceSet {
	for len(v.levels) <= level {
		v.levels = append(v.levels, newPieceSet(len(v.holders)))
	}
	return &v.levels[level]
}

// rarest returns a wanted piece that o has and fewest others have, one of several at
// random. What it learns in vain it remembers in o.floor, so that a level is searched
// again only after something has come into it.
func (v *availability) rarest(o *owner, random *rand.Rand) (piece int, ok bool) {
	for ; o.floor < len(v.levels); o.floor++ {
		if piece, ok = v.levels[o.floor].draw(&o.has, random); ok {
			return piece, true
		}
	}
	return 0, false
}

// any reports whether rarest would return a piece.
func (v *availability) any(o *owner) bool {
	for ; o.floor < len(v.levels); o.floor++ {
		if v.levels[o.floor].meets(&o.has) {
			return true
		}
	}
	return false
}
