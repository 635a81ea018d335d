package rows

import (
	"context"
	"fmt"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/peers"
	"udptorrent/bench/score"
)

// uneven fetches from owners of very different rates.
func uneven(ctx context.Context, b *Bench) (*score.Table, error) {
	const roundTrip = 20 * time.Millisecond
	f, err := b.Rig.File(ctx, "uneven.bin", b.size(128, 64), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	var owners []netem.Host
	sum := 0.0
	for _, mbit := range []float64{8, 16, 32, 64} {
		owners = append(owners, far(mbit, 0, roundTrip))
		sum += mbit
	}
	n, err := b.network(netem.Host{}, owners...)
	if err != nil {
		return nil, err
	}
	defer n.star.Close()
	scene := n.scene(b.Rig, f, len(owners))
	figures := func(o peers.Outcome) map[string]float64 {
		return map[string]float64{"of the sum": float64(o.Bytes) / o.Seconds / (sum * 1e6 / 8), "repeats": repeats(o)}
	}
	entries := []*entry{
		enter(b.ours(""), scene, figures),
		enter(peers.Libtorrent{Transport: "tcp", Congestion: "bbr"}, scene, figures),
		enter(peers.Libtorrent{Transport: "tcp", Congestion: "cubic"}, scene, figures),
		enter(peers.Libtorrent{Transport: "utp"}, scene, figures),
	}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	return b.table(fmt.Sprintf("%d MiB from owners at 8, 16, 32 and 64 Mbit/s, %v", f.Length>>20, roundTrip), entries,
		figure{"of the sum", score.Percent}, figure{"repeats", score.Percent}), nil
}

// step has the rate of a line drop to a fifth for a while.
func step(ctx context.Context, b *Bench) (*score.Table, error) {
	const mbit, roundTrip, drop, back = 100, 40 * time.Millisecond, 6 * time.Second, 12 * time.Second
	f, err := b.Rig.File(ctx, "step.bin", 160<<20, false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	home := near(mbit, 0, 500_000)
	home.Down.Rate = []netem.Step{{Rate: mbit * 1e6 / 8}, {From: drop, Rate: mbit * 1e6 / 8 / 5}, {From: back, Rate: mbit * 1e6 / 8}}
	owner := far(0, 0, roundTrip)
	n, err := b.network(home, owner, owner, owner)
	if err != nil {
		return nil, err
	}
	defer n.star.Close()
	figures := func(o peers.Outcome) map[string]float64 {
		line := mbit * 1e6 / 8
		end := o.Began + o.Seconds
		return map[string]float64{
			"before":     o.Timeline.Rate(3, drop.Seconds()) / line,
			"dropped":    o.Timeline.Rate(drop.Seconds()+1, back.Seconds()) / (line / 5),
			"after":      o.Timeline.Rate(back.Seconds()+3, end) / line,
			"90 % after": o.Timeline.Reaches(0.9*o.Timeline.Rate(3, drop.Seconds()), back.Seconds()),
			"repeats":    repeats(o),
		}
	}
	entries := []*entry{enter(b.ours(""), n.scene(b.Rig, f, 3), figures)}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d MiB through %d Mbit/s, %v, which is a fifth of that from %v to %v", f.Length>>20, mbit, roundTrip, drop, back),
		entries, figure{"before", score.Percent}, figure{"dropped", score.Percent}, figure{"after", score.Percent},
		figure{"90 % after", score.Figure}, figure{"repeats", score.Percent})
	t.Note("before, dropped, after: bytes that came in units of the line as it then was, from 1 s after the drop and from 3 s after the return on")
	t.Note("90 %% after: seconds from the return until a second in which 90 %% of the rate before the drop comes")
	return t, nil
}
