package segment_test

import (
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/segment"
)

func mbit(n float64) float64 { return n * 1e6 / 8 }

func TestWAN(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05} {
		synctest.Test(t, func(t *testing.T) {
			s := newSwarm(t, 64<<20, segment.LinkConfig{Rate: mbit(200), Delay: 12500 * time.Microsecond, Seed: 9})
			for id := range 3 {
				s.owner(id, mem(s.want), segment.LinkConfig{Rate: mbit(100), Delay: 12500 * time.Microsecond, Loss: loss / 2, Seed: uint64(id + 1)}, segment.ServerConfig{})
			}
			var st [3]segment.OwnerStats
			s.sink.onDone = func() {
				for i := range st {
					st[i] = s.fetch.Stats(i)
				}
				s.fetch.Stop()
			}
			took, err := s.run(time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			s.check()
			var asked, rep, lost int64
			for _, x := range st {
				asked += x.Asked
				rep += x.Repeated
				lost += x.Lost
			}
			t.Logf("loss %.2f: %v, %.1f Mbit/s; asked %d repeated %.2f%% lost %.2f%%", loss, took, float64(len(s.want))*8/1e6/took.Seconds(), asked, 100*float64(rep)/float64(asked), 100*float64(lost)/float64(asked))
			t.Logf("%+v", st)
		})
	}
}
