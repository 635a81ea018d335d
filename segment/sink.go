package segment

import (
	"time"
)

// A Sink is the side of a Fetch that knows the file: which bytes are wanted, and
// where they go. Every method is called from the goroutine of Fetch.Run, so a
// Sink needs no lock of its own. Owners are small numbers that the caller chose.
type Sink interface {
	// Next returns the next range to ask of owner, at most max bytes long.
	// n is 0 when there is nothing to ask of it now; Fetch asks again after
	// any Arrived, Gone or Do, and every idleLook.
	Next(owner, max int, now time.Time) (off int64, n int)

	// Wanted reports whether any byte of a range that was given out is still
	// missing, so that a lost one is worth asking for again.
	Wanted(owner int, off int64, n int) bool

	// Arrived hands over bytes of a range that was asked of owner. data is
	// valid during the call only. Blocks come in any order, and a block may
	// come twice.
	Arrived(owner int, off int64, data []byte, now time.Time)

	// Connected says that owner answered HELLO and will now be asked.
	Connected(owner int, now time.Time)

	// Gone says that owner will be asked no more and that what it still owed
	// is not coming. It is the caller's to give those ranges to others and to
	// Connect again later. It is not called after Disconnect.
	Gone(owner int, err error, now time.Time)
}

// A PlacingSink is a Sink that has memory for bytes before they come.
type PlacingSink interface {
	Sink

	// Place returns n bytes of memory, into which a block at off may be received before it is
	// known to be good: none of its bytes is there, and all would be taken if Arrived came with them now.
	// Otherwise it returns nil. Arrived follows with that memory as data, or the block was not one.
	Place(owner int, off int64, n int) []byte
}

// A SwarmSink is a Sink of a file that its owners may have in part only. To a Sink that
// is none, every owner is whole.
type SwarmSink interface {
	Sink

	// Has says which pieces owner has: those for which has returns true, all if has is
	// nil. It comes before Connected of an owner that is not whole, and again for one
	// that has become so. has is valid during the call only.
	Has(owner int, has func(piece int) bool, now time.Time)

	// Gained says that owner has some pieces more.
	Gained(owner int, pieces []int, now time.Time)

	// Interested reports whether owner has anything that could be asked of it now.
	Interested(owner int, now time.Time) bool

	// Continue is Next, but of pieces only that some bytes were asked of already.
	Continue(owner, max int, now time.Time) (off int64, n int)
}
