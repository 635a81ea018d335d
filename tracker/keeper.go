package tracker

import (
	"encoding/json"
	"sync"
	"time"

	"go.uber.org/zap"

	"udptorrent/tracker/api"
	"udptorrent/tracker/store"
)

const (
	maxBatch    = 1024                   // changes made durable by one fsync
	sweepEvery  = 250 * time.Millisecond // how late a lapsed lease may be noticed
	forgetEvery = time.Minute
)

// A change is a message on its way through the keeper.
type change struct {
	// decide returns the events to happen, or why not. The keeper calls it once.
	decide func(l *ledger, now time.Time) ([]event, error)

	events []event
	err    error
	done   chan struct{} // closed once the events are durable, or err is set
}

// public is the swarm that readers see: everything in it is on the disk.
type public struct {
	mu    sync.RWMutex
	swarm *swarm // only the keeper changes it
}

// A database is what the keeper needs of a store.Store.
type database interface {
	Append(changes [][]byte) (first uint64, err error)
	Last() uint64
	Size() int64
	Rotate() error
	Save(through uint64, files ...store.File) error
	RemoveTorrent(name string) error
}

// A keeper makes changes happen, one after another, many to an fsync. Its goroutine
// owns the ledger and the log.
type keeper struct {
	cfg    *Config
	log    *zap.Logger
	store  database
	saver  *saver
	ledger *ledger // its swarm runs ahead of the public one during a batch
	public *public

	queue   chan *change
	stop    chan struct{} // closed to have the keeper finish
	stopped chan struct{} // closed when it has

	lines    [][]byte  // of the events of a batch; reused
	batch    []*change // reused
	seen     time.Time // when the last work began; a tick is work too
	wall     time.Time // what the wall clock showed at the last tick
	forgetAt time.Time
}

func newKeeper(cfg *Config, st database, l *ledger, p *public) *keeper {
	return &keeper{
		cfg: cfg, log: cfg.Log, store: st, saver: newSaver(cfg, st), ledger: l, public: p,
		queue:   make(chan *change, maxBatch),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
}

// do has the keeper decide, and returns when the events are durable and public, or
// why they did not happen. It is for any goroutine.
func (k *keeper) do(decide func(l *ledger, now time.Time) ([]event, error)) error {
	c := &change{decide: decide, done: make(chan struct{})}
	select {
	case k.queue <- c:
	case <-k.stop:
		return errClosing
	}
	select {
	case <-c.done:
		return c.err
	case <-k.stopped:
	}
	// It may have been the last that was done.
	select {
	case <-c.done:
		return c.err
	default:
		return errClosing
	}
}

var errClosing = api.Errorf(api.Internal, "the tracker is shutting down: try again when it is back")

// run is the keeper's goroutine.
func (k *keeper) run() {
	defer close(k.stopped)
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	k.seen = time.Now()
	for {
		select {
		case c := <-k.queue:
			k.process(k.collect(c))
		case <-ticker.C:
			k.tidy(time.Now())
		case err := <-k.saver.done:
			k.saver.ended(err)
		case <-k.stop:
			k.finish()
			return
		}
	}
}

// collect returns c and what else waits.
func (k *keeper) collect(c *change) []*change {
	batch := append(k.batch[:0], c)
	for len(batch) < maxBatch {
		select {
		case c := <-k.queue:
			batch = append(batch, c)
			continue
		default:
		}
		break
	}
	k.batch = batch
	return batch
}

// process decides on a batch, makes it durable, shows it to readers and answers.
func (k *keeper) process(batch []*change) {
	now := time.Now()
	k.attend(now)
	k.lines = k.lines[:0]
	for _, c := range batch {
		if c.events, c.err = c.decide(k.ledger, now); c.err == nil {
			c.err = k.ahead(c.events)
		}
	}
	if len(k.lines) > 0 {
		k.commit(batch, now)
	}
	for i, c := range batch {
		close(c.done)
		batch[i] = nil
	}
}

// attend begins a piece of work. If it comes later than the next tick should have, the
// leases are told: a disk may stall for seconds, and so may the process, or its machine.
func (k *keeper) attend(now time.Time) {
	k.ledger.leases.heldUp(now.Sub(k.seen), sweepEvery)
	k.seen = now
}

// ahead applies events to the ledger's own swarm and makes lines of them.
func (k *keeper) ahead(events []event) error {
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		k.lines = append(k.lines, line)
		k.ledger.swarm.apply(k.store.Last()+uint64(len(k.lines)), e)
	}
	return nil
}

