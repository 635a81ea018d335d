package main

import (
	"io"
	"slices"
	"testing"
	"time"

	"udptorrent/bench/netem"
)

func TestEachHostGetsItsValueAndTheRestTheLast(t *testing.T) {
	o := newOptions()
	err := o.parse([]string{"-hosts", "3", "-up", "8mbit,80kbit/6s=16mbit", "-delay", "0,25ms", "-loss", "0.5,0,1", "-queue", "9", "--", "sh", "-c", "x"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	h := o.config.Hosts
	if len(h) != 3 || !slices.Equal(h[0].Up.Rate, netem.Constant(1e6)) ||
		!slices.Equal(h[2].Up.Rate, []netem.Step{{Rate: 1e4}, {From: 6 * time.Second, Rate: 2e6}}) {
		t.Errorf("rates: %+v", h)
	}
	if h[0].Up.Delay != 0 || h[1].Up.Delay != 25*time.Millisecond || h[2].Down.Delay != 25*time.Millisecond ||
		h[0].Up.Loss != 0.5 || h[2].Up.Loss != 1 || h[2].Down.Loss != 0 || h[1].Down.Queue != 9 {
		t.Errorf("hosts: %+v", h)
	}
	if !slices.Equal(o.command, []string{"sh", "-c", "x"}) {
		t.Errorf("command: %q", o.command)
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"-hosts", "0"}, {"-up", "fast"}, {"-up", "-1"}, {"-up", "1mbit/2s"}, {"-up", "1mbit/2s=2mbit/1s=3mbit"},
		{"-up", "nanmbit"}, {"-up", "1mbit/x=2mbit"}, {"-loss", "1.5"}, {"-loss", "nan"}, {"-delay", "25"}, {"-queue", "big"},
	} {
		if err := newOptions().parse(args, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
