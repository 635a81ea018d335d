package node

import (
	"context"
	"io"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/node/plan"
	"udptorrent/segment"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A Source moves bytes of one torrent from its owners to a segment.Sink. All but Run
// and Do are called from the goroutine of Run, which is also the one that calls the
// Sink. A segment.Fetch is one.
type Source interface {
	Run(ctx context.Context) error
	Do(fn func(now time.Time))
	Connect(owner int, addr netip.AddrPort)
	Disconnect(owner int)
	Receipt(owner int, receipt []byte)
	Gained(pieces ...int) // they are verified, so owners may be told
	Stats(owner int) segment.OwnerStats
	Stop()
}

// beat is how often a transfer looks at the clock.
const beat = 100 * time.Millisecond

// A transfer fetches the missing pieces of one torrent. It is the segment.SwarmSink of its
// source: the goroutine of Source.Run owns all of it, but for what is marked.
//
//	source --Arrived--> plan, piece buffers --full--> hasher --good--> part, and the offer
//	   ^                     |                           |
//	   +-------- Next -------+<-------- Done, Failed ----+
type transfer struct {
	node   *Node
	tor    *torrent.Torrent
	log    *zap.Logger
	source Source
	sum    *fileSum       // has its own goroutine; nil: the file is not hashed as a whole
	offer  *offer         // has a lock of its own; nil: what comes is not offered to others
	show   func(Progress) // takes each snapshot

	plan     *plan.Plan
	pieces   pieces
	owners   []*owner // by number
	dealt    bool     // the first of them have their chunks
	swarming bool     // the plan goes by rarity, as the log has it
	suspects map[int][]sample

	earlier   []int     // pieces that were there before it began
	verified  int64     // bytes of verified pieces, earlier runs included
	have      int       // verified pieces
	lastFresh time.Time // when a new byte last came, or the transfer began
	message   string    // of Progress
	speed     speedometer
	inquiry   inquiry
	err       error // why the transfer ended early

	// whole gets the tally when every piece is verified and written.
	whole chan []OwnerResult

	hasher  *hasher        // its own goroutines
	asking  sync.WaitGroup // goroutines that speak to the tracker
	beating atomic.Bool    // a beat is queued; set by the goroutine of beats
}

// newTransfer returns the transfer of what d's part is missing.
func newTransfer(d *download) *transfer {
	t := &transfer{
		node:     d.node,
		tor:      d.tor,
		log:      d.node.log.With(eventlog.Torrent(d.tor.InfoHash)),
		suspects: make(map[int][]sample),
		whole:    make(chan []OwnerResult, 1),
		verified: d.resumed,
		sum:      d.sum,
		offer:    d.offer,
		show:     d.show,
	}
	have := d.part.Have()
	t.have = have.Count()
	t.earlier = slices.Collect(have.All())
	active := activePieces(d.tor, d.node.running())
	t.plan = plan.New(plan.Config{Length: d.tor.Length, PieceLength: d.tor.PieceLength, MaxActive: active}, have.Has)
	t.pieces = newPieces(d.tor, active, t.plan.Active)
	t.hasher = newHasher(d.tor, d.part, active, d.node.labour)
	return t
}

// run fetches until all pieces are verified and written, ctx ends, or nobody delivers
// any more, and returns who delivered what. first are owners that are known already.
// It does not wait for the owners to take their receipts: that goes on for a moment.
func (t *transfer) run(ctx context.Context, first []api.Owner) ([]OwnerResult, error) {
	source, closer, err := t.node.newSource(t.tor, t)
	if err != nil {
		return nil, err
	}
	t.source = source
	if t.offer != nil {
		t.offer.introduce(func(node int, addr netip.AddrPort) {
			source.Do(func(now time.Time) { t.encounter(node, addr, now) })
		})
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, cancel)
	ended := make(chan error, 1)
	t.node.lingering.Go(func() {
		defer closer.Close()
		ended <- t.work(running, cancel, first)
	})
	select {
	case tally := <-t.whole:
		release()
		return tally, nil
	case err = <-ended:
	}
	release()
	select {
	case tally := <-t.whole: // both at once
		return tally, nil
	default:
		return nil, err
	}
}

// work is the transfer from its first question to its last receipt. It returns why
// it ended early.
func (t *transfer) work(ctx context.Context, cancel context.CancelFunc, first []api.Owner) error {
	t.hasher.start(func(r hashed) { t.source.Do(func(now time.Time) { t.hashed(r, now) }) })
	t.source.Do(func(now time.Time) { t.begin(ctx, first, now) })
	t.asking.Go(func() { t.beats(ctx) })
	err := t.source.Run(ctx)
	cancel()
	t.hasher.stop()
	t.asking.Wait()
	if t.err != nil {
		return t.err
	}
	return err
}

// newSource opens a UDP socket of its own for a transfer.
func (n *Node) newSource(t *torrent.Torrent, sink segment.Sink) (Source, io.Closer, error) {
	if n.openSource != nil {
		return n.openSource(t.InfoHash, sink)
	}
	local := netip.AddrPort{}
	if ip := n.cfg.Addr.Addr(); ip.IsValid() && !ip.IsUnspecified() {
		local = netip.AddrPortFrom(ip, 0)
	}
	socket, err := n.bind(local, n.cfg.dial)
	if err != nil {
		return nil, nil, err
	}
	fetch := segment.NewFetch(socket, segment.FetchConfig{
		InfoHash: segment.InfoHash(t.InfoHash),
		Sink:     sink,
		Swarm:    n.swarmConfig(t),
		Limits:   n.limits,
		Log:      n.log,
		Trace:    n.traced(t.InfoHash, sink),
	})
	return fetch, socket, nil
}

// swarmConfig is what a fetch of t tells owners of this node.
func (n *Node) swarmConfig(t *torrent.Torrent) segment.SwarmConfig {
	c := segment.SwarmConfig{Pieces: t.NumPieces(), PieceLength: int(min(t.PieceLength, t.Length)), Node: uint32(n.cfg.ID)}
	if !n.cfg.NoUpload {
		c.Port = n.Addr().Port()
	}
	return c
}

// beats has the transfer look at the clock until ctx ends.
func (t *transfer) beats(ctx context.Context) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if t.beating.CompareAndSwap(false, true) {
			t.source.Do(func(now time.Time) {
				t.beating.Store(false)
				t.beat(ctx, now)
			})
		}
	}
}

