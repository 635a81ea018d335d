package rows

import (
	"context"
	"fmt"
	"math"

	"udptorrent/bench/peers"
	"udptorrent/bench/score"
)

// riders compares a swarm in which a quarter uploads nothing with one without them.
func riders(ctx context.Context, b *Bench) (*score.Table, error) {
	const rides, gives = spreadMembers / 4, spreadMembers - spreadMembers/4
	f, err := spread{ups: members(spreadMembers)}.field(ctx, b)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entries []*entry
	for _, p := range []swarming{b.ours(""), peers.Libtorrent{Transport: "tcp", Congestion: "cubic"}} {
		entries = append(entries,
			f.enter(p, fmt.Sprintf("%s, %d who give", p.Name(), gives), gives, 0),
			f.enter(p, fmt.Sprintf("%s, %d more who do not", p.Name(), rides), gives+rides, rides))
	}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	for i, e := range entries {
		without := entries[i&^1].median(func(r run) float64 { return r.figures["givers' median s"] })
		for _, r := range e.runs {
			r.figures["to without"] = math.NaN()
			if i%2 == 1 {
				r.figures["to without"] = r.figures["givers' median s"] / without
			}
		}
	}
	t := b.table(f.title(f.file)+": free riders", entries,
		figure{"givers' median s", score.Figure}, figure{"to without", score.Figure}, figure{"riders' median s", score.Figure},
		figure{"riders/givers", score.Figure}, figure{"of the bound", score.Figure}, figure{"copies", score.Figure}, figure{"overrun", score.Figure})
	f.notes(t, f)
	t.Note("seconds: until the last has it, riders included; to without: the givers' median in units of that in the swarm without riders")
	t.Note("the bound: %s s for those who give, %s s with riders", score.Figure(f.bound(f.file.Length, gives, 0)),
		score.Figure(f.bound(f.file.Length, gives+rides, rides)))
	return t, nil
}
