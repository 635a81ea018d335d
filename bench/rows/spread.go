package rows

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// A spread is a file that comes from one host to many, each behind lines of its own.
type spread struct {
	as     string    // how it differs from the plain one, for the title
	seed   float64   // uplink of the seed, in Mbit/s; 0: spreadUp
	ups    []float64 // those of the members
	loss   float64   // on each uplink
	mishap mishap
}

// Lines of a spread. Each of the four lines of a round trip has a quarter of the delay.
const (
	spreadMiB       = 32
	spreadMembers   = 16
	spreadUp        = 20 // Mbit/s
	spreadDown      = 40
	spreadRoundTrip = 20 * time.Millisecond
	spreadQueue     = 100 * time.Millisecond
)

// Hosts of a spread.
const (
	seeding = iota
	trackingAll
	joining // the first member
)

// members have all the same uplink.
func members(n int) []float64 { return slices.Repeat([]float64{spreadUp}, n) }

// quarters have four kinds of uplinks.
func quarters() (ups []float64) {
	for _, up := range []float64{5, 10, 20, 40} {
		ups = append(ups, slices.Repeat([]float64{up}, spreadMembers/4)...)
	}
	return ups
}

// seedUp is the uplink of the seed, in Mbit/s.
func (sp spread) seedUp() float64 { return cmp.Or(sp.seed, spreadUp) }

// host is one behind its lines.
func (sp spread) host(up float64) netem.Host {
	line := func(mbit, loss float64) netem.LineConfig {
		return netem.LineConfig{
			Rate: netem.Mbit(mbit), Delay: spreadRoundTrip / 4, Loss: loss,
			Queue: int(mbit * 1e6 / 8 * spreadQueue.Seconds()),
		}
	}
	return netem.Host{Up: line(up, sp.loss), Down: line(spreadDown, 0)}
}

// bound is that of Kumar and Ross; the last few members are riders.
func (sp spread) bound(bytes int64, members, riders int) float64 {
	const mbit = 1e6 / 8
	var others []score.Line
	for i, up := range sp.ups[:members] {
		if i >= members-riders {
			up = 0
		}
		others = append(others, score.Line{Up: up * mbit, Down: spreadDown * mbit})
	}
	return score.Bound(float64(bytes), score.Line{Up: sp.seedUp() * mbit, Down: spreadDown * mbit}, others)
}

// A field is where a file is spread: the network and the file.
type field struct {
	*Bench
	spread
	*network
	file *rig.File
}

// field makes the network and the file. Close takes them away.
func (sp spread) field(ctx context.Context, b *Bench) (*field, error) {
	f, err := b.Rig.File(ctx, "spread.bin", b.size(spreadMiB, 8), false)
	if err != nil {
		return nil, err
	}
	hosts := []netem.Host{seeding: sp.host(sp.seedUp()), trackingAll: {}}
	for _, up := range sp.ups {
		hosts = append(hosts, sp.host(up))
	}
	n, err := newNetwork(hosts)
	if err != nil {
		f.Remove()
		return nil, err
	}
	return &field{b, sp, n, f}, nil
}

// Close takes away the network and the file.
func (f *field) Close() {
	f.star.Close()
	f.file.Remove()
}

// enter has a program spread the file to the first so many members.
func (f *field) enter(p swarming, name string, members, riders int) *entry {
	return &entry{name: name, lacks: p.Missing(), run: func(ctx context.Context) (r run, err error) {
		g, err := gather(ctx, p, peers.Scene{
			Rig: f.Rig, File: f.file, Tracker: f.hosts[trackingAll], Owners: f.hosts[seeding : seeding+1], Begin: f.star.Start,
		}, f.hosts[joining:joining+members], riders)
		if err != nil {
			return r, err
		}
		defer g.Close()
		return f.once(ctx, g, riders)
	}}
}

