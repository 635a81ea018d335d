package plot

import (
	"math"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// steady returns samples of an owner that delivers at a rate, one each 5 ms.
func steady(node int, rate float64, from, to time.Duration) (samples []Sample) {
	for at := from; at <= to; at += 5 * time.Millisecond {
		samples = append(samples, Sample{
			Time: noon.Add(at), Node: node, Mode: "cruise level", Rate: rate, Pacing: rate, Datagram: 1028,
			Bytes: int64(rate * (at - from).Seconds()),
		})
	}
	return samples
}

func TestDeliveryIsWhatCameEachSecondFromAll(t *testing.T) {
	c := clock{origin: noon, to: 2}
	a := owner{1, steady(1, 4e6, 0, 2*time.Second)}
	b := owner{2, steady(2, 1e6, 500*time.Millisecond, time.Second)}
	for _, p := range c.delivery(a, b) {
		want := 4e6
		if p.x > 0.52 && p.x < 0.98 {
			want = 5e6
		}
		if edge := math.Abs(p.x-0.5) < 0.02 || math.Abs(p.x-1) < 0.02; !edge && math.Abs(p.y-want) > 1e4 {
			t.Errorf("at %.3f s %.0f bytes/s came, not %.0f", p.x, p.y, want)
		}
	}
}

func TestACountThatBeginsAnewIsNoLoss(t *testing.T) {
	c := clock{origin: noon, to: 1}
	var samples []Sample
	for i, bytes := range []int64{100, 300, 50, 80} {
		samples = append(samples, Sample{Time: noon.Add(time.Duration(i) * 100 * time.Millisecond), Bytes: bytes})
	}
	got := c.tally(samples, func(s Sample) int64 { return s.Bytes })
	if sums := []float64{got[0].y, got[1].y, got[2].y, got[3].y}; !slices.Equal(sums, []float64{100, 300, 350, 380}) {
		t.Errorf("sums %v", sums)
	}
	if at := got.at(0.15); at != 325 {
		t.Errorf("half-way between 300 and 350: %v", at)
	}
}

func TestLossesAreAPartOfTheBlocks(t *testing.T) {
	c := clock{origin: noon, to: 1}
	samples := steady(1, 1e6, 0, time.Second)
	for i := range samples {
		if at := samples[i].Time.Sub(noon); at > 500*time.Millisecond {
			samples[i].Lost = int64((at - 500*time.Millisecond).Seconds() * 1000 / 9) // 1 of 10
		}
	}
	ticks := c.losses(samples)
	if len(ticks) == 0 || ticks[0].x < 0.49 {
		t.Fatalf("ticks: %v", ticks)
	}
	sum := 0.0
	for _, p := range ticks {
		sum += p.y
	}
	if mean := sum / (0.5 / leastBin); math.Abs(mean-10) > 0.5 {
		t.Errorf("%.1f %% lost, not 10", mean)
	}
}

func TestModesAreSpansOfTheSamples(t *testing.T) {
	c := clock{origin: noon, from: 0.1, to: 1}
	var samples []Sample
	for i, mode := range []string{"startup", "startup", "drain", "cruise level", "cruise level", "dip"} {
		samples = append(samples, Sample{Time: noon.Add(time.Duration(i) * 50 * time.Millisecond), Mode: mode})
	}
	want := []span{{0.1, 0.15, "drain"}, {0.15, 0.25, "cruise level"}, {0.25, 0.25, "dip"}}
	if got := c.modes(samples); !slices.Equal(got, want) {
		t.Errorf("modes %v, want %v", got, want)
	}
}

func TestThinKeepsEndsAndPeaks(t *testing.T) {
	var curve []point
	for i := range 10_000 {
		curve = append(curve, point{float64(i), math.Sin(float64(i) / 700)})
	}
	curve[5_432].y = 9
	got := thin(curve, most)
	if len(got) != most || got[0] != curve[0] || got[most-1] != curve[9_999] {
		t.Errorf("%d points from %v to %v", len(got), got[0], got[len(got)-1])
	}
	if !slices.Contains(got, curve[5_432]) {
		t.Error("the peak is gone")
	}
	if !slices.IsSortedFunc(got, func(a, b point) int { return int(a.x - b.x) }) {
		t.Error("points are out of order")
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		from, to float64
		n        int
		want     []float64
	}{
		{0, 145, 9, []float64{0, 20, 40, 60, 80, 100, 120, 140}},
		{0, 8, 12, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{0, 49, 2, []float64{0, 20, 40}},
		{0.4, 1.1, 4, []float64{0.4, 0.6, 0.8, 1}},
		{3, 3.0004, 2, []float64{3, 3.0002, 3.0004}},
	} {
		got := ticks(c.from, c.to, c.n)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("ticks from %v to %v: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

func TestUnitsFitTheLargestNumber(t *testing.T) {
	for most, want := range map[float64]string{100: "kbit/s", 249e3: "kbit/s", 250e3: "Mbit/s", 18e6: "Mbit/s", 3e9: "Gbit/s"} {
		if got := unitFor(most, rateUnits).name; got != want {
			t.Errorf("%v bytes/s in %s, not %s", most, got, want)
		}
	}
}
