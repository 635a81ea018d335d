// Command netem runs a command beside a star of hosts behind impaired lines. See netem -h.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/rig"
)

const usage = `usage: netem [flags] [-- command ...]
       netem -carry

netem makes the network namespaces h1, h2, ... with the addresses 10.99.0.1, 10.99.0.2, ...
and carries packets between them through an uplink and a downlink of each. The command
runs where netem was started, and reaches a host with "ip netns exec h1 ...". When it
ends, the network does too, and netem says what passed. Without a command, Ctrl-C ends it.

A value for each host is separated by commas, and the last one holds for all that follow.
A rate may change with time: 100mbit/6s=20mbit/12s=100mbit.

  netem -hosts 4 -up 200mbit,100mbit -down 200mbit -delay 0,12500us -loss 0.01 -- ./trial.sh

`

func main() {
	o := newOptions()
	if err := o.parse(os.Args[1:], os.Stderr); errors.Is(err, flag.ErrHelp) {
		return
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "netem:", err)
		os.Exit(2)
	}
	// Caught before there is any network: what is made of it goes away at its end.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, rig.Ending()...)
	rig.Unpiped()
	run := o.run
	if o.carry {
		run = carry
	}
	status, err := run(signals)
	if err != nil {
		fmt.Fprintln(os.Stderr, "netem:", err)
		status = 1
	}
	os.Exit(status)
}

// errEnded is the error of a run that a signal ended early.
var errEnded = errors.New("told to end")

// run makes the network, and returns the status of the command.
func (o *options) run(signals <-chan os.Signal) (status int, err error) {
	star, err := netem.New(o.config)
	if err != nil {
		return 1, err
	}
	defer star.Close()
	if len(signals) > 0 {
		return 1, errEnded
	}
	if len(o.command) == 0 {
		fmt.Fprintf(os.Stderr, "netem: %d hosts, %s to %s; Ctrl-C ends them\n",
			o.hosts, star.Namespace(0), star.Namespace(o.hosts-1))
		<-signals
	} else if status, err = command(o.command, signals); err != nil {
		return 1, err
	}
	report := star.Report()
	if o.json {
		return status, json.NewEncoder(os.Stderr).Encode(report)
	}
	show(os.Stderr, star, report)
	return status, nil
}

// command runs a command to its end, and passes signals on to it.
func command(args []string, signals <-chan os.Signal) (status int, err error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			cmd.Process.Signal(s)
		case err := <-ended:
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				return max(exit.ExitCode(), 1), nil
			}
			return 0, err
		}
	}
}

func show(w io.Writer, star *netem.Star, r netem.Report) {
	for i, h := range r.Hosts {
		for _, l := range []struct {
			name   string
			count  netem.Counters
			queued []netem.Sample
		}{{"up", h.Up, h.UpQueue}, {"down", h.Down, h.DownQueue}} {
			q := netem.Stand(l.queued, 0, time.Hour)
			fmt.Fprintf(w, "%s %-4s %8d packets %9.2f MB, %d lost, %d dropped, %d too long, %d duplicated, %d reordered; "+
				"queue %d bytes in the mean, %d at most, wait %v (median), %v (95%%)\n",
				star.Namespace(i), l.name, l.count.Packets, float64(l.count.Bytes)/1e6, l.count.Lost, l.count.Dropped,
				l.count.TooLong, l.count.Duplicated, l.count.Reordered, q.Mean, q.Largest,
				q.Median.Round(time.Microsecond), q.P95.Round(time.Microsecond))
		}
	}
	fmt.Fprintln(w, r.Accuracy)
}

// carry prints what lines this machine can emulate.
func carry(signals <-chan os.Signal) (status int, err error) {
	fmt.Println("line Mbit/s   carried   late: median      99%      most   overrun")
	for _, mbit := range []float64{10, 100, 200, 500, 1000, 1500, 2000, 3000} {
		c, err := netem.Carry(2, mbit*1e6/8, 2*time.Second)
		if err != nil {
			return 1, err
		}
		if len(signals) > 0 {
			return 1, errEnded
		}
		fmt.Printf("%11.0f %8.1f %% %14v %8v %9v %9d\n", mbit, 100*c.Rate*8/1e6/mbit,
			c.Accuracy.Median, c.Accuracy.P99, c.Accuracy.Greatest.Round(time.Microsecond), c.Accuracy.Overrun)
	}
	return 0, nil
}
