package tracker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"udptorrent/torrent"
	"udptorrent/tracker/store"
)

// A Tracker is one tracker at work: its database is locked, and its handler answers.
// Its methods may be called from any goroutine.
type Tracker struct {
	cfg      Config
	log      *zap.Logger
	store    *store.Store
	public   *public
	keeper   *keeper
	listener net.Listener // nil without Config.Addr
	server   *http.Server
	large    *places // held while a large body is in memory

	closeOnce sync.Once
	closeErr  error
}

// shutdownTimeout is how long Close waits for requests in hand. It is enough for any
// that has arrived; what it cuts off is half a request, or a connection without one.
const shutdownTimeout = 500 * time.Millisecond

// Open locks the database, rebuilds from it what the tracker knew, gives every node
// in it a fresh lease, and listens. Nodes are answered from Run on; Handler answers
// at once. The error matches store.ErrLocked or store.ErrCorrupt if it is that.
func Open(cfg Config) (*Tracker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	st, err := store.Open(cfg.DB, cfg.Log)
	if err != nil {
		return nil, fmt.Errorf("tracker database: %w", err)
	}
	t := &Tracker{cfg: cfg, log: cfg.Log, store: st, large: newPlaces(maxLargeBodies, maxLargeBodiesOfIP)}
	if err := t.recover(time.Now()); err != nil {
		st.Close()
		return nil, fmt.Errorf("tracker database %s: %w", cfg.DB, err)
	}
	if err := t.listen(); err != nil {
		st.Close()
		return nil, err
	}
	t.server = t.newServer()
	go t.keeper.run()
	return t, nil
}

// recover reads the database and readies the keeper.
func (t *Tracker) recover(now time.Time) error {
	s, last, err := recoverSwarm(t.store, t.cfg.HalfLife, now)
	if err != nil {
		return err
	}
	if err := t.store.Begin(last); err != nil {
		return err
	}
	if err := t.removeStrays(s); err != nil {
		return err
	}
	snap := s.snapshot(now)
	t.public = &public{swarm: s}
	l := &ledger{leases: newLeases(t.cfg.TrackerInterval), cfg: &t.cfg, secret: rand.Text}
	l.follow(snap.swarm(t.cfg.HalfLife), now)
	t.keeper = newKeeper(&t.cfg, t.store, l, t.public)
	// Both files exist from the start, for whoever wants to read them. The log has all that
	// is in them, so a disk that is full does not matter.
	if err := writeSnapshot(context.Background(), t.store, snap); err != nil {
		t.keeper.saver.failed(err, now)
	}
	t.log.Info("database open", zap.String("db", t.cfg.DB), zap.Int("nodes", len(l.leases.byNode)),
		zap.Int("torrents", len(s.torrents)), zap.Uint64("changes", last))
	return nil
}

// removeStrays removes .torrent files that no change names: the process ended after
// it had written the file and before it had logged the change.
func (t *Tracker) removeStrays(s *swarm) error {
	names, err := t.store.TorrentNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		infoHash, err := torrent.ParseHash(name)
		if err != nil || s.torrents[infoHash] != nil {
			continue
		}
		if err := t.store.RemoveTorrent(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (t *Tracker) listen() (err error) {
	if t.cfg.Addr == "" {
		return nil
	}
	if t.listener, err = net.Listen("tcp", t.cfg.Addr); err != nil {
		hint := "choose another address with -addr"
		if errno := syscall.Errno(0); errors.As(err, &errno) {
			err = errno // what is around it repeats the address
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			hint = "is another tracker running there? " + hint
		}
		return fmt.Errorf("tracker cannot listen on %s: %w; %s", t.cfg.Addr, err, hint)
	}
	return nil
}

// Addr returns the address that the tracker listens on; nil without Config.Addr.
func (t *Tracker) Addr() net.Addr {
	if t.listener == nil {
		return nil
	}
	return t.listener.Addr()
}

// Everywhere reports whether the tracker listens on every address of this machine.
func (t *Tracker) Everywhere() bool {
	addr, ok := t.Addr().(*net.TCPAddr)
	return ok && addr.IP.IsUnspecified()
}

// URL returns the base URL of the tracker for this machine; "" without Config.Addr.
func (t *Tracker) URL() string {
	if t.listener == nil {
		return ""
	}
	addr := t.listener.Addr().String()
	if t.Everywhere() {
		_, port, _ := net.SplitHostPort(addr)
		addr = net.JoinHostPort("localhost", port)
	}
	return "http://" + addr
}

// Run answers on the listener of Config.Addr until ctx ends or the listener fails, and
// closes the tracker. It returns nil if ctx ended and nothing was lost.
func (t *Tracker) Run(ctx context.Context) error {
	if t.listener == nil {
		return errors.New("tracker has no address to listen on")
	}
	failed := make(chan error, 1)
	go func() { failed <- t.Serve(t.listener) }()
	select {
	case <-ctx.Done():
		err := t.Close()
		<-failed
		return err
	case err := <-failed:
		return errors.Join(err, t.Close())
	}
}

// Serve answers on l until it fails or the tracker is closed, and closes l. It returns
// nil after Close.
func (t *Tracker) Serve(l net.Listener) error {
	t.log.Info("listening", zap.Stringer("addr", l.Addr()))
	if err := t.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Handler answers the tracker's routes. It may be mounted in a server of the caller's.
func (t *Tracker) Handler() http.Handler { return t.server.Handler }

// Close stops listening, finishes the requests in hand, takes a snapshot and frees the
// database, all within about a second: requests that have not arrived by then are cut
// off, and a snapshot that would take long is left out. What was acknowledged is on the
// disk in any case. Later calls return what the first did.
func (t *Tracker) Close() error {
	t.closeOnce.Do(func() { t.closeErr = t.close() })
	return t.closeErr
}

func (t *Tracker) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := t.server.Shutdown(ctx); err != nil {
		t.log.Info("connections cut off", zap.Error(err))
		t.server.Close()
	}
	if t.listener != nil {
		t.listener.Close() // Serve may never have had it
	}
	close(t.keeper.stop)
	<-t.keeper.stopped
	err := t.store.Close()
	t.log.Info("closed", zap.Error(err))
	return err
}
