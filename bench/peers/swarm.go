package peers

import (
	"math"
	"time"

	"udptorrent/bench/rig"
)

// A Swarm is owners that serve a file, and nodes of the same program that download it.
// It belongs to one goroutine.
type Swarm struct {
	Owners  []*rig.Process
	Tracker *rig.Process // nil: there is none

	scene     Scene
	folder    string // where the downloaders write
	remove    func()
	began     time.Time
	downloads []*Download
	start     func(*Download, rig.Host, manner) error
	uploaded  func() float64 // of the first owner, as it tells; nil: it does not
}

// A manner is how a node takes part.
type manner struct {
	waits bool   // until Go, and serves when it is done
	rides bool   // uploads nothing
	trace string // file for the samples of its congestion control; empty is none
}

func newSwarm(s Scene) (w *Swarm, err error) {
	w = &Swarm{scene: s}
	w.folder, w.remove, err = s.Rig.Dir()
	return w, err
}

// Begin is the zero of all timelines.
func (w *Swarm) Begin() {
	w.scene.begin(w.processes()...)
	w.began = time.Now()
}

// Since returns the time since Begin, in seconds.
func (w *Swarm) Since() float64 { return time.Since(w.began).Seconds() }

// processes are those of all nodes, and the tracker.
func (w *Swarm) processes() (all []*rig.Process) {
	if w.Tracker != nil {
		all = append(all, w.Tracker)
	}
	all = append(all, w.Owners...)
	for _, d := range w.downloads {
		all = append(all, d.Process)
	}
	return all
}

// CPU returns the processor time of all nodes and the tracker since Begin.
func (w *Swarm) CPU() (used time.Duration) {
	for _, p := range w.processes() {
		used += p.Used()
	}
	return used
}

// Uploaded returns how many bytes of the file the first owner has sent, as it tells
// itself; NaN if it does not.
func (w *Swarm) Uploaded() float64 {
	if w.uploaded == nil {
		return math.NaN()
	}
	return w.uploaded()
}

// Close ends all nodes and the tracker, and removes what they wrote.
func (w *Swarm) Close() {
	killAll(w.processes())
	w.remove()
}

// Download starts a node on a host that downloads the file of the scene, and ends.
func (w *Swarm) Download(h rig.Host) (*Download, error) { return w.join(h, manner{}) }

// Alone is Download by a node that serves nothing to others meanwhile.
func (w *Swarm) Alone(h rig.Host) (*Download, error) { return w.join(h, manner{rides: true}) }

// Traced is Alone, and has the node write the samples of its congestion control to a
// file. Only ours has such.
func (w *Swarm) Traced(h rig.Host, path string) (*Download, error) {
	return w.join(h, manner{rides: true, trace: path})
}

// Idle starts a node that waits to be told to download, and then serves what it has.
func (w *Swarm) Idle(h rig.Host) (*Download, error) { return w.join(h, manner{waits: true}) }

// Rider is Idle for a node that takes and does not give.
func (w *Swarm) Rider(h rig.Host) (*Download, error) {
	return w.join(h, manner{waits: true, rides: true})
}

func (w *Swarm) join(h rig.Host, m manner) (*Download, error) {
	d := &Download{swarm: w, waits: m.waits, ready: make(chan struct{}), finished: make(chan struct{})}
	if err := w.start(d, h, m); err != nil {
		return nil, err
	}
	w.downloads = append(w.downloads, d)
	return d, nil
}
