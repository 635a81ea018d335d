package peers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"udptorrent/bench/rig"
	"udptorrent/bench/score"
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

// A Swarm is a tracker and owners that serve.
type Swarm struct {
	Owners []*rig.Process

	ours    Ours
	scene   Scene
	folder  string
	remove  func()
	tracker *rig.Process
	url     string
	began   time.Time
	nodes   int
	all     []*rig.Process // downloaders
}

// Swarm starts the tracker and the owners of a scene, and returns when all of them
// serve. Close ends them.
func (o Ours) Swarm(ctx context.Context, s Scene) (_ *Swarm, err error) {
	w := &Swarm{ours: o, scene: s}
	if w.folder, w.remove, err = s.Rig.Dir(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	if err := w.startTracker(ctx); err != nil {
		return nil, err
	}
	var serving []chan error
	for _, host := range s.Owners {
		ready := make(chan error, 2)
		p, err := w.node(host, []string{"torrent", "-setMode", "send", s.File.Path}, func(e event, _ time.Time) {
			switch e.Event {
			case "sharing":
				ready <- nil
			case "failed":
				ready <- fmt.Errorf("owner: %s", e.Error)
			}
		})
		if err != nil {
			return nil, err
		}
		w.Owners, serving = append(w.Owners, p), append(serving, ready)
	}
	for i, ready := range serving {
		select {
		case err = <-ready:
		case <-w.Owners[i].Ended():
			err = w.Owners[i].Wait(ctx)
		case <-ctx.Done():
			err = rig.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// startTracker waits for the line that says where the tracker listens.
func (w *Swarm) startTracker(ctx context.Context) (err error) {
	url := make(chan string, 1)
	args := []string{
		filepath.Join(w.ours.Bin, "tracker"), "-addr", w.scene.Tracker.Addr.String() + ":0",
		"-db", filepath.Join(w.folder, "db"), "-logs", filepath.Join(w.folder, "logs"),
	}
	w.tracker, err = w.scene.Rig.Start(w.scene.Tracker, args, func(text string, _ time.Time) {
		if _, rest, found := strings.Cut(text, "listening on "); found {
			url <- strings.Fields(rest)[0]
		}
	})
	if err != nil {
		return err
	}
	select {
	case w.url = <-url:
		return nil
	case <-w.tracker.Ended():
		return fmt.Errorf("tracker: %w", w.tracker.Wait(ctx))
	case <-ctx.Done():
		return rig.Cause(ctx)
	}
}

// node starts a node with a command, and hands over its events.
func (w *Swarm) node(h rig.Host, command []string, on func(event, time.Time)) (*rig.Process, error) {
	w.nodes++
	args := []string{
		filepath.Join(w.ours.Bin, "node"), "-node_id", fmt.Sprint(w.nodes), "-tracker", w.url,
		"-addr", h.Addr.String() + ":0", "-json",
		"-files", filepath.Join(w.folder, "files"), "-logs", filepath.Join(w.folder, "logs"),
	}
	args = append(args, w.ours.Flags...)
	return w.scene.Rig.Start(h, append(args, command...), eventsTo(on))
}

// Begin is the zero of all timelines.
func (w *Swarm) Begin() {
	mark(w.Owners)
	w.tracker.Mark()
	w.began = time.Now()
	w.scene.begin()
}

// Since returns the time since Begin, in seconds.
func (w *Swarm) Since() float64 { return time.Since(w.began).Seconds() }

// CPU returns the processor time of all nodes and the tracker since Begin.
func (w *Swarm) CPU() (used time.Duration) {
	for _, p := range append(append([]*rig.Process{w.tracker}, w.Owners...), w.all...) {
		used += p.Used()
	}
	return used
}

// Close ends all nodes and the tracker, and removes what they wrote.
func (w *Swarm) Close() {
	killAll(w.all)
	killAll(w.Owners)
	if w.tracker != nil {
		w.tracker.Kill()
	}
	w.remove()
}

// A Download is a node that downloads.
type Download struct {
	Process *rig.Process
	swarm   *Swarm
	path    string

	finished chan struct{} // closed when the node has told how it went
	idle     bool          // the node goes on when it has

	mu       sync.Mutex // guards what follows
	timeline score.Timeline
	end      *event
	endAt    float64
}

// Download starts a node on a host that downloads the file of the scene, and ends.
func (w *Swarm) Download(h rig.Host) (*Download, error) {
	return w.downloader(h, "torrent", "-setMode", "download", w.metainfo())
}

// Idle starts a node that waits to be told to download.
func (w *Swarm) Idle(h rig.Host) (*Download, error) {
	d, err := w.downloader(h)
	if err == nil {
		d.idle = true
	}
	return d, err
}

// Go tells an idle node to download the file of the scene.
func (d *Download) Go() error {
	return d.Process.Say("torrent -setMode download " + d.swarm.metainfo())
}

// metainfo is the .torrent that the owners have written.
func (w *Swarm) metainfo() string { return w.scene.File.Path + ".torrent" }

func (w *Swarm) downloader(h rig.Host, command ...string) (_ *Download, err error) {
	d := &Download{
		swarm: w, finished: make(chan struct{}),
		path: filepath.Join(w.folder, "files", fmt.Sprintf("node%d", w.nodes+1), w.scene.File.Name()),
	}
	if d.Process, err = w.node(h, command, d.take); err != nil {
		return nil, err
	}
	w.all = append(w.all, d.Process)
	return d, nil
}

// take notes what the node reports.
func (d *Download) take(e event, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := at.Sub(d.swarm.began).Seconds()
	switch e.Event {
	case "progress":
		if e.Phase == "downloading" || e.Phase == "waiting" {
			d.timeline = append(d.timeline, score.Point{At: now, Bytes: float64(e.received())})
		}
	case "done", "failed":
		first := d.end == nil
		d.end, d.endAt = &e, now
		if e.Event == "done" {
			d.timeline = append(d.timeline, score.Point{At: now, Bytes: float64(max(e.Bytes, e.received()))})
		}
		if first {
			close(d.finished)
		}
	}
}

// Timeline returns how the bytes came so far, repeats included.
func (d *Download) Timeline() score.Timeline {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append(score.Timeline(nil), d.timeline...)
}

// Reached returns when so many bytes have come, or the download or ctx has ended.
func (d *Download) Reached(ctx context.Context, bytes float64) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		d.mu.Lock()
		n := len(d.timeline)
		there := n > 0 && d.timeline[n-1].Bytes >= bytes
		d.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-ticker.C:
		case <-d.Process.Ended():
			return nil
		case <-ctx.Done():
			return rig.Cause(ctx)
		}
	}
}

// Wait returns what the download took, once it is done and the file was found to be
// right. The processor time is that of everybody in the swarm but other downloaders.
func (d *Download) Wait(ctx context.Context) (o Outcome, err error) {
	select {
	case <-d.finished:
	case <-d.Process.Ended():
	case <-ctx.Done():
		return o, rig.Cause(ctx)
	}
	if !d.idle {
		err = d.Process.Wait(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.end == nil:
		return o, errors.Join(err, errors.New("the download ended without a result"))
	case d.end.Event == "failed":
		return o, fmt.Errorf("download: %s", d.end.Error)
	case err != nil:
		return o, err
	}
	o = Outcome{
		Seconds: d.end.Seconds, Bytes: d.end.Bytes, Blocks: d.end.blocks(),
		Timeline: d.timeline, Began: d.endAt - d.end.Seconds,
	}
	o.measure(d.Process, d.swarm.Owners...)
	o.CPU += d.swarm.tracker.Used()
	return o, d.swarm.scene.File.Same(d.path)
}
