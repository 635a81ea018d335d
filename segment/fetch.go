package segment

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"go.uber.org/zap"
)

// Errors that Sink.Gone reports. A refusal wraps ErrUnknown or ErrChanged.
var (
	// ErrSilent: the owner owed bytes and sent nothing for about a second.
	ErrSilent = errors.New("owner stopped answering")

	// ErrNoAnswer: the owner never answered HELLO.
	ErrNoAnswer = errors.New("owner does not answer")
)

// A Sink is the side of a Fetch that knows the file: which bytes are wanted, and
// where they go. Every method is called from the goroutine of Fetch.Run, so a
// Sink needs no lock of its own. Owners are small numbers that the caller chose.
type Sink interface {
	// Next returns the next range to ask of owner, at most max bytes long.
	// n is 0 when there is nothing to ask of it now; Fetch asks again after
	// any Arrived, Gone or Do.
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

// FetchConfig says what a Fetch fetches.
type FetchConfig struct {
	InfoHash InfoHash
	Sink     Sink

	// Log gets one event a line; nil logs nothing.
	Log *zap.Logger
}

// A Fetch moves the bytes of one torrent from its owners to a Sink, over a
// socket of its own. It holds, for each owner, the cookie, the window and the
// timers, and asks again for what does not come.
type Fetch struct{}

// NewFetch returns a fetch on sock, which stays the caller's to close.
func NewFetch(sock Socket, cfg FetchConfig) *Fetch { return &Fetch{} }

// Run is the loop that owns all state of the fetch and of its Sink. It returns
// nil after Stop, ctx.Err() when ctx ends, and the error of a failing socket.
func (f *Fetch) Run(ctx context.Context) error { return nil }

// Do has fn called by Run's goroutine, soon, and after those before it. It may be
// called from any goroutine, before Run and during it; after Run has returned fn
// is dropped.
func (f *Fetch) Do(fn func(now time.Time)) {}

// The methods below are for Run's goroutine only: call them from the Sink or
// from a function given to Do.

// Connect begins to fetch from the owner at addr. A number that is in use is
// first disconnected.
func (f *Fetch) Connect(owner int, addr netip.AddrPort) {}

// Disconnect stops asking owner. Bytes still on their way are dropped.
func (f *Fetch) Disconnect(owner int) {}

// Receipt hands owner a receipt for what it delivered, at most MaxReceipt bytes,
// and repeats it until the owner has taken it or is gone.
func (f *Fetch) Receipt(owner int, receipt []byte) {}

// Stop ends Run once every receipt is taken, and in half a second at the latest.
func (f *Fetch) Stop() {}

// OwnerStats is what a Fetch knows of one owner.
type OwnerStats struct {
	Connected bool
	Rate      float64       // delivery rate, bytes/s; 0 before the first sample
	RTT       time.Duration // smoothed round trip; 0 before the first sample
	Window    int           // bytes that may be outstanding
	InFlight  int           // bytes that are
	Asked     int64         // blocks asked for, repeats included
	Repeated  int64         // blocks asked for again
	Lost      int64         // blocks taken for lost
	Bytes     int64         // payload bytes that arrived, once each
}

// Stats returns what is known of owner; the zero value if it is unknown.
func (f *Fetch) Stats(owner int) OwnerStats { return OwnerStats{} }

// MaxReceipt is the most bytes that a receipt may have.
const MaxReceipt = 512
