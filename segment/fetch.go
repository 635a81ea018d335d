package segment

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Errors that Sink.Gone reports, beside the owner's own ErrUnknown, ErrChanged
// and ErrLeaving.
var (
	// ErrSilent: the owner owed bytes and sent nothing for about a second.
	ErrSilent = errors.New("owner stopped answering")

	// ErrNoAnswer: the owner never answered HELLO.
	ErrNoAnswer = errors.New("owner does not answer")
)

// FetchConfig says what a Fetch fetches.
type FetchConfig struct {
	InfoHash InfoHash
	Sink     Sink

	// Swarm is for a Sink that is a SwarmSink.
	Swarm SwarmConfig

	Limits Limits // of all that the node sends and receives

	// Log gets one event a line, and at debug level every REQUEST and every
	// loss; nil logs nothing.
	Log *zap.Logger

	// Trace is called by Run's goroutine with what is known of an owner, after
	// arrivals and losses, at most once a millisecond for each; nil traces nothing.
	Trace func(owner int, s Sample)
}

// SwarmConfig says what a Fetch tells owners of its own side.
type SwarmConfig struct {
	Pieces      int // of the file
	PieceLength int // bytes, no more than the file has

	Node uint32 // node id
	Port uint16 // where the pieces that have come are served; 0: nowhere
}

// idleLook is how often a Sink that had nothing for an owner is asked again,
// though nothing happened: time alone can change its mind.
const idleLook = 50 * time.Millisecond

// stopWait is how long Stop waits for receipts to be taken.
const stopWait = 500 * time.Millisecond

// A Fetch moves the bytes of one torrent from its owners to a Sink, over a
// socket of its own. It holds, for each owner, the cookie, the window and the
// timers, and asks again for what does not come.
//
// Run's goroutine owns everything but the queue of Do.
type Fetch struct {
	sock  Socket
	hash  InfoHash
	sink  Sink
	swarm SwarmSink // sink, if it is one; else nil
	self  SwarmConfig
	log   *zap.Logger
	show  func(owner int, s Sample) // nil: nothing is traced

	owners  []*owner
	byID    map[int]*owner
	byNonce map[uint64]*owner
	up      *Limiter
	down    allowance
	resume  time.Time // when a limit lets us ask again; zero: none holds us back
	came    int64     // bytes on the wire
	first   int       // whose turn it is to ask first
	stopAt  time.Time // zero until Stop
	fill    fill
	rooms   rooms
	sum     rateSum
	out     []Datagram
	wanted  []extent // scratch of gather
	spans   []span   // and of send
	placed  []extent // where payloads of the Read under way belong
	gained  []uint32 // pieces that are here, in the order in which they came
	fresh   []int    // scratch of learn
	have    have     // scratch of dispatch

	mu      sync.Mutex // guards the queue and the read deadline
	queue   []func(now time.Time)
	closed  bool
	waiting time.Time // the read deadline as it is set
}

// NewFetch returns a fetch on sock, which stays the caller's to close.
func NewFetch(sock Socket, cfg FetchConfig) *Fetch {
	log := cfg.Log
	if log == nil {
		log = zap.NewNop()
	}
	swarm, _ := cfg.Sink.(SwarmSink)
	parts, _ := sock.(divided)
	return &Fetch{
		swarm:   swarm,
		self:    cfg.Swarm,
		sock:    sock,
		rooms:   rooms{sock: parts},
		hash:    cfg.InfoHash,
		sink:    cfg.Sink,
		log:     log,
		show:    cfg.Trace,
		up:      cfg.Limits.Up,
		down:    allowance{limit: cfg.Limits.Down},
		byID:    make(map[int]*owner),
		byNonce: make(map[uint64]*owner),
	}
}

// Do has fn called by Run's goroutine, soon, and after those before it. It may be
// called from any goroutine, before Run and during it; after Run has returned fn
// is dropped.
func (f *Fetch) Do(fn func(now time.Time)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.queue = append(f.queue, fn)
	f.wake()
}

// wake ends a waiting read. f.mu is held.
func (f *Fetch) wake() {
	f.waiting = time.Unix(1, 0)
	f.sock.SetReadDeadline(f.waiting)
}

