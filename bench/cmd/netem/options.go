package main

import (
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"udptorrent/bench/netem"
)

// options are the command line.
type options struct {
	flags   *flag.FlagSet
	hosts   int
	lines   map[string]*string // flags that have a value for each host
	config  netem.Config
	carry   bool
	json    bool
	command []string
}

func newOptions() *options {
	o := &options{flags: flag.NewFlagSet("netem", flag.ContinueOnError), lines: make(map[string]*string)}
	f := o.flags
	f.IntVar(&o.hosts, "hosts", 2, "how many hosts")
	for name, text := range map[string]string{
		"up":        "rate of the uplink, like 20mbit; 0 is unlimited",
		"down":      "rate of the downlink",
		"delay":     "one way, added on both lines of the host, like 25ms",
		"loss":      "probability that a packet vanishes on the uplink",
		"loss-down": "the same on the downlink",
		"duplicate": "probability that it comes twice, on the uplink",
		"reorder":   "probability that it is held back, on the uplink",
		"queue":     "bytes of each line's queue; 0 is 262144",
		"path-mtu":  "longer packets vanish on the uplink; 0 is no limit",
	} {
		o.lines[name] = f.String(name, "0", text)
	}
	f.IntVar(&o.config.MTU, "mtu", 1500, "of the hosts' interfaces")
	f.Uint64Var(&o.config.Seed, "seed", 1, "of all chance")
	f.StringVar(&o.config.Prefix, "prefix", "h", "how the names of the namespaces begin")
	f.BoolVar(&o.carry, "carry", false, "print which rates this machine can emulate")
	f.BoolVar(&o.json, "json", false, "report as JSON")
	return o
}

// parse reads the command line.
func (o *options) parse(args []string, out io.Writer) error {
	o.flags.SetOutput(out)
	o.flags.Usage = func() {
		fmt.Fprint(out, usage)
		o.flags.PrintDefaults()
	}
	if err := o.flags.Parse(args); err != nil {
		return err
	}
	o.command = o.flags.Args()
	if o.hosts < 1 || o.hosts > 60000 {
		return fmt.Errorf("-hosts %d: there must be 1 to 60000", o.hosts)
	}
	o.config.Hosts = make([]netem.Host, o.hosts)
	for name, value := range o.lines {
		parts := strings.Split(*value, ",")
		for i := range o.config.Hosts {
			part := strings.TrimSpace(parts[min(i, len(parts)-1)])
			if err := set(&o.config.Hosts[i], name, part); err != nil {
				return fmt.Errorf("-%s %s: %w", name, part, err)
			}
		}
	}
	return nil
}

// set gives a host's lines one of their values.
func set(h *netem.Host, name, value string) (err error) {
	switch name {
	case "up":
		h.Up.Rate, err = parseRate(value)
	case "down":
		h.Down.Rate, err = parseRate(value)
	case "delay":
		h.Up.Delay, err = time.ParseDuration(value)
		h.Down.Delay = h.Up.Delay
	case "loss":
		h.Up.Loss, err = parseChance(value)
	case "loss-down":
		h.Down.Loss, err = parseChance(value)
	case "duplicate":
		h.Up.Duplicate, err = parseChance(value)
	case "reorder":
		h.Up.Reorder, err = parseChance(value)
	case "queue":
		h.Up.Queue, err = strconv.Atoi(value)
		h.Down.Queue = h.Up.Queue
	case "path-mtu":
		h.Up.MTU, err = strconv.Atoi(value)
	}
	return err
}

func parseChance(s string) (float64, error) {
	p, err := strconv.ParseFloat(s, 64)
	if err == nil && !(p >= 0 && p <= 1) {
		err = fmt.Errorf("a probability is from 0 to 1")
	}
	return p, err
}

// parseRate reads a rate and its changes: 100mbit/6s=20mbit/12s=100mbit.
func parseRate(s string) (steps []netem.Step, err error) {
	for i, part := range strings.Split(s, "/") {
		var from time.Duration
		rate := part
		if i > 0 {
			when, then, ok := strings.Cut(part, "=")
			if !ok {
				return nil, fmt.Errorf("a change is like 6s=20mbit")
			}
			if from, err = time.ParseDuration(when); err != nil {
				return nil, err
			}
			rate = then
		}
		if i > 0 && from <= steps[i-1].From {
			return nil, fmt.Errorf("changes must be in the order of time")
		}
		bits, err := parseBits(rate)
		if err != nil {
			return nil, err
		}
		steps = append(steps, netem.Step{From: from, Rate: bits / 8})
	}
	return steps, nil
}

// parseBits reads bits per second: 20mbit, 800kbit, 1gbit, 5000.
func parseBits(s string) (float64, error) {
	number, unit := s, 1.0
	for suffix, factor := range map[string]float64{"kbit": 1e3, "mbit": 1e6, "gbit": 1e9} {
		if rest, ok := strings.CutSuffix(strings.ToLower(s), suffix); ok {
			number, unit = rest, factor
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0 && n*unit < 1e12) {
		return 0, fmt.Errorf("%q is no rate; try 20mbit", s)
	}
	return n * unit, nil
}
