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

// far is an owner's lines, with half of a round trip on each.
func far(mbit, loss float64, roundTrip time.Duration) netem.Host {
	return netem.Host{
		Up:   netem.LineConfig{Rate: netem.Mbit(mbit), Delay: roundTrip / 2, Loss: loss},
		Down: netem.LineConfig{Rate: netem.Mbit(mbit), Delay: roundTrip / 2},
	}
}

// near is a downloader's lines.
func near(mbit, loss float64, queue int) netem.Host {
	return netem.Host{
		Up:   netem.LineConfig{Rate: netem.Mbit(mbit), Loss: loss},
		Down: netem.LineConfig{Rate: netem.Mbit(mbit), Queue: queue},
	}
}

// A wan is a long line that loses packets: three owners, each with half of its rate.
type wan struct {
	loss      float64
	mbit, mib float64
}

const wanRoundTrip = 50 * time.Millisecond

func (w wan) run(ctx context.Context, b *Bench) (*score.Table, error) {
	f, err := b.Rig.File(ctx, "wan.bin", b.size(int64(w.mib), 64), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	owner := far(w.mbit/2, w.loss, wanRoundTrip)
	if w.mbit > 500 {
		owner.Up.Queue, owner.Down.Queue = 1<<20, 1<<20
	}
	n, err := b.network(near(w.mbit, w.loss, owner.Up.Queue), owner, owner, owner)
	if err != nil {
		return nil, err
	}
	defer n.star.Close()
	scene := n.scene(b.Rig, f, 3)
	figures := func(o peers.Outcome) map[string]float64 { return w.figures(o, n.star) }
	entries := []*entry{
		enter(b.ours(""), scene, figures),
		enter(peers.Libtorrent{Transport: "tcp", Congestion: "bbr"}, scene, figures),
		enter(peers.Libtorrent{Transport: "tcp", Congestion: "cubic"}, scene, figures),
		enter(peers.Libtorrent{Transport: "utp"}, scene, figures),
	}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d MiB through %.0f Mbit/s, %v, %s loss each way, from three owners at %.0f Mbit/s",
		f.Length>>20, w.mbit, wanRoundTrip, score.Percent(w.loss), w.mbit/2), entries,
		figure{"of the line", score.Percent}, figure{"after 1 s", score.Percent}, figure{"repeats", score.Percent},
		figure{"late 99 % ms", score.Figure}, figure{"overrun", score.Figure})
	t.Note("of the line: the file's bits in the whole time, start-up included, in units of the line's; after 1 s: from the second second on")
	t.Note("late, overrun: of the emulator; packets that it handed over so late, or could not take")
	return t, nil
}

// figures are those of one transfer.
func (w wan) figures(o peers.Outcome, star *netem.Star) map[string]float64 {
	line := w.mbit * 1e6 / 8
	accuracy := star.Report().Accuracy
	m := map[string]float64{
		"of the line":  float64(o.Bytes) / o.Seconds / line,
		"after 1 s":    math.NaN(),
		"repeats":      repeats(o),
		"late 99 % ms": accuracy.P99.Seconds() * 1e3,
		"overrun":      float64(accuracy.Overrun),
	}
	if len(o.Timeline) > 0 && o.Seconds > 1.5 {
		m["after 1 s"] = (float64(o.Bytes) - o.Timeline.Bytes(o.Began+1)) / (o.Seconds - 1) / line
	}
	return m
}

// carry tells what the emulator can do on this machine.
func carry(ctx context.Context, b *Bench) (*score.Table, error) {
	t := &score.Table{
		Title:   "lines that the network emulator can be on this machine, each offered 5 % more in packets of 1500 bytes",
		Columns: []string{"lines", "carried", "CPU", "late ms, median", "99 %", "most", "overrun"},
	}
	for _, l := range []struct {
		lines int
		mbit  float64
	}{{1, 10}, {1, 100}, {1, 200}, {1, 500}, {1, 1000}, {1, 1500}, {1, 2000}, {16, 20}} {
		if ctx.Err() != nil {
			return t, ctx.Err()
		}
		c, err := netem.Carry(l.lines+1, l.mbit*1e6/8, 2*time.Second)
		if err != nil {
			return nil, err
		}
		late := func(d time.Duration) string { return score.Figure(d.Seconds() * 1e3) }
		t.Add(fmt.Sprintf("%d of %.0f Mbit/s", l.lines, l.mbit), score.Percent(c.Rate*8/1e6/l.mbit/float64(l.lines)), score.Percent(c.CPU),
			late(c.Accuracy.Median), late(c.Accuracy.P99), late(c.Accuracy.Greatest), fmt.Sprint(c.Accuracy.Overrun))
	}
	t.Note("CPU: of the emulator, of one core")
	return t, nil
}
