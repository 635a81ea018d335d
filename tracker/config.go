package tracker

import (
	"fmt"
	"time"

	"go.uber.org/zap"

	"udptorrent/tracker/api"
)

// DefaultAddr is where a tracker listens, and where nodes look for it, if nobody says
// otherwise.
const DefaultAddr = "localhost:12345"

// Config says how a tracker works. The zero value is a tracker with every default and
// no listener of its own.
type Config struct {
	// Addr is the TCP address to listen on, "host:port"; port 0 takes a free
	// one. Empty means none: then Serve or Handler is for the caller to use.
	Addr string

	// DB is the folder of what the tracker knows; empty means "tracker_db".
	DB string

	// Log gets one event a line; nil logs nothing.
	Log *zap.Logger

	// NodeInterval is how often nodes are told to register again; 0 means 20 s.
	// TrackerInterval of silence ends a lease; 0 means 22 s.
	NodeInterval    time.Duration
	TrackerInterval time.Duration

	// MaxOwners is the most owners that a NEED is told which does not say how many
	// it wants, at most api.MaxWant; 0 means 8.
	MaxOwners int

	// HalfLife is how long an upload frequency takes to halve; 0 means 10 min.
	HalfLife time.Duration

	// NodeMemory is how long a node that left is remembered, so that receipts it
	// signed still count and its rank waits for it; 0 means 1 h. One that never
	// delivered makes room before that if there are MaxNodes. TorrentMemory is how
	// long a torrent without owners stays listed; 0 means 24 h.
	NodeMemory    time.Duration
	TorrentMemory time.Duration

	// Limits of what the tracker holds. Past them it refuses with limit_reached.
	MaxNodes           int // remembered ones included; 0 means 65,536
	MaxTorrents        int // 0 means 100,000
	MaxTorrentOwners   int // owners of one torrent; 0 means 65,536
	MaxTorrentsPerNode int // 0 means 10,000

	// RequestTimeout bounds the reading of a request, and the writing of its
	// answer; 0 means 15 s. A connection may idle for four times as long.
	RequestTimeout time.Duration

	// A snapshot is taken SnapshotInterval after a change (0 means 5 s), later
	// if snapshots take long, and in any case when the log has SnapshotBytes (0
	// means 64 MiB).
	SnapshotInterval time.Duration
	SnapshotBytes    int64
}

// withDefaults returns c with the meaning of every zero filled in.
func (c Config) withDefaults() (Config, error) {
	fill(&c.DB, "tracker_db")
	fill(&c.NodeInterval, 20*time.Second)
	fill(&c.TrackerInterval, 22*time.Second)
	fill(&c.MaxOwners, 8)
	fill(&c.HalfLife, 10*time.Minute)
	fill(&c.NodeMemory, time.Hour)
	fill(&c.TorrentMemory, 24*time.Hour)
	fill(&c.MaxNodes, 65_536)
	fill(&c.MaxTorrents, 100_000)
	fill(&c.MaxTorrentOwners, 65_536)
	fill(&c.MaxTorrentsPerNode, 10_000)
	fill(&c.RequestTimeout, 15*time.Second)
	fill(&c.SnapshotInterval, 5*time.Second)
	fill(&c.SnapshotBytes, 64<<20)
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return c, c.check()
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) check() error {
	switch {
	case c.NodeInterval < 0 || c.TrackerInterval <= c.NodeInterval:
		return fmt.Errorf("tracker interval %v must be longer than node interval %v: a node renews once in that time", c.TrackerInterval, c.NodeInterval)
	case c.HalfLife < time.Second:
		return fmt.Errorf("half-life %v must be a second or more", c.HalfLife)
	case c.MaxOwners < 1 || c.MaxNodes < 1 || c.MaxTorrents < 1 || c.MaxTorrentOwners < 1 || c.MaxTorrentsPerNode < 1:
		return fmt.Errorf("limits of the tracker must be 1 or more")
	case c.MaxOwners > api.MaxWant:
		return fmt.Errorf("an answer of %d owners is too long: %d are the most", c.MaxOwners, api.MaxWant)
	case c.NodeMemory < 0 || c.TorrentMemory < 0 || c.RequestTimeout < 0 || c.SnapshotInterval < 0 || c.SnapshotBytes < 0:
		return fmt.Errorf("times and sizes of the tracker must not be negative")
	}
	return nil
}
