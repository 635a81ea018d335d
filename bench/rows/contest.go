package rows

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// An entry is a program in a scene.
type entry struct {
	name    string // in the table
	program string // if the name does not say it
	run     func(context.Context) (run, error)
	slow    bool   // too slow to be run again
	lacks   string // what is missing to run it
	runs    []run
	err     error // of the last run
}

// A run is one transfer, and what else a row measures of it.
type run struct {
	peers.Outcome
	figures map[string]float64
}

// figure is a further column of a table.
type figure struct {
	column string
	format func(float64) string
}

// enter makes an entry of a peer. More adds figures to each run; nil adds none.
func enter(p peers.Peer, s peers.Scene, more func(peers.Outcome) map[string]float64) *entry {
	return &entry{
		name: p.Name(), lacks: p.Missing(),
		run: func(ctx context.Context) (run, error) {
			o, err := p.Transfer(ctx, s)
			if err != nil || more == nil {
				return run{Outcome: o}, err
			}
			return run{o, more(o)}, nil
		},
	}
}

// contest runs the entries in turn, for as many rounds as there are to be. Each round has an
// order of its own: what a program leaves behind, caches and memory that the machine has to get
// back, is not always for the same one to pay.
func (b *Bench) contest(ctx context.Context, entries []*entry) error {
	for round := range b.Rounds {
		for _, i := range order(round, len(entries)) {
			e := entries[i]
			if e.lacks != "" || e.slow || !b.takes(e) || e.err != nil {
				continue
			}
			b.once(ctx, e, round)
			e.slow = e.slow && e != entries[0] // the one that all is about is never too slow
			if ctx.Err() != nil {
				return rig.Cause(ctx)
			}
		}
	}
	return nil
}

// order is that of a round, the same in every contest of n.
func order(round, n int) []int { return rand.New(rand.NewPCG(uint64(round), 0)).Perm(n) }

// warmUp runs an entry and forgets it. Whoever comes first pays for memory that the
// machine has never used before, which on a virtual one takes seconds a gigabyte.
func (b *Bench) warmUp(ctx context.Context, e *entry) {
	if e.lacks == "" && b.takes(e) {
		b.say("  warming up, not counted:")
		b.once(ctx, e, -1)
		e.runs, e.slow = nil, false
	}
}

// once runs an entry. One that fails is not run again.
func (b *Bench) once(ctx context.Context, e *entry, round int) {
	ctx, cancel := context.WithTimeout(ctx, b.Limit)
	defer cancel()
	r, err := e.run(ctx)
	e.err = err
	if err != nil {
		b.say("  %d/%d  %s: %v", round+1, b.Rounds, e.name, err)
		return
	}
	e.runs = append(e.runs, r)
	e.slow = time.Duration(r.Seconds*float64(time.Second)) > b.Slow
	b.say("  %d/%d  %s: %s s", round+1, b.Rounds, e.name, score.Figure(r.Seconds))
}

// of returns a value of every run.
func (e *entry) of(value func(run) float64) (values []float64) {
	for _, r := range e.runs {
		values = append(values, value(r))
	}
	return values
}

// median returns the median of a value over the runs.
func (e *entry) median(value func(run) float64) float64 { return score.Median(e.of(value)) }

func (e *entry) seconds() float64 { return e.median(func(r run) float64 { return r.Seconds }) }

// repeats is the share of blocks that were asked for again.
func repeats(o peers.Outcome) float64 {
	if o.Blocks.Asked == 0 {
		return math.NaN()
	}
	return float64(o.Blocks.Repeated) / float64(o.Blocks.Asked)
}

// table makes a table of entries. Ratios are those of speed to the first entry.
func (b *Bench) table(title string, entries []*entry, more ...figure) *score.Table {
	t := &score.Table{Title: title, Columns: []string{
		"program", "runs", "seconds", "min - max", "MB/s", "ratio", "CPU s/GB", "owner", "downloader",
	}}
	for _, f := range more {
		t.Columns = append(t.Columns, f.column)
	}
	if !slices.ContainsFunc(entries, b.takes) {
		b.noneOf(t)
	}
	for _, e := range entries {
		switch {
		case !b.takes(e):
			continue
		case e.lacks != "":
			t.Note("%s is left out: %s", e.name, e.lacks)
			continue
		case e.err != nil && errors.Is(e.err, rig.ErrTooLong):
			t.Note("%s: %v (at most %v)", e.name, e.err, b.Limit)
		case e.err != nil:
			t.Note("%s failed: %v", e.name, e.err)
		case e.slow && b.Rounds > 1:
			t.Note("%s was run once, since it took longer than %v", e.name, b.Slow)
		}
		if len(e.runs) > 0 {
			t.Add(b.line(e, entries[0], more)...)
		}
	}
	return t
}

// line has the cells of an entry.
func (b *Bench) line(e, first *entry, more []figure) []string {
	seconds := e.of(func(r run) float64 { return r.Seconds })
	cells := []string{
		e.name, fmt.Sprint(len(e.runs)), score.Figure(score.Median(seconds)),
		score.Spread(seconds),
		score.Figure(e.median(func(r run) float64 { return float64(r.Bytes) / r.Seconds / 1e6 })),
		score.Figure(first.seconds() / e.seconds()),
		score.Figure(e.median(func(r run) float64 { return r.CPU.Seconds() / float64(r.Bytes) * 1e9 })),
		score.MiB(e.most(func(r run) int64 { return r.OwnerPeak })),
		score.MiB(e.most(func(r run) int64 { return r.DownloaderPeak })),
	}
	for _, f := range more {
		cells = append(cells, f.format(e.median(func(r run) float64 {
			if v, ok := r.figures[f.column]; ok {
				return v
			}
			return math.NaN()
		})))
	}
	return cells
}

// compare says in one sentence what the first entry is to the others, those that are
// the same program left out; nothing if there is nothing to compare.
func compare(entries []*entry) string {
	first := entries[0]
	cpu := func(r run) float64 { return r.CPU.Seconds() / float64(r.Bytes) }
	var parts []string
	for _, e := range entries[1:] {
		if len(first.runs) > 0 && len(e.runs) > 0 && !strings.HasPrefix(e.name, first.name) {
			parts = append(parts, fmt.Sprintf("%s x the speed and %s x the CPU time of %s", score.Figure(e.seconds()/first.seconds()),
				score.Figure(first.median(cpu)/e.median(cpu)), e.name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return first.name + " has " + strings.Join(parts, "; ")
}

// most returns the largest of a value over the runs.
func (e *entry) most(value func(run) int64) (most float64) {
	for _, r := range e.runs {
		most = max(most, float64(value(r)))
	}
	return most
}
