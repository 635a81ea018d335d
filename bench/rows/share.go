package rows

import (
	"context"
	"fmt"
	"math"
	"time"

	"udptorrent/bench/peers"
	"udptorrent/bench/score"
)

// A share is a line that several downloads use, which start one after the other.
type share struct {
	downloads int
	mib       int64
}

const (
	shareMbit      = 100
	shareRoundTrip = 20 * time.Millisecond
	shareApart     = 2 * time.Second
	shareWindow    = 10 // seconds
	shareQueue     = 250_000
)

func (sh share) run(ctx context.Context, b *Bench) (*score.Table, error) {
	f, err := b.Rig.File(ctx, "share.bin", b.size(sh.mib, sh.mib/2), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	owner := far(0, 0, shareRoundTrip)
	n, err := b.network(near(shareMbit, 0, shareQueue), owner, owner, owner)
	if err != nil {
		return nil, err
	}
	defer n.star.Close()
	ours := b.ours("")
	e := &entry{name: ours.Name(), lacks: ours.Missing(), run: func(ctx context.Context) (run, error) {
		return sh.once(ctx, ours, n.scene(b.Rig, f, 3))
	}}
	if err := b.contest(ctx, []*entry{e}); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d downloads of %d MiB, %v apart, through one line of %d Mbit/s, %v, from three owners", sh.downloads,
		f.Length>>20, shareApart, shareMbit, shareRoundTrip), []*entry{e}, figure{"Jain", score.Figure},
		figure{"of the line", score.Percent}, figure{"repeats", score.Percent})
	t.Note("Jain's index and the use of the line: of the %d s before the first of them is done; a queue of one round trip", shareWindow)
	return t, nil
}

// once runs the downloads.
func (sh share) once(ctx context.Context, ours peers.Ours, s peers.Scene) (r run, err error) {
	swarm, err := ours.Swarm(ctx, s)
	if err != nil {
		return r, err
	}
	defer swarm.Close()
	swarm.Begin()
	var all []*peers.Download
	for i := range sh.downloads {
		if err := until(ctx, swarm, float64(i)*shareApart.Seconds()); err != nil {
			return r, err
		}
		d, err := swarm.Alone(s.Downloader)
		if err != nil {
			return r, err
		}
		all = append(all, d)
	}
	first := math.Inf(1)
	var lines []score.Timeline
	for _, d := range all {
		o, err := d.Wait(ctx)
		if err != nil {
			return r, err
		}
		first = min(first, o.Began+o.Seconds)
		lines = append(lines, o.Timeline)
		r.add(o)
	}
	r.CPU = swarm.CPU()
	var rates []float64
	sum := 0.0
	for _, l := range lines {
		rate := l.Rate(first-shareWindow, first)
		rates, sum = append(rates, rate), sum+rate
	}
	r.figures = map[string]float64{"Jain": score.Jain(rates), "of the line": sum / (shareMbit * 1e6 / 8), "repeats": repeats(r.Outcome)}
	return r, nil
}

// add takes in one of several downloads.
func (r *run) add(o peers.Outcome) {
	r.Bytes += o.Bytes
	r.Seconds = max(r.Seconds, o.Began+o.Seconds)
	r.OwnerPeak = max(r.OwnerPeak, o.OwnerPeak)
	r.DownloaderPeak = max(r.DownloaderPeak, o.DownloaderPeak)
	r.Blocks.Asked += o.Blocks.Asked
	r.Blocks.Repeated += o.Blocks.Repeated
	r.Blocks.Lost += o.Blocks.Lost
}

// until waits for a time of the swarm, in seconds.
func until(ctx context.Context, swarm *peers.Swarm, at float64) error {
	select {
	case <-time.After(time.Duration((at - swarm.Since()) * float64(time.Second))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// beside has a download and a TCP flow share a line.
func beside(ctx context.Context, b *Bench) (*score.Table, error) {
	t := &score.Table{
		Title: fmt.Sprintf("a download and a TCP CUBIC flow on one line of %d Mbit/s, %v, with a queue of one round trip; %v apart, the last %d s of 20",
			shareMbit, shareRoundTrip, shareApart, shareWindow),
		Columns: []string{"begins first", "runs", "download Mbit/s", "min - max", "flow Mbit/s", "min - max", "flow's share"},
	}
	if !b.chosen(ourName) {
		b.noneOf(t)
		return t, nil
	}
	f, err := b.Rig.File(ctx, "beside.bin", 400<<20, false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	owner := far(0, 0, shareRoundTrip)
	n, err := b.network(near(shareMbit, 0, shareQueue), owner, owner, owner, owner)
	if err != nil {
		return nil, err
	}
	defer n.star.Close()
	for _, flowFirst := range []bool{true, false} {
		var ours, theirs, part []float64
		for round := range b.Rounds {
			o, f, err := n.race(ctx, b.ours(""), n.scene(b.Rig, f, 3), flowFirst)
			if err != nil {
				t.Note("failed: %v", err)
				break
			}
			b.say("  %d/%d  download %.1f Mbit/s, flow %.1f Mbit/s", round+1, b.Rounds, o, f)
			ours, theirs, part = append(ours, o), append(theirs, f), append(part, f/(o+f))
		}
		name := map[bool]string{true: "TCP", false: ourName}[flowFirst]
		t.Add(name, fmt.Sprint(len(ours)), score.Figure(score.Median(ours)), score.Spread(ours),
			score.Figure(score.Median(theirs)), score.Spread(theirs), score.Percent(score.Median(part)))
	}
	return t, nil
}

// race returns the rates of a download and of a flow on one line, in Mbit/s.
func (n *network) race(ctx context.Context, ours peers.Ours, s peers.Scene, flowFirst bool) (download, flow float64, err error) {
	const end = 20
	swarm, err := ours.Swarm(ctx, s)
	if err != nil {
		return 0, 0, err
	}
	defer swarm.Close()
	swarm.Begin()
	flowAt, downloadAt := shareApart.Seconds(), 0.0
	if flowFirst {
		flowAt, downloadAt = downloadAt, flowAt
	}
	var tcp interface {
		Received() int64
		Close()
	}
	var d *peers.Download
	start := map[bool]func() error{
		true: func() (err error) {
			tcp, err = n.star.Flow(owning+3, downloading, "cubic")
			return err
		},
		false: func() (err error) {
			d, err = swarm.Alone(s.Downloader)
			return err
		},
	}
	if err := start[flowFirst](); err != nil {
		return 0, 0, err
	}
	if err := until(ctx, swarm, max(flowAt, downloadAt)); err != nil {
		return 0, 0, err
	}
	if err := start[!flowFirst](); err != nil {
		return 0, 0, err
	}
	defer tcp.Close()
	if err := until(ctx, swarm, end-shareWindow); err != nil {
		return 0, 0, err
	}
	from, before := swarm.Since(), tcp.Received()
	if err := until(ctx, swarm, end); err != nil {
		return 0, 0, err
	}
	to, after := swarm.Since(), tcp.Received()
	mbit := 8 / 1e6
	return d.Timeline().Rate(from, to) * mbit, float64(after-before) / (to - from) * mbit, nil
}
