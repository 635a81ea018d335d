package tracker

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// A snapshot competes with the log for the disk. Those of a large swarm come less
// often, so that they take at most one part in saveShare of the time.
const saveShare = 200

// lastSnapshot is how long the snapshot of a tracker that closes may take to encode.
// The log has everything that it would have.
const lastSnapshot = 300 * time.Millisecond

// A saver takes snapshots when they are due, one at a time. It belongs to the keeper's
// goroutine; only the writing is done by another.
type saver struct {
	cfg   *Config
	log   *zap.Logger
	store database

	ctx    context.Context // of the snapshots; its end gives up the one in hand
	giveUp context.CancelFunc

	unsaved time.Time     // of the first change that no snapshot has; zero if none
	retry   time.Time     // not before, since the last one failed
	running bool          // a snapshot is being written
	from    time.Time     // when the last one began
	took    time.Duration // how long it took
	done    chan error    // its outcome
}

func newSaver(cfg *Config, st database) *saver {
	s := &saver{cfg: cfg, log: cfg.Log, store: st, done: make(chan error, 1)}
	s.ctx, s.giveUp = context.WithCancel(context.Background())
	return s
}

// changed notes that the swarm has changed.
func (s *saver) changed(now time.Time) {
	if s.unsaved.IsZero() {
		s.unsaved = now
	}
}

// due reports whether it is time for a snapshot.
func (s *saver) due(now time.Time) bool {
	if s.running || now.Before(s.retry) {
		return false
	}
	pause := max(s.cfg.SnapshotInterval, saveShare*s.took)
	return !s.unsaved.IsZero() && now.Sub(s.unsaved) >= pause || s.store.Size() >= s.cfg.SnapshotBytes
}

// start begins a snapshot. The copy is made here; to write it, which takes longer, is
// left to a goroutine that ends with a value on done.
func (s *saver) start(sw *swarm, now time.Time) {
	if err := s.store.Rotate(); err != nil {
		s.failed(err, now)
		return
	}
	snap := sw.snapshot(now)
	s.running, s.from, s.unsaved = true, now, time.Time{}
	go func(ctx context.Context) { s.done <- writeSnapshot(ctx, s.store, snap) }(s.ctx)
}

// writeSnapshot writes nothing if ctx ends while it encodes.
func writeSnapshot(ctx context.Context, st database, snap *snapshot) error {
	files, err := snap.files(ctx)
	if err != nil {
		return err
	}
	return st.Save(snap.nodes.Seq, files...)
}

// ended takes the value that came on done.
func (s *saver) ended(err error) {
	now := time.Now()
	s.running, s.took = false, now.Sub(s.from)
	if err != nil {
		s.failed(err, now)
	}
}

// failed has a snapshot tried again later. The log keeps what it would have had.
func (s *saver) failed(err error, now time.Time) {
	s.changed(now)
	if s.ctx.Err() != nil {
		s.log.Info("snapshot given up: the log of changes has it all")
		return
	}
	s.log.Error("snapshot failed", zap.Error(err), zap.Duration("retry", s.cfg.SnapshotInterval))
	s.retry = now.Add(s.cfg.SnapshotInterval)
}

// finish gives up the snapshot in hand, and takes another if anything has changed and
// there is time.
func (s *saver) finish(sw *swarm) {
	s.giveUp()
	if s.running {
		s.ended(<-s.done)
	}
	if s.unsaved.IsZero() {
		return
	}
	s.ctx, s.giveUp = context.WithTimeout(context.Background(), lastSnapshot)
	defer s.giveUp()
	if s.start(sw, time.Now()); s.running {
		s.ended(<-s.done)
	}
}
