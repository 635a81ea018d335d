package tracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"udptorrent/tracker/api"
)

// BenchmarkChanges measures durable changes with 256 callers at a time: nodes that
// show receipts, the most frequent change of a swarm at work.
func BenchmarkChanges(b *testing.B) {
	const callers = 256
	w := newWorld(b, Config{})
	signer := w.join(1)
	infoHash := w.own(signer, w.file("bench", 64<<20))
	owners := make([]api.Credentials, callers)
	for i := range owners {
		owners[i] = w.join(i + 2)
	}
	serials := api.NewSerials(time.Now())
	each := b.N/callers + 1
	latencies := make([][]time.Duration, callers)
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, owner := range owners {
		wg.Go(func() {
			for range each {
				receipt := api.Receipt{Downloader: 1, Owner: owner.NodeID, InfoHash: infoHash, Serial: serials.Next(), Bytes: 1}
				m := api.UpdateRequest{Credentials: owner, Receipt: api.SignReceipt(signer.Secret, receipt)}
				start := time.Now()
				if status, body := serve(w.tracker, "/v1/update", m); status != http.StatusOK {
					b.Errorf("update: %s", body)
					return
				}
				latencies[i] = append(latencies[i], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(latencies...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "changes/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkNeed measures NEED without the network, for torrents with few owners and
// with many.
func BenchmarkNeed(b *testing.B) {
	for _, owners := range []int{3, 100, 10_000} {
		b.Run(fmt.Sprintf("owners=%d", owners), func(b *testing.B) {
			w := newWorld(b, Config{TrackerInterval: time.Hour})
			asker := w.join(1)
			file := w.file("bench", 64<<20)
			infoHash := file.InfoHash
			var wg sync.WaitGroup
			for part := range 64 {
				wg.Go(func() {
					for i := part; i < owners; i += 64 {
						w.own(w.join(i+2), file)
					}
				})
			}
			wg.Wait()
			m, err := json.Marshal(api.NeedRequest{Credentials: asker, InfoHash: infoHash})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if status, body := serveBytes(w.tracker, "/v1/need", m); status != http.StatusOK {
						b.Errorf("need: %s", body)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "needs/s")
		})
	}
}

// BenchmarkChoose measures what of a NEED depends on how many owners there are: a third
// of them have delivered, and all are whole, or one of them is.
func BenchmarkChoose(b *testing.B) {
	for _, owners := range []int{8, 100, 10_000, 65_536} {
		s, p, asker := swarmOf(owners, time.Hour)
		for id := 1; id <= owners; id += 3 {
			deliveries(s, id, 1+id%16, epoch)
		}
		random := rand.New(rand.NewPCG(1, 2))
		choose := func(b *testing.B) {
			now := epoch
			for b.Loop() {
				s.need(p, asker, 8, now, random)
				now = now.Add(50 * time.Microsecond) // 20,000 a second
			}
		}
		b.Run(fmt.Sprintf("whole=%d", owners), choose)
		for id := 2; id <= owners; id++ {
			owns(s, id, false)
		}
		b.Run(fmt.Sprintf("parts=%d", owners-1), choose)
	}
}

// BenchmarkNeedHTTP measures NEED over loopback, client and tracker on the same cores.
func BenchmarkNeedHTTP(b *testing.B) {
	w := newWorld(b, Config{})
	asker := w.join(1)
	infoHash := w.own(w.join(2), w.file("bench", 64<<20))
	server := httptest.NewServer(w.tracker.Handler())
	defer server.Close()
	m, err := json.Marshal(api.NeedRequest{Credentials: asker, InfoHash: infoHash})
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			resp, err := client.Post(server.URL+"/v1/need", "application/json", bytes.NewReader(m))
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "needs/s")
}
