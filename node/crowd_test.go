package node

import (
	"sync"
	"testing"
)

// crowd has nodes download a file at the same time, and returns what each got from whom.
func (s *swarm) crowd(path string, content []byte, nodes ...*peer) []Result {
	s.t.Helper()
	results := make([]Result, len(nodes))
	var wg sync.WaitGroup
	for i, p := range nodes {
		w := p.start(path, func() {})
		wg.Go(func() {
			<-w.done
			if w.err != nil {
				s.t.Error(w.err)
				return
			}
			results[i] = w.result
			p.holds(w.result.Path, content)
		})
	}
	wg.Wait()
	return results
}

func TestEveryDownloaderIsAnOwner(t *testing.T) {
	s := newSwarm(t)
	const bytes = 8 * mega
	content := noise(1, bytes)
	seed := s.node(1, rate(4*mega))
	path := seed.share("a", content).TorrentPath
	var nodes []*peer
	for id := 2; id <= 4; id++ {
		nodes = append(nodes, s.node(id, rate(4*mega)))
	}
	var fromSeed int64
	for i, r := range s.crowd(path, content, nodes...) {
		fromSeed += r.from(1)
		t.Logf("node %d: %.2f s, %+v", i+2, r.Seconds, r.Owners)
	}
	t.Logf("the seed sent %.2f copies", float64(fromSeed)/bytes)
	if fromSeed > 2*bytes {
		t.Errorf("the seed sent %.2f copies to three nodes", float64(fromSeed)/bytes)
	}
}
