package rows

import (
	"context"
	"fmt"
	"math"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/peers"
	"udptorrent/bench/score"
)

// A bottleneck is a slow line with a queue that is too short or too long.
type bottleneck struct{ queue int }

func (l bottleneck) run(ctx context.Context, b *Bench) (*score.Table, error) {
	const mbit, roundTrip = 10, 40 * time.Millisecond
	f, err := b.Rig.File(ctx, "slow.bin", b.size(16, 8), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	owner := far(100, 0, roundTrip)
	n, err := b.network(near(mbit, 0, l.queue), owner, owner, owner)
	if err != nil {
		return nil, err
	}
	defer n.star.Close()
	scene := n.scene(b.Rig, f, 3)
	figures := func(o peers.Outcome) map[string]float64 {
		const settled = 3 * time.Second
		down := n.star.Report().Hosts[downloading]
		q := netem.Stand(down.DownQueue, settled, time.Duration((o.Began+o.Seconds)*1e9))
		if o.Began == 0 {
			q = netem.Stand(down.DownQueue, settled, time.Duration(o.Seconds*1e9))
		}
		sent := float64(down.Down.Packets + down.Down.Dropped)
		return map[string]float64{
			"of the line": float64(o.Bytes) / o.Seconds / (mbit * 1e6 / 8), "repeats": repeats(o),
			"queue ms, median": q.Median.Seconds() * 1e3, "95 %": q.P95.Seconds() * 1e3, "most": q.Longest.Seconds() * 1e3,
			"dropped": float64(down.Down.Dropped) / math.Max(sent, 1),
		}
	}
	entries := []*entry{
		enter(b.ours(""), scene, figures),
		enter(peers.Libtorrent{Transport: "tcp", Congestion: "cubic"}, scene, figures),
		enter(peers.Libtorrent{Transport: "tcp", Congestion: "bbr"}, scene, figures),
		enter(peers.Libtorrent{Transport: "utp"}, scene, figures),
	}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d MiB through %d Mbit/s, %v, a queue of %d KiB, from three owners", f.Length>>20, mbit, roundTrip, l.queue>>10),
		entries, figure{"of the line", score.Percent}, figure{"repeats", score.Percent}, figure{"dropped", score.Percent},
		figure{"queue ms, median", score.Figure}, figure{"95 %", score.Figure}, figure{"most", score.Figure})
	t.Note("queue: how long packets waited before the line, from 3 s on")
	return t, nil
}