// commit writes the lines of a batch and applies its events to the public swarm. If
// the disk refuses them they are undone.
func (k *keeper) commit(batch []*change, now time.Time) {
	seq, err := k.store.Append(k.lines)
	if err != nil {
		k.log.Error("changes refused: the disk fails", zap.Int("changes", len(k.lines)), zap.Error(err))
		k.undo(batch, now)
		return
	}
	k.saver.changed(now)
	k.removeFiles(batch)
	k.public.mu.Lock()
	defer k.public.mu.Unlock()
	for _, c := range batch {
		for _, e := range c.events {
			k.public.swarm.apply(seq, e)
			seq++
		}
	}
}

// undo refuses a batch and has the ledger start again from what is public. It refuses
// changes that had no events too: they may build on others that had.
func (k *keeper) undo(batch []*change, now time.Time) {
	for _, c := range batch {
		if c.err == nil {
			c.err = api.Errorf(api.Internal, "the tracker cannot write to its disk, so nothing was changed; its log says why")
		}
	}
	k.ledger.follow(k.public.swarm.snapshot(now).swarm(k.cfg.HalfLife), now)
}

// removeFiles removes the .torrent files of torrents that are forgotten. That is
// before readers learn of it, who may then write such a file anew.
func (k *keeper) removeFiles(batch []*change) {
	for _, c := range batch {
		for _, e := range c.events {
			if e.Forgotten == nil {
				continue
			}
			for _, infoHash := range e.Forgotten.Torrents {
				if err := k.store.RemoveTorrent(infoHash.String()); err != nil {
					k.log.Warn("torrent file not removed", zap.Stringer("torrent", infoHash), zap.Error(err))
				}
			}
		}
	}
}

// tidy ends lapsed leases, forgets what is old and takes a snapshot when it is time.
func (k *keeper) tidy(now time.Time) {
	k.attend(now)
	k.watchClock(now)
	k.happen(k.ledger.sweep(now))
	if now.After(k.forgetAt) {
		k.forgetAt = now.Add(forgetEvery)
		for _, e := range k.happen(k.ledger.forget(now)) {
			if len(e.Forgotten.Torrents) == maxForgotten {
				k.forgetAt = now // there may be more: at the next tick
			}
		}
	}
	if k.saver.due(now) {
		k.saver.start(k.public.swarm, now)
	}
}

// happen makes events of the keeper's own happen, logs them, and returns those that did.
func (k *keeper) happen(events []event) []event {
	if len(events) == 0 {
		return nil
	}
	c := &change{decide: func(*ledger, time.Time) ([]event, error) { return events, nil }, done: make(chan struct{})}
	k.process([]*change{c})
	if c.err != nil {
		return nil
	}
	for _, e := range events {
		switch {
		case e.Left != nil:
			ids := e.Left.NodeIDs
			k.log.Info("leases lapsed", zap.Int("nodes", len(ids)), zap.Ints("node", ids[:min(len(ids), 20)]))
		case e.Forgotten != nil:
			k.log.Info("forgotten", zap.Int("nodes", len(e.Forgotten.NodeIDs)), zap.Int("torrents", len(e.Forgotten.Torrents)))
		}
	}
	return events
}

// finish does what still waits, and takes the last snapshot.
func (k *keeper) finish() {
	for len(k.queue) > 0 {
		k.process(k.collect(<-k.queue))
	}
	k.saver.finish(k.public.swarm)
}
