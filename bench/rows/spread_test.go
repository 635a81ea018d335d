package rows

import (
	"math"
	"testing"
	"time"
)

func TestBoundsOfSpreads(t *testing.T) {
	for _, c := range []struct {
		what            string
		ups             []float64
		members, riders int
		want            float64
	}{
		{"the seed's uplink", members(16), 16, 0, 13.42},
		{"quarters: the seed's uplink and the sum alike", quarters(), 16, 0, 13.42},
		{"four that upload nothing", members(16), 16, 4, 16.52},
		{"without them", members(16), 12, 0, 13.42},
	} {
		if got := (spread{ups: c.ups}).bound(32<<20, c.members, c.riders); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s: %.2f s, want %.2f", c.what, got, c.want)
		}
	}
}

func TestARoundTripPassesFourLinesOfASpread(t *testing.T) {
	h := spread{loss: 0.01}.host(5)
	if h.Up.Delay+h.Down.Delay != spreadRoundTrip/2 || h.Up.Loss != 0.01 || h.Down.Loss != 0 {
		t.Errorf("%+v", h)
	}
	for _, l := range []struct {
		queue int
		rate  float64
	}{{h.Up.Queue, h.Up.Rate[0].Rate}, {h.Down.Queue, h.Down.Rate[0].Rate}} {
		if wait := time.Duration(float64(l.queue) / l.rate * 1e9); wait != spreadQueue {
			t.Errorf("a full queue waits %v", wait)
		}
	}
}