// begin is the first thing that happens on the source's goroutine.
func (t *transfer) begin(ctx context.Context, first []api.Owner, now time.Time) {
	t.lastFresh = now
	t.speed.start(t.verified, now)
	t.source.Gained(t.earlier...)
	t.earlier = nil
	if len(first) > 0 {
		t.take(first, now)
		t.inquiry.answered(now)
	}
	t.beat(ctx, now)
}

// beat does what is due by the clock.
func (t *transfer) beat(ctx context.Context, now time.Time) {
	if t.over() {
		return
	}
	t.retry(now)
	t.inquire(ctx, now)
	t.logDecisions()
	t.thank(now)
	t.showGivers()
	if t.hasher.busy() {
		t.lastFresh = now // it is the disk that we wait for
	}
	if now.Sub(t.lastFresh) > t.patience() {
		t.fail(t.abandoned(now))
		return
	}
	t.publish(now)
}

// inLine is how many times longer than for nobody a download waits for owners that answer
// and serve others first: its turn comes, but who gives nothing may wait long for it.
const inLine = 10

// patience is how long nothing new may come.
func (t *transfer) patience() time.Duration {
	for _, o := range t.owners {
		if t.reason(o) == errOthers {
			return inLine * t.node.cfg.Patience
		}
	}
	return t.node.cfg.Patience
}

// over reports whether the transfer is ending.
func (t *transfer) over() bool { return t.err != nil || t.plan.Whole() }

// fail ends the transfer.
func (t *transfer) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.source.Stop()
}

// hashed takes in what the hasher found.
func (t *transfer) hashed(r hashed, now time.Time) {
	p := r.piece
	defer t.pieces.free(p)
	switch {
	case r.err != nil:
		t.fail(r.err)
	case !r.good:
		t.spoiled(p, now)
	default:
		t.good(p, now)
	}
}

// credit puts the bytes of a verified piece on the accounts of those who sent them.
func (t *transfer) credit(parts []plan.Part) {
	for _, part := range parts {
		o := t.owners[part.Owner]
		o.verified += int64(part.N)
		o.strikes = 0
		if t.offer != nil {
			t.offer.credit(o.addr, part.N)
		}
	}
}

// good takes in a piece that is verified and written.
func (t *transfer) good(p *piece, now time.Time) {
	parts := t.plan.Done(p.index)
	t.have++
	t.verified += int64(len(p.buf))
	t.credit(parts)
	t.compare(p, now)
	t.sum.grow()
	t.source.Gained(p.index)
	if t.offer != nil {
		t.offer.gained(p.index)
	}
	if t.plan.Whole() {
		t.thankAll(now)
		t.logDecisions()
		t.publish(now)
		t.whole <- t.tally()
		t.source.Stop()
	}
}
