// Package rows has what make bench measures: each row is a scene, the programs that are
// compared in it, and the table that comes of it.
package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// A Row is one table.
type Row struct {
	Name  string
	About string
	Root  bool // needs network namespaces
	run   func(context.Context, *Bench) (*score.Table, error)
}

// All are the rows, in the order in which they are run.
var All = []Row{
	{"loop", "1 GiB on loopback, every program", false, loop},
	{"memory", "10 GiB on loopback: who keeps how much in memory", false, memory},
	{"crowd", "40 downloaders from one owner on loopback", false, crowd},
	{"killloop", "one of three owners killed or stopped half-way, on loopback", false, killLoop},
	{"carry", "what the network emulator can carry", true, carry},
	{"wan0", "200 Mbit/s, 50 ms, no loss", true, wan{loss: 0, mbit: 200, mib: 64}.run},
	{"wan1", "200 Mbit/s, 50 ms, 1 % loss", true, wan{loss: 0.01, mbit: 200, mib: 64}.run},
	{"wan5", "200 Mbit/s, 50 ms, 5 % loss", true, wan{loss: 0.05, mbit: 200, mib: 64}.run},
	{"gig", "1000 Mbit/s, 50 ms, 1 % loss", true, wan{loss: 0.01, mbit: 1000, mib: 512}.run},
	{"shallow", "10 Mbit/s, 40 ms, a queue of 32 KiB", true, bottleneck{queue: 32 << 10}.run},
	{"deep", "10 Mbit/s, 40 ms, a queue of 2 MiB", true, bottleneck{queue: 2 << 20}.run},
	{"share2", "two downloads on one line", true, share{downloads: 2, mib: 160}.run},
	{"share4", "four downloads on one line", true, share{downloads: 4, mib: 128}.run},
	{"beside", "a download beside a TCP flow", true, beside},
	{"uneven", "owners at 8, 16, 32 and 64 Mbit/s", true, uneven},
	{"step", "a rate that drops to a fifth and comes back", true, step},
	{"swarm", "one to 16, 20 Mbit/s up and 40 down", true, spread{ups: members(spreadMembers)}.run},
	{"swarmloss", "the same with 1 % loss", true, spread{ups: members(spreadMembers), loss: 0.01, as: ", 1 % loss each way"}.run},
	{"swarmquarters", "the same with uplinks of 5, 10, 20 and 40 Mbit/s", true, spread{ups: quarters(), as: ", uplinks of 5, 10, 20 and 40 by quarters"}.run},
	{"swarmleave", "the same, and the seed is killed after 1.1 copies", true, spread{ups: members(spreadMembers), as: ", the seed killed after 1.1 copies", mishap: seedLeaves(1.1)}.run},
	{"swarmfast", "the same, and the seed has 80 Mbit/s, so that it leaves early", true, spread{seed: 80, ups: members(spreadMembers), as: ", a seed of 80 Mbit/s killed after 1.1 copies", mishap: seedLeaves(1.1)}.run},
	{"swarmcrash", "the same, and a third is killed half-way", true, spread{ups: members(spreadMembers), as: ", a third killed half-way", mishap: thirdCrashes}.run},
	{"swarmriders", "the same, and four upload nothing", true, riders},
	{"swarmloop", "one to 16 on loopback, 256 MiB", false, swarmLoop},
	{"lab", "one to 200 on loopback, and what that costs the tracker", false, lab},
	{"kill", "one of three owners killed or stopped half-way, 200 Mbit/s, 50 ms", true, killNet},
}

// Config says how to run rows.
type Config struct {
	Rig    *rig.Rig
	Bin    string // folder of node, tracker and pipe
	Rounds int
	Quick  bool   // smaller files, for development
	Only   string // programs whose name contains it; empty is all
	Log    io.Writer
	Watch  bool // tell on Log how a swarm gets on

	// Limit is how long one transfer may take, Slow how long it may take to be run
	// more than once.
	Limit, Slow time.Duration
}

// A Bench runs rows.
type Bench struct{ Config }

// New returns a bench.
func New(c Config) *Bench {
	if c.Limit == 0 {
		c.Limit = 2 * time.Minute
	}
	if c.Slow == 0 {
		c.Slow = 30 * time.Second
	}
	return &Bench{c}
}

// ErrRoot is why a row cannot be had without root.
var ErrRoot = errors.New("needs Linux, root and iproute2 (apt-get install iproute2): sudo make bench")

// Run runs one row and returns its table.
func (b *Bench) Run(ctx context.Context, r Row) (*score.Table, error) {
	if r.Root && (runtime.GOOS != "linux" || os.Geteuid() != 0) {
		return nil, ErrRoot
	}
	t, err := r.run(ctx, b)
	if t != nil {
		t.Name = r.Name
	}
	return t, err
}

// say tells the person who waits what goes on.
func (b *Bench) say(format string, args ...any) { fmt.Fprintf(b.Log, format+"\n", args...) }

// size returns a number of MiB in bytes, an eighth of it in a quick run but not less
// than least.
func (b *Bench) size(mib, least int64) int64 {
	if b.Quick {
		mib = max(mib/8, min(least, mib))
	}
	return mib << 20
}

// ourName is that of our program where a row has no other label for it.
const ourName = "udptorrent"

// ours is our program as it is.
func (b *Bench) ours(label string, flags ...string) peers.Ours {
	if label == "" {
		label = ourName
	}
	return peers.Ours{Label: label, Bin: b.Bin, Flags: flags}
}

// chosen reports whether a program is to be run.
func (b *Bench) chosen(name string) bool {
	for _, part := range strings.Split(b.Only, ",") {
		if strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(part))) {
			return true
		}
	}
	return false
}

// takes reports whether an entry is to be run: by its name in the table or by its
// program's.
func (b *Bench) takes(e *entry) bool {
	return b.chosen(e.name) || e.program != "" && b.chosen(e.program)
}

// noneOf notes why a table is empty.
func (b *Bench) noneOf(t *score.Table) {
	t.Note("not run: no program of this row has a name that contains one of %q", b.Only)
}

// A network is a star of hosts.
type network struct {
	star  *netem.Star
	hosts []rig.Host
}

// Hosts of a network with one downloader: the tracker is on a perfect line.
const (
	downloading = iota
	tracking
	owning // the first owner
)

// network makes a star: the downloader's lines and those of the owners.
func (b *Bench) network(downloader netem.Host, owners ...netem.Host) (*network, error) {
	return newNetwork(append([]netem.Host{downloader, {}}, owners...))
}

// newNetwork makes a star.
func newNetwork(hosts []netem.Host) (*network, error) {
	star, err := netem.New(netem.Config{Hosts: hosts, Seed: 1})
	if err != nil {
		return nil, err
	}
	n := &network{star: star}
	for i := range hosts {
		n.hosts = append(n.hosts, rig.Host{Addr: star.Addr(i), Namespace: star.Namespace(i)})
	}
	return n, nil
}

// scene is that of the network, with a number of owners.
func (n *network) scene(r *rig.Rig, f *rig.File, owners int) peers.Scene {
	return peers.Scene{
		Rig: r, File: f, Tracker: n.hosts[tracking], Downloader: n.hosts[downloading],
		Owners: n.hosts[owning : owning+owners], Begin: n.star.Start,
	}
}

// loopback is a scene on this machine.
func loopback(r *rig.Rig, f *rig.File, owners int) peers.Scene {
	s := peers.Scene{Rig: r, File: f, Tracker: rig.Loopback, Downloader: rig.Loopback}
	for range owners {
		s.Owners = append(s.Owners, rig.Loopback)
	}
	return s
}
