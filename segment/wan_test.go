package segment_test

import (
	"testing"
	"time"

	"udptorrent/segment"
	"udptorrent/segment/segmenttest"
)

// The goals of congestion control, on simulated lines in virtual time. The bounds
// leave room for other draws; the benchmarks have the figures.

func mbit(n float64) float64 { return n * 1e6 / 8 }

func times(n int, line segment.LinkConfig) (lines []segment.LinkConfig) {
	for range n {
		lines = append(lines, line)
	}
	return lines
}

// atOnce starts one download.
var atOnce = []time.Duration{0}

// A long lossy path is where loss-based control collapses: CUBIC gets 2 % of this one.
func TestLongLossyPathIsFilled(t *testing.T) {
	const size, link = 32 << 20, 200
	quarter := 12500 * time.Microsecond // of the round trip
	for _, test := range []struct{ loss, rate, repeats float64 }{
		{0, 0.74, 0.08},
		{0.01, 0.72, 0.09},
		{0.05, 0.62, 0.15},
	} {
		owners := times(3, segment.LinkConfig{Rate: mbit(link / 2), Delay: quarter, Loss: test.loss / 2})
		mine := segment.LinkConfig{Rate: mbit(link), Delay: quarter, Loss: test.loss / 2}
		tr := runLab(t, size, owners, times(1, mine), atOnce, time.Minute)[0]
		t.Logf("loss %.0f %%: %v", 100*test.loss, tr)
		if rate := tr.rate(tr.start, tr.end); tr.sink.got < size || rate < test.rate*link {
			t.Errorf("loss %.0f %%: %.0f Mbit/s of %d", 100*test.loss, rate, link)
		}
		if tr.repeats() > test.repeats {
			t.Errorf("loss %.0f %%: %.1f %% were asked for again", 100*test.loss, 100*tr.repeats())
		}
	}
}

// On a slow line one datagram can be all that the window holds. If that is one which is too large
// for the path nothing else comes that tells of its loss.
func TestSlowLinesAreNotStalledByProbes(t *testing.T) {
	for _, test := range []struct {
		line segment.LinkConfig
		rate float64 // of the line
	}{
		{segment.LinkConfig{Rate: 30_000}, 0.85},
		{segment.LinkConfig{Rate: 64_000, Delay: 5 * time.Millisecond}, 0.8},
		{segment.LinkConfig{Rate: 30_000, Delay: 5 * time.Millisecond, Loss: 0.01}, 0.8},
	} {
		const size = 600_000
		tr := runLab(t, size, times(1, test.line), times(1, segment.LinkConfig{}), atOnce, time.Minute)[0]
		if rate := tr.rate(tr.start, tr.end) * 1e6 / 8 / test.line.Rate; tr.sink.got < size || rate < test.rate {
			t.Errorf("%+v: %.2f of the line", test.line, rate)
		}
	}
}

// A queue is for bursts: a short one must not cost the rate, a long one must not fill.
func TestQueuesAreNeitherNeededNorFilled(t *testing.T) {
	const delay = 20 * time.Millisecond
	for _, queue := range []int{32 << 10, 2 << 20} {
		owner := segment.LinkConfig{Rate: mbit(10), Delay: delay, Queue: queue}
		tr := runLab(t, 12<<20, times(1, owner), times(1, segment.LinkConfig{}), atOnce, time.Minute)[0]
		var waited time.Duration
		settled := 0
		for _, p := range tr.samples {
			if p.at.Sub(tr.start) > 2*time.Second {
				waited += p.RTT - 2*delay
				settled++
			}
		}
		mean := waited / time.Duration(max(settled, 1))
		t.Logf("queue of %d: %v, standing %v", queue, tr, mean)
		if rate := tr.rate(tr.start, tr.end); rate < 9 {
			t.Errorf("queue of %d: %.2f Mbit/s of 10", queue, rate)
		}
		if tr.repeats() > 0.05 {
			t.Errorf("queue of %d: %.1f %% were asked for again", queue, 100*tr.repeats())
		}
		if mean > 2*delay {
			t.Errorf("queue of %d: %v of it stand", queue, mean)
		}
	}
}

