package segment_test

import (
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/segment"
)

func mbit(n float64) float64 { return n * 1e6 / 8 }

// A long lossy path is where loss-based control collapses: CUBIC gets 2 % of this
// one. The bounds leave room for other draws; benchmarks have the figures.
func TestLongLossyPathIsFilled(t *testing.T) {
	const size, link = 16 << 20, 200
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, size, segment.LinkConfig{Rate: mbit(link), Delay: 12500 * time.Microsecond, Seed: 9})
		for id := range 3 {
			line := segment.LinkConfig{Rate: mbit(link / 2), Delay: 12500 * time.Microsecond, Loss: 0.01, Seed: uint64(id + 1)}
			s.owner(id, mem(s.want), line, segment.ServerConfig{})
		}
		var asked, repeated int64
		s.sink.onDone = func() {
			for id := range 3 {
				stats := s.fetch.Stats(id)
				asked += stats.Asked
				repeated += stats.Repeated
			}
			s.fetch.Stop()
		}
		took, err := s.run(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		s.check()
		// Half a second of 0.67 s at the link's rate goes for the start.
		rate := size * 8 / 1e6 / (took - 500*time.Millisecond).Seconds()
		t.Logf("%v, %.0f Mbit/s after the start, %.1f %% repeated", took, rate, 100*float64(repeated)/float64(asked))
		if rate < 0.6*link {
			t.Errorf("%.0f Mbit/s of %d", rate, link)
		}
		if repeated*4 > asked {
			t.Errorf("%d of %d blocks were asked for again", repeated, asked)
		}
	})
}
