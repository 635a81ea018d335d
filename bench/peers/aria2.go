package peers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"udptorrent/bench/rig"
)

// AriaTorrent is aria2 with BitTorrent, on loopback. Its seconds are from its start until
// it has the file; one of them it spends between the tracker's answer and its first
// connection.
type AriaTorrent struct{}

// Name implements Peer.
func (AriaTorrent) Name() string { return "aria2 BitTorrent" }

// Missing implements Peer.
func (AriaTorrent) Missing() string { return program("aria2c", "aria2") }

// quiet are settings of aria2 that keep it to itself.
var quiet = []string{
	"--no-conf", "--file-allocation=none", "--summary-interval=0", "--console-log-level=notice", "--download-result=hide",
	"--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
	"--disable-ipv6=true", "--allow-overwrite=true", "--auto-save-interval=0",
}

// Transfer implements Peer.
func (AriaTorrent) Transfer(ctx context.Context, s Scene) (o Outcome, err error) {
	folder, remove, err := s.Rig.Dir()
	if err != nil {
		return o, err
	}
	defer remove()
	tracker, err := startAnnouncer()
	if err != nil {
		return o, err
	}
	defer tracker.close()
	meta, err := s.File.Announced(tracker.url, folder)
	if err != nil {
		return o, err
	}
	ports, err := rig.FreePorts(len(s.Owners) + 1)
	if err != nil {
		return o, err
	}
	var owners []*rig.Process
	defer func() { killAll(owners) }()
	whole := make(chan time.Time, 1)
	run := func(h rig.Host, port int, dir string, more ...string) (*rig.Process, error) {
		args := append([]string{"aria2c"}, quiet...)
		args = append(args, fmt.Sprintf("--listen-port=%d", port), "--dir="+dir)
		return s.Rig.Start(h, append(append(args, more...), meta), func(text string, at time.Time) {
			if strings.Contains(text, "Seeding is over") { // it then takes leave for two seconds
				whole <- at
			}
		})
	}
	for i, h := range s.Owners {
		p, err := run(h, ports[i], filepath.Dir(s.File.Path), "--seed-ratio=0.0", "--bt-seed-unverified=true")
		if err != nil {
			return o, err
		}
		owners = append(owners, p)
	}
	for range owners {
		select {
		case <-tracker.news:
		case <-ctx.Done():
			return o, fmt.Errorf("aria2 owners: %w", rig.Cause(ctx))
		}
	}
	s.begin(owners...)
	began := time.Now()
	downloader, err := run(s.Downloader, ports[len(s.Owners)], folder, "--seed-time=0")
	if err != nil {
		return o, err
	}
	if err := downloader.Wait(ctx); err != nil {
		return o, err
	}
	select {
	case at := <-whole:
		o.Seconds, o.Bytes = at.Sub(began).Seconds(), s.File.Length
	default:
		return o, errors.New("aria2 did not say when it was done")
	}
	o.measure(downloader, owners...)
	return o, s.File.Same(filepath.Join(folder, s.File.Name()))
}
