package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"udptorrent/bench/rig"
)

// Pipe is bench/pipe, the limit of what any protocol can reach with such datagrams.
type Pipe struct {
	Bin      string // folder of pipe
	Datagram int    // bytes of UDP payload
}

// Name implements Peer.
func (p Pipe) Name() string { return fmt.Sprintf("bare pipe, %d-byte datagrams", p.Datagram) }

// Missing implements Peer.
func (p Pipe) Missing() string { return built(filepath.Join(p.Bin, "pipe")) }

// Transfer implements Peer.
func (p Pipe) Transfer(ctx context.Context, s Scene) (o Outcome, err error) {
	folder, remove, err := s.Rig.Dir()
	if err != nil {
		return o, err
	}
	defer remove()
	var owners []*rig.Process
	defer func() { killAll(owners) }()
	to := filepath.Join(folder, s.File.Name())
	args := []string{filepath.Join(p.Bin, "pipe"), "-fetch", s.File.Torrent, "-to", to, "-datagram", fmt.Sprint(p.Datagram)}
	for _, h := range s.Owners {
		addr := make(chan string, 1)
		owner, err := s.Rig.Start(h, []string{args[0], "-serve", s.File.Path}, func(text string, _ time.Time) { addr <- text })
		if err != nil {
			return o, err
		}
		owners = append(owners, owner)
		select {
		case a := <-addr:
			args = append(args, a)
		case <-owner.Ended():
			return o, owner.Wait(ctx)
		case <-ctx.Done():
			return o, rig.Cause(ctx)
		}
	}
	s.begin(owners...)
	result := make(chan string, 1)
	downloader, err := s.Rig.Start(s.Downloader, args, func(text string, _ time.Time) { result <- text })
	if err != nil {
		return o, err
	}
	if err := downloader.Wait(ctx); err != nil {
		return o, err
	}
	if err := json.Unmarshal([]byte(<-result), &o); err != nil {
		return o, fmt.Errorf("pipe: %w", err)
	}
	o.measure(downloader, owners...)
	return o, s.File.Same(to)
}
