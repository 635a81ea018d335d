// Command tracker runs the tracker of a swarm. See tracker -h.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/zap/zapcore"

	"udptorrent/configs"
	"udptorrent/internal/eventlog"
	"udptorrent/tracker"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once

	m := NewMain()
	err := m.ParseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(m.Err, "error:", err)
		os.Exit(2)
	}
	err = m.Run(ctx)
	if err = errors.Join(err, m.Close()); err != nil {
		fmt.Fprintln(m.Err, "error:", err)
		os.Exit(1)
	}
}

// Main is the program.
type Main struct {
	Config   configs.Tracker
	Out, Err io.Writer

	tracker *tracker.Tracker
	log     io.Closer
}

// NewMain returns the program with the standard outputs.
func NewMain() *Main { return &Main{Out: os.Stdout, Err: os.Stderr} }

// ParseFlags reads the settings. It returns flag.ErrHelp when it has shown the usage;
// any other error is one of usage.
func (m *Main) ParseFlags(args []string) (err error) {
	m.Config, err = configs.ParseTracker(args, m.Out)
	return err
}

// Run serves until ctx ends, which is no error. Scripts wait for the line that it
// prints once the tracker listens.
func (m *Main) Run(ctx context.Context) error {
	if err := m.open(); err != nil {
		return err
	}
	fmt.Fprintf(m.Out, "tracker listening on %s  db=%s\n", m.reach(), m.Config.DB)
	return m.tracker.Run(ctx)
}

func (m *Main) open() error {
	c := m.Config
	log, file, err := eventlog.Open(c.Logs, "tracker", eventlogConfig(c.Log))
	if err != nil {
		return err
	}
	m.log = file
	m.tracker, err = tracker.Open(tracker.Config{
		Addr:               c.Addr.String(),
		DB:                 c.DB,
		Log:                log,
		NodeInterval:       c.NodeInterval,
		TrackerInterval:    c.TrackerInterval,
		MaxOwners:          c.MaxOwners,
		HalfLife:           c.FrequencyHalfLife,
		NodeMemory:         c.NodeMemory,
		TorrentMemory:      c.TorrentMemory,
		MaxNodes:           c.MaxNodes,
		MaxTorrents:        c.MaxTorrents,
		MaxTorrentOwners:   c.MaxTorrentOwners,
		MaxTorrentsPerNode: c.MaxTorrentsPerNode,
		RequestTimeout:     c.RequestTimeout,
		SnapshotInterval:   c.SnapshotInterval,
		SnapshotBytes:      int64(c.SnapshotBytes),
	})
	return err
}

func eventlogConfig(c configs.Log) eventlog.Config {
	return eventlog.Config{Level: zapcore.Level(c.Level), MaxSize: int64(c.MaxSize), MaxFiles: c.MaxFiles}
}

// Close gives back what Run took, but for the tracker, which Run has closed.
func (m *Main) Close() error {
	if m.log == nil {
		return nil
	}
	return m.log.Close()
}
