package rows

import (
	"context"
	"fmt"
	"math"

	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// killLoop loses an owner on loopback.
func killLoop(ctx context.Context, b *Bench) (*score.Table, error) {
	f, err := b.Rig.File(ctx, "kill.bin", b.size(1024, 512), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	return b.lose(ctx, loopback(b.Rig, f, 3), fmt.Sprintf("%d MiB on loopback from three owners", f.Length>>20))
}

// killNet loses an owner behind a long line; two can still fill it.
func killNet(ctx context.Context, b *Bench) (*score.Table, error) {
	const mbit = 200
	f, err := b.Rig.File(ctx, "kill.bin", b.size(128, 64), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	owner := far(mbit, 0, wanRoundTrip)
	n, err := b.network(near(mbit, 0, 0), owner, owner, owner)
	if err != nil {
		return nil, err
	}
	defer n.star.Close()
	return b.lose(ctx, n.scene(b.Rig, f, 3),
		fmt.Sprintf("%d MiB through %d Mbit/s, %v, from three owners at %d Mbit/s", f.Length>>20, mbit, wanRoundTrip, mbit))
}

// lose compares downloads that lose an owner half-way with one that does not.
func (b *Bench) lose(ctx context.Context, s peers.Scene, what string) (*score.Table, error) {
	entries := []*entry{
		b.losing("undisturbed", s, nil),
		b.losing("one owner killed half-way (SIGKILL)", s, func(p *rig.Process) error { p.Kill(); return nil }),
		b.losing("one owner stopped half-way (SIGSTOP)", s, (*rig.Process).Freeze),
	}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	for _, e := range entries {
		for i := range e.runs {
			e.runs[i].figures["s added"] = math.NaN()
			if e != entries[0] {
				e.runs[i].figures["s added"] = e.runs[i].Seconds - entries[0].seconds()
			}
		}
	}
	return b.table(what, entries, figure{"s added", score.Figure}, figure{"repeats", score.Percent}, figure{"hit at", score.Percent}), nil
}

// losing is an entry in which something is done to the first owner half-way.
func (b *Bench) losing(name string, s peers.Scene, hit func(*rig.Process) error) *entry {
	ours := b.ours(name)
	return &entry{name: name, program: ourName, lacks: ours.Missing(), run: func(ctx context.Context) (r run, err error) {
		swarm, err := ours.Swarm(ctx, s)
		if err != nil {
			return r, err
		}
		defer swarm.Close()
		swarm.Begin()
		d, err := swarm.Download(s.Downloader)
		if err != nil {
			return r, err
		}
		at := math.NaN()
		if hit != nil {
			if err := d.Reached(ctx, float64(s.File.Length)/2); err != nil {
				return r, err
			}
			line := d.Timeline()
			if len(line) == 0 { // it has ended before it told anything
				_, err := d.Wait(ctx)
				return r, err
			}
			at = line[len(line)-1].Bytes / float64(s.File.Length)
			if err := hit(swarm.Owners[0]); err != nil {
				return r, err
			}
		}
		r.Outcome, err = d.Wait(ctx)
		r.figures = map[string]float64{"repeats": repeats(r.Outcome), "hit at": at}
		return r, err
	}}
}
