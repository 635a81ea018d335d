package peers

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"udptorrent/bench/rig"
)

// Ours is bin/node.
type Ours struct {
	Label string
	Bin   string   // folder of node and tracker
	Flags []string // of every node
}

// Name implements Peer.
func (o Ours) Name() string { return o.Label }

// Missing implements Peer.
func (o Ours) Missing() string { return built(filepath.Join(o.Bin, "node")) }

// Transfer implements Peer.
func (o Ours) Transfer(ctx context.Context, s Scene) (Outcome, error) {
	swarm, err := o.Swarm(ctx, s)
	if err != nil {
		return Outcome{}, err
	}
	defer swarm.Close()
	swarm.Begin()
	d, err := swarm.Download(s.Downloader)
	if err != nil {
		return Outcome{}, err
	}
	return d.Wait(ctx)
}

// ourNodes are those of a swarm.
type ourNodes struct {
	Ours
	swarm *Swarm
	url   string // of the tracker
	count int
}

// Swarm starts the tracker and the owners of a scene, and returns when all of them
// serve. Close ends them.
func (o Ours) Swarm(ctx context.Context, s Scene) (_ *Swarm, err error) {
	w, err := newSwarm(s)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	nodes := &ourNodes{Ours: o, swarm: w}
	w.start = nodes.download
	if err := nodes.startTracker(ctx); err != nil {
		return nil, err
	}
	return w, nodes.startOwners(ctx)
}

// startTracker waits for the line that says where the tracker listens.
func (n *ourNodes) startTracker(ctx context.Context) (err error) {
	w := n.swarm
	url := make(chan string, 1)
	args := []string{
		filepath.Join(n.Bin, "tracker"), "-addr", w.scene.Tracker.Addr.String() + ":0",
		"-db", filepath.Join(w.folder, "db"), "-logs", filepath.Join(w.folder, "logs"),
	}
	w.Tracker, err = w.scene.Rig.Start(w.scene.Tracker, args, func(text string, _ time.Time) {
		if _, rest, found := strings.Cut(text, "listening on "); found {
			url <- strings.Fields(rest)[0]
		}
	})
	if err != nil {
		return err
	}
	select {
	case n.url = <-url:
		return nil
	case <-w.Tracker.Ended():
		return fmt.Errorf("tracker: %w", w.Tracker.Wait(ctx))
	case <-ctx.Done():
		return rig.Cause(ctx)
	}
}

// startOwners returns when all of them serve.
func (n *ourNodes) startOwners(ctx context.Context) error {
	w := n.swarm
	var serving []chan error
	for _, host := range w.scene.Owners {
		ready := make(chan error, 2)
		p, err := n.start(host, []string{"torrent", "-setMode", "send", w.scene.File.Path}, func(e event, _ time.Time) {
			switch e.Event {
			case "sharing":
				ready <- nil
			case "failed":
				ready <- fmt.Errorf("owner: %s", e.Error)
			}
		})
		if err != nil {
			return err
		}
		w.Owners, serving = append(w.Owners, p), append(serving, ready)
	}
	for i, ready := range serving {
		var err error
		select {
		case err = <-ready:
		case <-w.Owners[i].Ended():
			err = w.Owners[i].Wait(ctx)
		case <-ctx.Done():
			err = rig.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// start starts a node with flags and a command, and hands over its events.
func (n *ourNodes) start(h rig.Host, args []string, on func(event, time.Time)) (*rig.Process, error) {
	n.count++
	folder := n.swarm.folder
	all := []string{
		filepath.Join(n.Bin, "node"), "-node_id", fmt.Sprint(n.count), "-tracker", n.url,
		"-addr", h.Addr.String() + ":0", "-json",
		"-files", filepath.Join(folder, "files"), "-logs", filepath.Join(folder, "logs"),
	}
	all = append(all, n.Flags...)
	return n.swarm.scene.Rig.Start(h, append(all, args...), eventsTo(on))
}

// download starts a node that downloads.
func (n *ourNodes) download(d *Download, h rig.Host, m manner) (err error) {
	var args []string
	if m.rides {
		args = append(args, "-upload=false")
	}
	if m.trace != "" {
		args = append(args, "-trace", m.trace)
	}
	// The owners have written a .torrent beside the file.
	command := []string{"torrent", "-setMode", "download", n.swarm.scene.File.Path + ".torrent"}
	if !m.waits {
		args = append(args, command...)
	}
	d.command = func() string { return strings.Join(command, " ") }
	d.path = filepath.Join(n.swarm.folder, "files", fmt.Sprintf("node%d", n.count+1), n.swarm.scene.File.Name())
	if d.Process, err = n.start(h, args, d.take); err != nil || !m.waits {
		return err
	}
	return d.Process.Say("torrent -list") // it is ready once it has answered
}
