package plan

import (
	"runtime"
	"testing"
	"time"
)

// BenchmarkSize measures the memory of a plan of 400 pieces with 14 partial owners that
// have half of them, as a swarm of thousands holds thousands.
func BenchmarkSize(b *testing.B) {
	const plans = 1000
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		all := make([]*Plan, plans)
		for k := range all {
			p := New(Config{Length: 400 << 18, PieceLength: 1 << 18, MaxActive: 24}, nil)
			for o := range 14 {
				p.Has(o, func(i int) bool { return (i+o)%2 == 0 }, time.Unix(0, 0))
				p.Join(o, time.Unix(0, 0))
				p.Next(o, 1<<18, time.Unix(0, 0))
			}
			all[k] = p
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(all)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/plans, "B/plan")
}