func TestDownloadsThatShareALineGetEqualParts(t *testing.T) {
	const total, window = 14 * time.Second, 8 * time.Second
	shared := &segmenttest.Wire{Down: segmenttest.WireEnd{Rate: mbit(50), Queue: 20 * time.Millisecond}}
	owners := times(3, segment.LinkConfig{Delay: 10 * time.Millisecond})
	delays := []time.Duration{0, 2 * time.Second, 4 * time.Second}
	trials := lab{shared: shared}.run(t, 1<<30, owners, times(len(delays), segment.LinkConfig{}), delays, total)
	end := trials[0].start.Add(total)
	var sum, squares float64
	for _, tr := range trials {
		rate := tr.rate(end.Add(-window), end)
		t.Logf("%.1f Mbit/s, %.1f %% repeated", rate, 100*tr.repeats())
		sum += rate
		squares += rate * rate
		if tr.repeats() > 0.08 {
			t.Errorf("%.1f %% were asked for again", 100*tr.repeats())
		}
	}
	if jain := sum * sum / (float64(len(trials)) * squares); jain < 0.78 {
		t.Errorf("Jain's index is %.2f", jain)
	}
	if sum < 45 {
		t.Errorf("together %.1f Mbit/s of 50", sum)
	}
}

// What a dead owner carried of a line that is shared the others find soon: they do not wait
// until it is given up.
func TestOthersTakeOverTheLineOfADeadOwner(t *testing.T) {
	const dies, delay = 3 * time.Second, 20 * time.Millisecond
	shared := &segmenttest.Wire{Down: segmenttest.WireEnd{Rate: mbit(100), Queue: 50 * time.Millisecond}}
	owners := times(3, segment.LinkConfig{Delay: delay})
	tr := lab{shared: shared, mute: dies}.run(t, 1<<30, owners, times(1, segment.LinkConfig{}), atOnce, 2*dies)[0]
	death := tr.start.Add(dies)
	before := tr.rate(death.Add(-time.Second), death)
	after := tr.rate(death.Add(time.Second/2), death.Add(time.Second)) // it is given up after a second
	t.Logf("%.1f Mbit/s, half a second after it died %.1f", before, after)
	if after < 0.9*before {
		t.Errorf("%.1f Mbit/s where there were %.1f", after, before)
	}
}

func TestUnequalOwnersAddUp(t *testing.T) {
	var owners []segment.LinkConfig
	for _, rate := range []float64{8, 16, 32, 64} {
		owners = append(owners, segment.LinkConfig{Rate: mbit(rate), Delay: 5 * time.Millisecond})
	}
	tr := runLab(t, 32<<20, owners, times(1, segment.LinkConfig{}), atOnce, time.Minute)[0]
	t.Log(tr)
	if rate := tr.rate(tr.start, tr.end); rate < 0.88*120 {
		t.Errorf("%.1f Mbit/s of 120", rate)
	}
}

// Losses on the lines of both sides, in both directions, add up to nearly a fifth of
// the blocks. No download may be stuck at the rate of a few unlucky first rounds.
func TestNoDownloadCrawlsThroughHeavyLoss(t *testing.T) {
	const size = 16 << 20
	line := segment.LinkConfig{Rate: mbit(160), Delay: 20 * time.Millisecond, Loss: 0.05, Reorder: 0.01, Duplicate: 0.01}
	for seed := range uint64(8) {
		owners, mine := times(3, line), line
		mine.Rate, mine.Seed = mbit(400), seed+1
		for i := range owners {
			owners[i].Seed = seed + 1
		}
		tr := runLab(t, size, owners, times(1, mine), atOnce, 20*time.Second)[0]
		t.Logf("seed %d: %v", seed, tr)
		if took := tr.end.Sub(tr.start); took > 3*time.Second {
			t.Errorf("seed %d: %v", seed, took)
		}
	}
}
