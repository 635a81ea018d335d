package rows

import (
	"context"
	"fmt"

	"udptorrent/bench/peers"
	"udptorrent/bench/score"
)

// swarmLoop spreads a file on this machine, with no lines between the nodes.
func swarmLoop(ctx context.Context, b *Bench) (*score.Table, error) {
	const nodes = 16
	f, err := b.Rig.File(ctx, "swarmloop.bin", b.size(256, 64), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	s := loopback(b.Rig, f, 1)
	entries := []*entry{flock(b.ours(""), s, nodes), flock(peers.Libtorrent{Transport: "tcp"}, s, nodes)}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d MiB from one to %d on loopback, verified", f.Length>>20, nodes), entries,
		figure{"median s", score.Figure}, figure{"copies told", score.Figure})
	t.Note("seconds: until the last has it; MB/s: of all together; %s", told)
	return t, nil
}

// lab has two hundred nodes, each a program of its own, fetch a file with one tracker.
func lab(ctx context.Context, b *Bench) (*score.Table, error) {
	const nodes = 200
	f, err := b.Rig.File(ctx, "lab.bin", b.size(16, 4), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	entries := []*entry{flock(b.ours(""), loopback(b.Rig, f, 1), nodes)}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d MiB from one to %d nodes on this machine with one tracker, verified", f.Length>>20, nodes), entries,
		figure{"median s", score.Figure}, figure{"copies told", score.Figure},
		figure{"tracker CPU s", score.Figure}, figure{"tracker MiB", score.Figure})
	t.Note("seconds: until the last has it; MB/s: of all together; %s", told)
	t.Note("tracker: processor time from the start of the downloads to the end of the last, and the most memory resident")
	return t, nil
}
