package rows

import (
	"context"
	"fmt"
	"math"

	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// crowd has forty nodes fetch a file from one owner at the same time.
func crowd(ctx context.Context, b *Bench) (*score.Table, error) {
	const nodes, bytes = 40, 20e6
	f, err := b.Rig.File(ctx, "crowd.bin", bytes, false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	ours := b.ours("")
	e := &entry{name: ours.Name(), lacks: ours.Missing(), run: func(ctx context.Context) (run, error) {
		return flock(ctx, ours, loopback(b.Rig, f, 1), nodes)
	}}
	if err := b.contest(ctx, []*entry{e}); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d downloaders of %.0f MB each from one owner on loopback, told to begin at the same time", nodes, bytes/1e6),
		[]*entry{e}, figure{"fastest s", score.Figure}, figure{"slowest s", score.Figure}, figure{"slowest/fastest", score.Figure})
	t.Note("seconds: until all have it; MB/s: of all together; who has it serves it too")
	return t, nil
}

// flock has a number of downloaders wait, and then begin all at once.
func flock(ctx context.Context, ours peers.Ours, s peers.Scene, n int) (r run, err error) {
	swarm, err := ours.Swarm(ctx, s)
	if err != nil {
		return r, err
	}
	defer swarm.Close()
	var all []*peers.Download
	for range n {
		d, err := swarm.Idle(rig.Loopback)
		if err != nil {
			return r, err
		}
		all = append(all, d)
	}
	swarm.Begin()
	for _, d := range all {
		if err := d.Go(); err != nil {
			return r, err
		}
	}
	fastest, slowest := math.Inf(1), 0.0
	for _, d := range all {
		o, err := d.Wait(ctx)
		if err != nil {
			return r, err
		}
		r.add(o)
		fastest, slowest = min(fastest, o.Seconds), max(slowest, o.Seconds)
	}
	r.CPU = swarm.CPU()
	r.figures = map[string]float64{"fastest s": fastest, "slowest s": slowest, "slowest/fastest": slowest / fastest}
	return r, nil
}
