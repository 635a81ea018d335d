// Package node is a node of the swarm, as a library: it serves files to others
// over UDP and downloads theirs.
//
//	config.go      Config: who a node is
//	node.go        Open, Run, Close
//	tracker.go     how it speaks to the tracker
//	member.go      its place in the tracker's books
//	farewell.go    and how it leaves
//	notices.go     what a person is told of that, unasked
//	library.go     the files that it serves
//	shelf.go       one of them: whether it is as it was, and reading it
//	offer.go       what it has of a torrent, in part or whole, and tells others
//	holdings.go    which pieces the owners of a download have
//	askers.go      who asks for it, and what each is told
//	accounts.go    who of them is served first
//	sent.go        which pieces an asker was sent
//	announce.go    what of all that the tracker knows
//	share.go       Send: make a torrent, serve the file
//	beside.go      the .torrent that lies beside a file
//	resolve.go     what a download is of: a .torrent, a name, an info-hash
//	download.go    Download, from the first question to the last piece
//	finish.go      and from there to the file in place, which is shared
//	queue.go       downloads that wait for others
//	transfer.go    the fetching part of it: the state, and its beginning and end
//	sink.go        what the protocol asks of it and tells it
//	owners.go      whom it fetches from; who left, who comes back
//	neighbours.go  how they become known: from the tracker, or because they ask
//	inquiry.go     when the tracker is asked again; why nobody delivers
//	pieces.go      pieces in memory
//	hasher.go      hashing and writing them
//	filesum.go     SHA-1 of the whole file, while its pieces come
//	labour.go      when the node hashes in bulk
//	suspects.go    who delivered a bad piece
//	decisions.go   the log of who was to deliver what, and who did
//	trace.go       what the congestion control saw and did, for plots
//	thanks.go      receipts that it signs as a downloader,
//	receipts.go    and those that it passes on as an owner
//	report.go      what the operations report
//	reporter.go    how the reports get to the caller
//	snapshot.go    how far a transfer has come
//	speedometer.go and how fast
//	status.go      Status, List
//	verify.go      Verify
//
// Which range to ask of whom is decided in node/plan, what is on disk is the
// matter of node/disk, and segment moves the bytes.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/node/disk"
	"udptorrent/segment"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// ErrClosed is the error of an operation on a node that has been closed, or whose
// Run has ended.
var ErrClosed = errors.New("node is closed")

// A Node is one node of the swarm. Its methods may be called from any goroutine.
type Node struct {
	cfg      Config
	log      *zap.Logger
	folder   *disk.Folder
	socket   segment.Socket
	limits   segment.Limits
	tracker  *api.Client
	member   *member
	library  *library
	receipts *receiptQueue
	serials  *api.Serials
	labour   *labour // nil: nobody is told of it
	tracer   *tracer // nil: nothing is traced

	// openSource, if set, replaces the UDP source of downloads in tests.
	openSource func(torrent.Hash, segment.Sink) (Source, io.Closer, error)

	// ctx ends every operation when the node is closed or its Run has ended.
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup // operations under way, Run included

	// lingering are the transfers under way, and those that only wait for the
	// owners to take their receipts.
	lingering sync.WaitGroup

	announcing chan struct{}         // full while the tracker is told how the node stands to a torrent
	unlisted   map[torrent.Hash]bool // of which the log says that the tracker does not list them; of who fills announcing

	server atomic.Pointer[segment.Server] // nil before Run

	places chan struct{} // holds one for each download that runs

	mu        sync.Mutex // guards what follows
	closed    bool
	downloads map[string]*download // by file name, folded
}

// Open locks the folder, loads what the node remembers and binds its UDP socket.
// Nothing is served before Run.
func Open(cfg Config) (*Node, error) {
	if cfg.ID < 1 || cfg.ID > api.MaxNodeID {
		return nil, fmt.Errorf("node id %d: it must be 1 to %d", cfg.ID, api.MaxNodeID)
	}
	cfg.setDefaults()
	client, err := api.NewClient(cfg.Tracker, cfg.HTTP)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg:        cfg,
		log:        cfg.Log,
		limits:     segment.Limits{Up: segment.NewLimiter(float64(cfg.UploadRate)), Down: segment.NewLimiter(float64(cfg.DownloadRate))},
		tracker:    client,
		receipts:   newReceiptQueue(cfg.Log),
		labour:     newLabour(cfg.Busy),
		serials:    api.NewSerials(time.Now()),
		places:     make(chan struct{}, cfg.Downloads),
		downloads:  make(map[string]*download),
		announcing: make(chan struct{}, 1),
		unlisted:   make(map[torrent.Hash]bool),
	}
	if cfg.Trace != nil {
		n.tracer = newTracer(cfg.Trace)
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	if err := n.open(); err != nil {
		n.release()
		return nil, err
	}
	return n, nil
}

