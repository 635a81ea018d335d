package rows

import (
	"context"
	"fmt"
	"slices"

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
	e := flock(b.ours(""), loopback(b.Rig, f, 1), nodes)
	if err := b.contest(ctx, []*entry{e}); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d downloaders of %.0f MB each from one owner on loopback, told to begin at the same time", nodes, bytes/1e6),
		[]*entry{e}, figure{"fastest s", score.Figure}, figure{"slowest s", score.Figure}, figure{"slowest/fastest", score.Figure},
		figure{"copies told", score.Figure})
	t.Note("seconds: until all have it; MB/s: of all together; who has it serves it too; %s", told)
	return t, nil
}

// told explains a column.
const told = "copies told: what the owner has uploaded in units of the file, by what the nodes say themselves"

// flock has a number of downloaders on this machine begin at once.
func flock(p swarming, s peers.Scene, n int) *entry {
	return &entry{name: p.Name(), lacks: p.Missing(), run: func(ctx context.Context) (r run, err error) {
		g, err := gather(ctx, p, s, slices.Repeat([]rig.Host{rig.Loopback}, n), 0)
		if err != nil {
			return r, err
		}
		defer g.Close()
		if err := g.begin(); err != nil {
			return r, err
		}
		tracker := func() {}
		used := 0.0
		if g.Tracker != nil {
			tracker = func() { used = g.Tracker.Used().Seconds() }
		}
		r, at, err := g.finish(ctx, g.members, tracker)
		if err != nil {
			return r, err
		}
		r.figures["fastest s"], r.figures["slowest s"] = slices.Min(at), slices.Max(at)
		r.figures["slowest/fastest"] = slices.Max(at) / slices.Min(at)
		if g.Tracker != nil {
			r.figures["tracker CPU s"], r.figures["tracker MiB"] = used, float64(g.Tracker.Peak())/(1<<20)
		}
		return r, nil
	}}
}