// once lets a gathering begin, and measures it.
func (f *field) once(ctx context.Context, g *gathering, riders int) (r run, err error) {
	if err := g.begin(); err != nil {
		return r, err
	}
	if f.Watch {
		defer f.watch(g)()
	}
	left, hit := g.members, 0.0
	if f.mishap != nil {
		if left, err = f.mishap(ctx, f, g); err != nil {
			return r, err
		}
		hit = g.Since()
	}
	var report netem.Report
	r, at, err := g.finish(ctx, left, func() { report = f.star.Report() })
	if err != nil {
		return r, err
	}
	givers := len(at) - riders
	r.figures["givers' median s"], r.figures["riders' median s"] = score.Median(at[:givers]), score.Median(at[givers:])
	r.figures["riders/givers"] = score.Median(at[givers:]) / score.Median(at[:givers])
	r.figures["of the bound"] = r.Seconds / f.bound(f.file.Length, len(g.members), riders)
	r.figures["uplinks used"] = f.used(report)
	r.figures["copies"] = float64(report.Hosts[seeding].Up.Bytes) / g.length
	r.figures["hit at s"] = hit
	r.figures["repeats"] = repeats(r.Outcome)
	r.figures["late 99 % ms"] = report.Accuracy.P99.Seconds() * 1e3
	r.figures["emulator CPU"] = report.CPU.Seconds() / report.Seconds
	r.figures["overrun"] = float64(report.Accuracy.Overrun)
	return r, nil
}

// used returns which part of what all uplinks could carry they did.
func (f *field) used(report netem.Report) float64 {
	carried, could := 0.0, 0.0
	for i, up := range append([]float64{seeding: f.seedUp(), trackingAll: 0}, f.ups...) {
		carried, could = carried+float64(report.Hosts[i].Up.Bytes), could+up*1e6/8*report.Seconds
	}
	return carried / could
}

// run compares programs.
func (sp spread) run(ctx context.Context, b *Bench) (*score.Table, error) {
	f, err := sp.field(ctx, b)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	programs := []swarming{b.ours(""), peers.Libtorrent{Transport: "tcp", Congestion: "cubic"}}
	if sp.as == "" {
		programs = append(programs, peers.Libtorrent{Transport: "tcp", Congestion: "bbr"}, peers.Libtorrent{Transport: "utp"})
	}
	var entries []*entry
	for _, p := range programs {
		entries = append(entries, f.enter(p, p.Name(), len(sp.ups), 0))
	}
	if err := b.contest(ctx, entries); err != nil {
		return nil, err
	}
	columns := []figure{{"median s", score.Figure}, {"of the bound", score.Figure}, {"uplinks used", score.Percent}, {"copies", score.Figure}, {"copies told", score.Figure}, {"repeats", score.Percent}}
	if sp.mishap != nil {
		columns = append(columns, figure{"hit at s", score.Figure})
	}
	t := b.table(sp.title(f.file), entries, append(columns, figure{"emulator CPU", score.Percent}, figure{"late 99 % ms", score.Figure}, figure{"overrun", score.Figure})...)
	sp.notes(t, f)
	return t, nil
}

// title says what is measured.
func (sp spread) title(f *rig.File) string {
	return fmt.Sprintf("%d MiB from one to %d, %d Mbit/s up and %d down, %v%s", f.Length>>20, len(sp.ups), spreadUp, spreadDown, spreadRoundTrip, sp.as)
}

// notes explain the table.
func (sp spread) notes(t *score.Table, f *field) {
	t.Note("seconds: until the last has it; MB/s: of all together; the bound of Kumar and Ross is %s s; packet headers take 3.2 %% of a line",
		score.Figure(sp.bound(f.file.Length, len(sp.ups), 0)))
	t.Note("copies: bytes that left the seed's line in units of the file, packet headers included; %s", told)
	t.Note("round trip between any two hosts; each line has a queue of %v; the tracker is on a line without limits, 10 ms away", spreadQueue)
	t.Note("emulator CPU: of one core; late, overrun: packets that it handed over so late, or could not take")
}