func (n *Node) open() error {
	var err error
	if n.folder, err = disk.OpenFolder(n.cfg.Folder); err != nil {
		return err
	}
	if n.socket, err = n.bind(n.cfg.Addr, n.cfg.Listen); err != nil {
		return err
	}
	secret, err := n.folder.Secret()
	if err != nil {
		return err
	}
	n.member = newMember(n, secret)
	n.library = newLibrary(n.folder, n.log, n.member.wake, n.tellAskers)
	return n.library.load(n.cfg.NoUpload)
}

// bind opens a UDP socket behind the node's line.
func (n *Node) bind(addr netip.AddrPort, open func(netip.AddrPort) (segment.Socket, error)) (segment.Socket, error) {
	socket, err := open(addr)
	if err != nil {
		if errno := syscall.Errno(0); errors.As(err, &errno) {
			err = errno // what is around it repeats the address
		}
		return nil, fmt.Errorf("bind UDP %s: %w; choose another -addr, port 0 is a free one", addr, err)
	}
	if n.cfg.Link.Impaired() {
		socket = segment.Impair(socket, n.cfg.Link)
	}
	return socket, nil
}

// Run registers at the tracker, serves the library and keeps both up until ctx ends
// or Close is called, which is no error, or something fails for good: the node id is
// taken, or the socket breaks. It is called once.
func (n *Node) Run(ctx context.Context) error {
	ctx, end, err := n.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	defer n.cancel()
	server := segment.NewServer(n.socket, segment.ServerConfig{
		Library: n.library,
		Receipt: n.takeReceipt,
		Limits:  n.limits,
		Log:     n.log,
	})
	n.server.Store(server)
	n.log.Info("node started", eventlog.Node(n.cfg.ID), zap.Stringer("addr", n.Addr()), zap.String("tracker", n.tracker.URL()))
	return together(ctx, server.Run, n.member.run, n.passReceipts)
}

// tellAskers has askers told what there is to tell.
func (n *Node) tellAskers() {
	if server := n.server.Load(); server != nil {
		server.Told()
	}
}

// together runs the parts until all have returned. When one returns, the others are
// told to; the first error that is not the end of ctx is returned.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for _, part := range parts {
		go func() { ended <- part(ctx) }()
	}
	var first error
	for range parts {
		err := <-ended
		cancel()
		if first == nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			first = err
		}
	}
	return first
}

// Ready is closed once the node is registered.
func (n *Node) Ready() <-chan struct{} { return n.member.ready }

// Addr returns the UDP address that the node serves on.
func (n *Node) Addr() netip.AddrPort { return n.socket.LocalAddr() }

// begin starts an operation: its context ends with ctx or with the node. The
// operation calls end when it is over.
func (n *Node) begin(ctx context.Context) (_ context.Context, end func(), _ error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.ctx.Err() != nil {
		return nil, nil, ErrClosed
	}
	n.work.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(n.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
		n.work.Done()
	}, nil
}

// Close stops what is under way, tells the tracker that the node is leaving, which
// takes two seconds at most, and as long again if a REGISTER is out just then, and
// gives back sockets and folder. Downloads can be resumed later.
func (n *Node) Close() error {
	n.mu.Lock()
	again := n.closed
	n.closed = true
	n.mu.Unlock()
	if again {
		return nil
	}
	n.cancel()
	n.work.Wait()
	n.lingering.Wait()
	n.member.leave()
	return n.release()
}

// release gives back what open took.
func (n *Node) release() error {
	n.cancel()
	n.tracker.Close()
	var errs []error
	if n.library != nil {
		n.library.close()
	}
	if n.socket != nil {
		errs = append(errs, n.socket.Close())
	}
	if n.folder != nil {
		errs = append(errs, n.folder.Close())
	}
	return errors.Join(errs...)
}