// Run is the loop that owns all state of the fetch and of its Sink. It returns
// nil after Stop, ctx.Err() when ctx ends, and the error of a failing socket.
func (f *Fetch) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { f.Do(func(time.Time) {}) })
	defer stop()
	defer f.close()
	defer f.placing()()
	var got []Datagram
	woke := time.Now() // from the last Read
	for {
		now := time.Now()
		f.runQueue(now)
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.stopped(now) {
			return nil
		}
		f.ask(now)
		f.flush()
		f.gatherArrivals(len(got))
		began := time.Now()
		deadline := f.nextTimer(began)
		if !f.arm(deadline) {
			continue
		}
		var err error
		got, err = f.sock.Read()
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		now = time.Now()
		if began.Sub(woke) > away || !deadline.IsZero() && now.Sub(deadline) > away {
			f.forgive(now)
		}
		woke = now
		if err == nil {
			f.take(now, got)
		} else if !errors.Is(err, os.ErrDeadlineExceeded) {
			f.log.Debug("read failed", zap.Error(err))
		}
		f.tend(now)
	}
}

func (f *Fetch) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.queue = true, nil
}

// runQueue calls what Do has queued.
func (f *Fetch) runQueue(now time.Time) {
	f.mu.Lock()
	queue := f.queue
	f.queue = nil
	f.mu.Unlock()
	for _, fn := range queue {
		fn(now)
	}
}

// arm sets the read deadline. It returns false if something is queued, which
// comes first: a Do after this ends the read that follows.
func (f *Fetch) arm(deadline time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) > 0 {
		return false
	}
	if !deadline.Equal(f.waiting) {
		f.waiting = deadline
		f.sock.SetReadDeadline(deadline)
	}
	return true
}

// stopped reports whether Stop was called and all receipts are taken, or have
// been waited for long enough.
func (f *Fetch) stopped(now time.Time) bool {
	if f.stopAt.IsZero() {
		return false
	}
	for _, o := range f.owners {
		if len(o.receipts) > 0 && now.Before(f.stopAt) {
			return false
		}
	}
	return true
}

// The methods below are for Run's goroutine only: call them from the Sink or
// from a function given to Do.

// Connect begins to fetch from the owner at addr. A number that is in use is
// first disconnected.
func (f *Fetch) Connect(id int, addr netip.AddrPort) {
	f.Disconnect(id)
	_, buffer := f.buffers()
	o := newOwner(id, addr, min(largestPacket(buffer), f.down.limit.largest()))
	f.owners = append(f.owners, o)
	f.byID[id], f.byNonce[o.nonce] = o, o
	f.push(o, o.greet(time.Now(), f.hash))
}

// Disconnect stops asking an owner. Bytes still on their way are dropped.
func (f *Fetch) Disconnect(id int) {
	o := f.byID[id]
	if o == nil {
		return
	}
	delete(f.byID, id)
	delete(f.byNonce, o.nonce)
	// A new slice: a loop over the old one may be under way.
	var rest []*owner
	for _, other := range f.owners {
		if other != o {
			rest = append(rest, other)
		}
	}
	f.owners = rest
}

// Receipt hands an owner a receipt for what it delivered, 1 to MaxReceipt bytes,
// and repeats it until the owner has taken it or is gone.
func (f *Fetch) Receipt(id int, body []byte) {
	if o := f.byID[id]; o != nil && len(body) >= minReceiptBody && len(body) <= MaxReceipt {
		o.receiptN++
		o.receipts = append(o.receipts, thanks{number: o.receiptN, body: body, due: time.Now(), wait: receiptEvery})
	}
}

// Stop ends Run once every receipt is taken, and in half a second at the latest.
// No more bytes are asked for.
func (f *Fetch) Stop() {
	if f.stopAt.IsZero() {
		f.stopAt = time.Now().Add(stopWait)
	}
}

// Stats returns what is known of an owner; the zero value if it is unknown.
func (f *Fetch) Stats(id int) OwnerStats {
	if o := f.byID[id]; o != nil {
		return o.snapshot()
	}
	return OwnerStats{}
}

// push queues a datagram to o for the next flush. It counts at once: others ask by the same limit.
func (f *Fetch) push(o *owner, b []byte) {
	f.out = append(f.out, Datagram{Addr: o.addr, Head: b})
	if f.up != nil {
		f.up.urgent(time.Now(), onWire(f.out[len(f.out)-1:]))
	}
}

// flush sends what is queued.
func (f *Fetch) flush() {
	if len(f.out) > 0 {
		f.sock.Write(f.out)
		clear(f.out)
		f.out = f.out[:0]
	}
}

// gone ends the session with o and tells the sink why.
func (f *Fetch) gone(o *owner, err error, now time.Time) {
	f.log.Debug("session over", hashField(f.hash), peerField(o.addr), zap.String("why", err.Error()))
	f.Disconnect(o.id)
	f.sink.Gone(o.id, err, now)
}
