package segment

import (
	"errors"
	"net/netip"
	"time"
)

// ErrLacking is what reading a Content returns for bytes that are not there yet. The
// asker is told to ask again later.
var ErrLacking = errors.New("does not have these bytes yet")

// An Offer is a Content that many fetch from one another: it may be there in part, and
// those who ask tell what they have themselves. A Content that is no Offer is whole, and
// serves all alike. Its methods are called from the goroutine of Server.Run. Askers are
// numbers that the server draws; none is used twice.
type Offer interface {
	Content

	// Whole reports whether anybody who comes now may ask for everything at once.
	// If not, the asker has to introduce itself first, and is told what Told says.
	Whole() bool

	// Turn is how many bytes an asker is served before the next when many wait: a piece.
	Turn() int

	// Meet is called with each INTEREST of an asker, the first of which makes it known.
	Meet(asker int, i Interest, now time.Time)

	// Told returns the pieces that an asker may be told of, in the order in which they
	// came to be so. The list only grows, and is read until the next call. all means
	// every piece, now and later.
	Told(asker int) (pieces []uint32, all bool)

	// News returns the place of the first of some pieces that an asker is not known to have,
	// how many they are if there is none. It may be told of the others when something else is
	// to be said.
	News(asker int, pieces []uint32) int

	// Curious reports whether it matters which pieces askers get, and not only how many:
	// they then say so.
	Curious() bool

	// Rank says when an asker is served: before all that have a greater one, and if it
	// is infinite, not now.
	Rank(asker int) float64

	// Sent says that bytes of the file were sent to an asker.
	Sent(asker int, off int64, n int, now time.Time)

	// Idle says that no asker wants anything that it may ask for, and has not for the time
	// that so many turns take, since the last call or since something was sent.
	Idle(turns float64)

	// Left says that an asker is gone.
	Left(asker int)
}

// An Interest is what an asker says of itself.
type Interest struct {
	Node uint32         // its node id; nobody has checked it
	Addr netip.AddrPort // its IP, and the port at which it serves the same torrent; 0: at none
	Has  int            // how many pieces it has
	News []uint32       // some that it has got and had not said; valid during the call
}
