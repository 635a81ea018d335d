package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/peers"
	"udptorrent/bench/plot"
	"udptorrent/bench/rig"
)

// ErrRoot is why a scenario cannot be run.
var ErrRoot = errors.New("the line is emulated, which needs Linux, root and iproute2 (apt-get install iproute2): sudo make plots")

// hosts of the star.
const (
	downloading = iota
	tracking
	owning
)

// A Recording is what came of a scenario.
type Recording struct {
	Scenario Scenario
	Origin   time.Time // when the first bytes came; all changes count from it
	Files    []string  // of the traces
	Traces   []plot.Trace
	Accuracy netem.Accuracy
}

// Run runs a scenario with the programs in bin. The traces stay in the folder of the rig,
// which should be in memory: a trace that waits for a disk is felt in the download.
func (s Scenario) Run(ctx context.Context, r *rig.Rig, bin string) (*Recording, error) {
	if _, err := exec.LookPath("ip"); runtime.GOOS != "linux" || os.Geteuid() != 0 || err != nil {
		return nil, ErrRoot
	}
	ours := peers.Ours{Bin: bin}
	if missing := ours.Missing(); missing != "" {
		return nil, errors.New(missing)
	}
	f, err := r.File(ctx, s.Name+".bin", s.fileSize(), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	star, err := netem.New(netem.Config{Seed: 1, Hosts: []netem.Host{
		downloading: {Down: netem.LineConfig{Rate: s.Line, Queue: s.Queue}},
		tracking:    {},
		owning:      {Up: netem.LineConfig{Delay: s.RoundTrip / 2}, Down: netem.LineConfig{Delay: s.RoundTrip / 2}},
	}})
	if err != nil {
		return nil, err
	}
	defer star.Close()
	swarm, err := ours.Swarm(ctx, peers.Scene{
		Rig: r, File: f, Tracker: host(star, tracking), Owners: []rig.Host{host(star, owning)},
	})
	if err != nil {
		return nil, err
	}
	defer swarm.Close()
	play := &play{Scenario: s, star: star, swarm: swarm, folder: r.Folder}
	if err := play.run(ctx); err != nil {
		return nil, err
	}
	return play.recording()
}

func host(star *netem.Star, i int) rig.Host {
	return rig.Host{Addr: star.Addr(i), Namespace: star.Namespace(i)}
}

// A play is a scenario that runs.
type play struct {
	Scenario
	star   *netem.Star
	swarm  *peers.Swarm
	folder string

	origin    time.Time
	downloads []*peers.Download
}

// A happening is something to do at a time.
type happening struct {
	at time.Duration
	do func() error
}

// run starts the first download, and does all else by the clock that starts when its
// first bytes come.
func (p *play) run(ctx context.Context) error {
	p.swarm.Begin()
	if err := p.download(); err != nil {
		return err
	}
	if err := p.awaitFirst(ctx); err != nil {
		return err
	}
	p.origin = time.Now()
	p.star.Start()
	for _, h := range p.happenings() {
		select {
		case <-time.After(time.Until(p.origin.Add(h.at))):
		case <-p.downloads[0].Process.Ended():
			return errors.New("the first download has ended too soon")
		case <-ctx.Done():
			return rig.Cause(ctx)
		}
		if err := h.do(); err != nil {
			return err
		}
	}
	return nil
}

// happenings are all of them, by time.
func (p *play) happenings() (all []happening) {
	for _, l := range p.Loss {
		all = append(all, happening{l.From, func() error { p.star.Lose(owning, l.Part, 0); return nil }})
	}
	for i := 1; i < p.Downloads; i++ {
		all = append(all, happening{time.Duration(i) * p.Apart, p.download})
	}
	all = append(all, happening{p.Length, p.end})
	slices.SortStableFunc(all, func(a, b happening) int { return cmp.Compare(a.at, b.at) })
	return all
}

// download starts one more download.
func (p *play) download() error {
	d, err := p.swarm.Traced(host(p.star, downloading), p.trace(len(p.downloads)))
	if err == nil {
		p.downloads = append(p.downloads, d)
	}
	return err
}

// trace returns the path of the trace of a download.
func (p *play) trace(i int) string {
	return filepath.Join(p.folder, fmt.Sprintf("%s%d.jsonl", p.Name, i+1))
}

// end ends all downloads.
func (p *play) end() error {
	for _, d := range p.downloads {
		d.Process.Signal(os.Interrupt)
	}
	for _, d := range p.downloads {
		d.Process.End()
	}
	return nil
}

// awaitFirst waits for the first sample of the first download.
func (p *play) awaitFirst(ctx context.Context) error {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		if info, err := os.Stat(p.trace(0)); err == nil && info.Size() > 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-p.downloads[0].Process.Ended():
			return fmt.Errorf("the download ended before it began: %w", p.downloads[0].Process.Wait(ctx))
		case <-ctx.Done():
			return rig.Cause(ctx)
		}
	}
}

// recording reads the traces.
func (p *play) recording() (*Recording, error) {
	rec := &Recording{Scenario: p.Scenario, Origin: p.origin, Accuracy: p.star.Report().Accuracy}
	for i := range p.downloads {
		file, err := os.Open(p.trace(i))
		if err != nil {
			return nil, err
		}
		traces, err := plot.Read(file)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.trace(i), err)
		}
		rec.Files, rec.Traces = append(rec.Files, p.trace(i)), append(rec.Traces, traces[0])
	}
	return rec, nil
}
