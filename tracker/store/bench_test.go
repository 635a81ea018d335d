package store

import (
	"fmt"
	"testing"

	"go.uber.org/zap"
)

// BenchmarkAppend shows what one fsync costs, and what sharing it saves.
func BenchmarkAppend(b *testing.B) {
	for _, batch := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			s, err := Open(b.TempDir(), zap.NewNop())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			if err := s.Begin(0); err != nil {
				b.Fatal(err)
			}
			changes := make([][]byte, batch)
			for i := range changes {
				changes[i] = fmt.Appendf(nil, `{"at":"2026-01-02T03:04:05.006Z","delivered":{"node_id":%d,"downloader":7,"serial":1,"bytes":262144}}`, i)
			}
			for b.Loop() {
				if _, err := s.Append(changes); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}
