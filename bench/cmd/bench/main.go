// Command bench runs programs that move files, ours and others, and compares them. See
// bench -h, and docs/performance.md for what it printed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/rows"
	"udptorrent/bench/score"
)

type options struct {
	rows     string
	programs string
	rounds   int
	quick    bool
	bin      string
	folder   string
	markdown string
	limit    time.Duration
	slow     time.Duration
	watch    bool
	list     bool
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == peers.MirrorCommand {
		fmt.Fprintln(os.Stderr, peers.Mirror(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	var o options
	flag.StringVar(&o.rows, "rows", "", "`NAMES` of rows, separated by commas; empty is all")
	flag.StringVar(&o.programs, "programs", "", "only programs whose names, or labels in a table, contain one of these, separated by commas")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each program is run, in turn with the others")
	flag.BoolVar(&o.quick, "quick", false, "smaller files and two rounds, for development")
	flag.StringVar(&o.bin, "bin", "bin", "folder of node, tracker and pipe")
	flag.StringVar(&o.folder, "folder", "", "where files are put for the time; empty is /dev/shm")
	flag.StringVar(&o.markdown, "markdown", "", "`FILE` to write the tables to as well")
	flag.DurationVar(&o.limit, "limit", 2*time.Minute, "the most that one transfer may take")
	flag.DurationVar(&o.slow, "slow", 30*time.Second, "what takes longer is run once")
	flag.BoolVar(&o.watch, "watch", false, "tell every two seconds what the lines of a swarm carry, and what its members have")
	flag.BoolVar(&o.list, "list", false, "list the rows")
	flag.Parse()
	if o.list {
		for _, r := range rows.All {
			fmt.Printf("%-13s %s\n", r.Name, r.About)
		}
		return
	}
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run runs the chosen rows and prints their tables.
func (o options) run() (err error) {
	chosen, err := choose(o.rows)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(max(runtime.NumCPU(), 4)) // the emulator must not wait for its turn
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return err
	}
	if o.quick {
		o.rounds = min(o.rounds, 2)
	}
	rig.Unpiped()
	ctx, stop := signal.NotifyContext(context.Background(), rig.Ending()...)
	defer stop()
	r, err := rig.New(o.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	bench := rows.New(rows.Config{
		Rig: r, Bin: o.bin, Rounds: o.rounds, Quick: o.quick, Only: o.programs,
		Log: os.Stderr, Watch: o.watch, Limit: o.limit, Slow: o.slow,
	})
	page, finish, err := o.page()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	fmt.Print(machine(), "\n")
	fmt.Fprintf(page, "%s\n\n", machine())
	failed := 0
	for _, row := range chosen {
		fmt.Fprintf(os.Stderr, "\n%s: %s\n", row.Name, row.About)
		t, err := bench.Run(ctx, row)
		if t == nil {
			t = &score.Table{Name: row.Name, Title: row.About + ": not measured"}
		}
		if err != nil {
			t.Note("%v", err)
			failed++
		}
		t.Plain(os.Stdout)
		t.Markdown(page)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if failed == len(chosen) {
		return errors.New("nothing could be measured")
	}
	return nil
}

// choose returns the rows of a list of names.
func choose(names string) (chosen []rows.Row, err error) {
	if names == "" {
		return rows.All, nil
	}
next:
	for _, name := range strings.Split(names, ",") {
		for _, r := range rows.All {
			if r.Name == strings.TrimSpace(name) {
				chosen = append(chosen, r)
				continue next
			}
		}
		return nil, fmt.Errorf("there is no row %q; -list shows them", name)
	}
	return chosen, nil
}

// page opens the Markdown file.
func (o options) page() (io.Writer, func() error, error) {
	if o.markdown == "" {
		return io.Discard, func() error { return nil }, nil
	}
	f, err := os.Create(o.markdown)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}
