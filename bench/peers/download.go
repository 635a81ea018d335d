package peers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// A Download is a node that downloads.
type Download struct {
	Process *rig.Process
	swarm   *Swarm
	path    string        // of the file that it makes
	waits   bool          // for Go, and goes on when it has the file
	command func() string // what Go says to it
	ready   chan struct{} // closed when it waits for Go
	began   time.Time     // when it was told to

	finished chan struct{} // closed when the node has told how it went

	mu       sync.Mutex // guards what follows
	timeline score.Timeline
	verified int64
	end      *event
	endAt    float64
}

// Ready returns once an idle node can be told to go.
func (d *Download) Ready(ctx context.Context) error {
	select {
	case <-d.ready:
		return nil
	case <-d.finished:
		return fmt.Errorf("it could not begin: %s", d.end.Error)
	case <-d.Process.Ended():
		return errors.Join(errors.New("it ended before it began"), d.Process.Wait(ctx))
	case <-ctx.Done():
		return rig.Cause(ctx)
	}
}

// Go tells an idle node to download the file of the scene.
func (d *Download) Go() error {
	d.began = time.Now()
	return d.Process.Say(d.command())
}

// take notes what the node reports.
func (d *Download) take(e event, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := at.Sub(d.swarm.began).Seconds()
	switch e.Event {
	case "ready", "list":
		close(d.ready)
	case "progress":
		d.verified = max(d.verified, e.Bytes)
		if e.Phase == "downloading" || e.Phase == "waiting" {
			d.timeline = append(d.timeline, score.Point{At: now, Bytes: float64(e.received())})
		}
	case "failed":
		d.finish(e, now)
	case "done":
		if e.Command == "list" {
			return
		}
		d.verified = e.Bytes
		d.timeline = append(d.timeline, score.Point{At: now, Bytes: float64(max(e.Bytes, e.received()))})
		d.finish(e, now)
	}
}

// finish is called with mu held.
func (d *Download) finish(e event, now float64) {
	if d.end == nil {
		d.end, d.endAt = &e, now
		close(d.finished)
	}
}

// Timeline returns how the bytes came so far, repeats included.
func (d *Download) Timeline() score.Timeline {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append(score.Timeline(nil), d.timeline...)
}

// Verified returns how many bytes of the file the node has, as it told lately.
func (d *Download) Verified() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.verified
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

// Finished returns once the node has told how it went, or has ended.
func (d *Download) Finished(ctx context.Context) error {
	select {
	case <-d.finished:
	case <-d.Process.Ended():
	case <-ctx.Done():
		return rig.Cause(ctx)
	}
	return nil
}

// Over reports whether Finished would return at once.
func (d *Download) Over() bool {
	select {
	case <-d.finished:
		return true
	case <-d.Process.Ended():
		return true
	default:
		return false
	}
}

// Wait returns what the download took, once it is done and the file was found to be
// right. The processor time is that of everybody in the swarm but other downloaders.
func (d *Download) Wait(ctx context.Context) (o Outcome, err error) {
	if err := d.Finished(ctx); err != nil {
		return o, err
	}
	if !d.waits {
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
		Seconds: d.end.Seconds, Bytes: d.end.Bytes, Blocks: d.end.blocks(), Seeded: d.end.from(1),
		Timeline: d.timeline, Began: d.endAt - d.end.Seconds,
	}
	if d.waits {
		o.Began = d.began.Sub(d.swarm.began).Seconds()
	}
	o.measure(d.Process, d.swarm.Owners...)
	if d.swarm.Tracker != nil {
		o.CPU += d.swarm.Tracker.Used()
	}
	return o, d.swarm.scene.File.Same(d.path)
}
