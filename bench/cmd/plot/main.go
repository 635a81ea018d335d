// Command plot draws traces of nodes, or runs scenarios and draws those. See plot -h.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"udptorrent/bench/plot"
	"udptorrent/bench/rig"
	"udptorrent/bench/scenario"
)

const usage = `usage: plot [-title TEXT] [-from TIME] [-to TIME] TRACE... >picture.svg
       plot -scenarios DIR [-only NAMES]

plot draws what "node -trace FILE" wrote: all about one download, or the rates of several.
With -scenarios it records the downloads of docs/plots itself, on an emulated line, and
writes the pictures to a folder; that needs Linux, root, iproute2 and bin/node. What else
the machine does is seen less with "chrt -r 1" before the command.

`

// options are the command line.
type options struct {
	draw      plot.Options
	scenarios string
	only      string
	bin       string
	keep      string
	traces    []string
}

func main() {
	var o options
	flag.StringVar(&o.draw.Title, "title", "", "of the picture")
	flag.DurationVar(&o.draw.From, "from", 0, "where the picture begins, since the first sample")
	flag.DurationVar(&o.draw.To, "to", 0, "where it ends; 0 is the last sample")
	flag.StringVar(&o.scenarios, "scenarios", "", "`DIR` for the pictures of the scenarios")
	flag.StringVar(&o.only, "only", "", "scenarios to run, separated by commas: "+names()+"; empty is all")
	flag.StringVar(&o.bin, "bin", "bin", "folder of node and tracker")
	flag.StringVar(&o.keep, "keep", "", "`DIR` to copy the traces of the scenarios to")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	o.traces = flag.Args()
	if (o.scenarios == "") == (len(o.traces) == 0) {
		flag.Usage()
		os.Exit(2)
	}
	run := o.drawTraces
	if o.scenarios != "" {
		run = o.runScenarios
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

// names returns those of all scenarios.
func names() string {
	var all []string
	for _, s := range scenario.All {
		all = append(all, s.Name)
	}
	return strings.Join(all, ", ")
}

// drawTraces draws what is in files.
func (o options) drawTraces() error {
	var flows []plot.Flow
	for _, path := range o.traces {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		downloads, err := plot.Read(file)
		file.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for i, t := range downloads {
			name := filepath.Base(path)
			if len(downloads) > 1 {
				name = fmt.Sprintf("%s, %d", name, i+1)
			}
			flows = append(flows, plot.Flow{Name: name, Trace: t})
		}
	}
	picture := plot.Share(flows, o.draw)
	if len(flows) == 1 {
		picture = plot.Download(flows[0].Trace, o.draw)
	}
	_, err := os.Stdout.Write(picture)
	return err
}

// runScenarios records scenarios and writes their pictures.
func (o options) runScenarios() (err error) {
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	for _, dir := range []string{o.scenarios, o.keep} {
		if err := os.MkdirAll(dir, 0o755); dir != "" && err != nil {
			return err
		}
	}
	runtime.GOMAXPROCS(max(runtime.NumCPU(), 4)) // the emulator must not wait for its turn
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return err
	}
	rig.Unpiped()
	ctx, stop := signal.NotifyContext(context.Background(), rig.Ending()...)
	defer stop()
	r, err := rig.New("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for _, s := range chosen {
		if err := o.record(ctx, s, r); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}

// record runs one scenario and writes its pictures.
func (o options) record(ctx context.Context, s scenario.Scenario, r *rig.Rig) error {
	ctx, cancel := context.WithTimeout(ctx, s.Length+time.Minute)
	defer cancel()
	fmt.Fprintf(os.Stderr, "%s: %v\n", s.Name, s.Length)
	recording, err := s.Run(ctx, r, o.bin)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "  emulator: %v\n", recording.Accuracy)
	if err := o.leave(recording.Files); err != nil {
		return err
	}
	for _, p := range s.Pictures {
		path := filepath.Join(o.scenarios, p.Name+".svg")
		if err := os.WriteFile(path, recording.Draw(p), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "  %s\n", path)
	}
	return nil
}

// leave copies traces to where they are to be kept.
func (o options) leave(traces []string) error {
	if o.keep == "" {
		return nil
	}
	for _, path := range traces {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(o.keep, filepath.Base(path)), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// choose returns the scenarios of a list of names.
func choose(list string) (chosen []scenario.Scenario, err error) {
	if list == "" {
		return scenario.All, nil
	}
next:
	for _, name := range strings.Split(list, ",") {
		for _, s := range scenario.All {
			if s.Name == strings.TrimSpace(name) {
				chosen = append(chosen, s)
				continue next
			}
		}
		return nil, fmt.Errorf("there is no scenario %q, only %s", name, names())
	}
	return chosen, nil
}
