package rows

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// defaultMost is net.core.rmem_max of a new Linux: what any program may ask for, and of
// which the kernel gives the double.
const defaultMost = "212992"

// loopRest is long enough for what made the owners ready to be forgotten.
const loopRest = 2 * time.Second

// loop moves one file on loopback with every program.
func loop(ctx context.Context, b *Bench) (*score.Table, error) {
	f, err := b.Rig.File(ctx, "loop.bin", b.size(1024, 128), false)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	var dropped int64
	from := func(owners int) peers.Scene {
		s := loopback(b.Rig, f, owners)
		s.Rest = loopRest
		s.Begin = func() { dropped = rig.DroppedDatagrams() }
		return s
	}
	three := from(3)
	again := func(o peers.Outcome) map[string]float64 {
		lost := float64(rig.DroppedDatagrams() - dropped)
		return map[string]float64{"repeats": repeats(o), "dropped": lost / float64(o.Blocks.Asked)}
	}
	entries := []*entry{
		enter(b.ours(""), three, again),
		enter(b.ours("udptorrent, 1 owner"), from(1), again),
		enter(b.ours("udptorrent, 8 owners"), from(8), again),
		enter(b.ours("udptorrent, default buffers", "-socket.buffer", defaultMost), three, again),
		enter(b.ours("udptorrent, buffers untouched", "-socket.buffer", "0"), three, again),
		enter(b.ours("udptorrent, portable path", "-socket.portable"), three, again),
		enter(peers.Pipe{Bin: b.Bin, Datagram: 1200}, three, nil),
		enter(peers.Pipe{Bin: b.Bin, Datagram: 32000}, three, nil),
		enter(peers.Pipe{Bin: b.Bin, Datagram: 61452}, three, nil), // fifteen pages of a file
		enter(peers.Libtorrent{Transport: "tcp"}, three, nil),
		enter(peers.Libtorrent{Transport: "utp"}, three, nil),
		enter(peers.AriaTorrent{}, three, nil),
		enter(peers.AriaHTTP{}, three, nil),
		enter(peers.Curl{}, three, nil),
	}
	b.warmUp(ctx, entries[0])
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	t := b.table(fmt.Sprintf("%d MiB on loopback from three owners, verified", f.Length>>20), entries,
		figure{"repeats", score.Percent}, figure{"dropped", score.Percent})
	if sentence := compare(entries); sentence != "" {
		t.Note("%s", sentence)
	}
	t.Note("dropped: datagrams for which a receive buffer of this machine had no room, in units of the blocks asked for")
	t.Note("default buffers: what a program without privileges gets where net.core.rmem_max is %s, as in a new Linux", defaultMost)
	if size, err := os.ReadFile("/proc/sys/net/core/rmem_default"); err == nil {
		t.Note("buffers untouched: the system's own, %s bytes to receive into", bytes.TrimSpace(size))
	}
	t.Note("each download begins %v after its owners were ready", loopRest)
	t.Note("aria2 BitTorrent waits for a second before it connects")
	t.Note("ratio: speed, in units of the first line; owner, downloader: the most memory resident (libtorrent maps the files)")
	return t, nil
}

// memory moves a file that is larger than any buffer. Of zeros: reading it takes no
// memory of the machine.
func memory(ctx context.Context, b *Bench) (*score.Table, error) {
	f, err := b.Rig.File(ctx, "memory.bin", b.size(10<<10, 1<<10), true)
	if err != nil {
		return nil, err
	}
	defer f.Remove()
	entries := []*entry{
		enter(b.ours(""), loopback(b.Rig, f, 3), nil),
		enter(peers.Libtorrent{Transport: "tcp"}, loopback(b.Rig, f, 3), nil),
	}
	rounds := *b
	rounds.Rounds = 1
	if err := rounds.contest(ctx, entries); err != nil {
		return nil, err
	}
	return b.table(fmt.Sprintf("%d MiB of zeros on loopback from three owners, verified", f.Length>>20), entries), nil
}
