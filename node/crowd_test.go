package node

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
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
	content := noise(1, 4*mega)
	path := s.node(1, rate(4*mega)).share("a", content).TorrentPath
	var nodes []*peer
	for id := 2; id <= 4; id++ {
		nodes = append(nodes, s.node(id, rate(4*mega)))
	}
	var fromSeed int64
	for _, r := range s.crowd(path, content, nodes...) {
		fromSeed += r.from(1)
	}
	if copies := float64(fromSeed) / 4 / mega; copies > 2 {
		t.Errorf("the seed sent %.2f copies to three nodes", copies)
	}
}

// owners returns what the tracker says of a torrent, to p.
func (p *peer) owners(h torrent.Hash) (list []api.Owner) {
	p.s.t.Helper()
	answer, err := p.need(context.Background(), api.NeedRequest{InfoHash: h})
	if err != nil && !errors.Is(err, api.UnknownTorrent) {
		p.s.t.Fatal(err)
	}
	return answer.Owners
}

func TestTheTrackerKnowsOfADownloadUntilItIsGivenUp(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, mega)
	seed := s.node(1, rate(mega/2))
	shared := seed.share("a", content)
	d := s.node(2)
	w := d.start(shared.TorrentPath, func() {})
	eventually(t, "the tracker lists a part", func() bool {
		list := seed.owners(shared.InfoHash)
		return len(list) == 1 && list[0].NodeID == 2 && !list[0].Complete
	})
	w.cancel()
	<-w.done
	eventually(t, "it is withdrawn", func() bool { return len(seed.owners(shared.InfoHash)) == 0 })
	d.fetch(shared.TorrentPath, content)
	eventually(t, "the tracker lists the whole file", func() bool {
		list := seed.owners(shared.InfoHash)
		return len(list) == 1 && list[0].Complete
	})
}

func TestAResumedDownloadServesAtOnceWhatItHas(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 2*mega)
	seed := s.node(1, rate(mega))
	path := seed.share("a", content).TorrentPath
	half := s.node(2)
	w := half.start(path, func() {})
	eventually(t, "half of it is there", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.seen) > 0 && w.seen[len(w.seen)-1].Bytes > mega
	})
	w.cancel()
	<-w.done
	seed.Close() // only what node 2 has is left
	giver, taker := half.start(path, func() {}), s.node(3).start(path, func() {})
	eventually(t, "the other has what it has", func() bool {
		taker.mu.Lock()
		defer taker.mu.Unlock()
		return len(taker.seen) > 0 && taker.seen[len(taker.seen)-1].Bytes > mega
	})
	for _, w := range []*watched{giver, taker} {
		<-w.done
		if !errors.Is(w.err, ErrNoOwners) {
			t.Errorf("without the rest of the file it ends with %v", w.err)
		}
	}
	if why := errNothingNew.Error(); !strings.Contains(giver.err.Error()+taker.err.Error(), why) {
		t.Errorf("%v and %v do not say %q", giver.err, taker.err, why)
	}
}

func TestAFreeRiderServesNothing(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 2*mega)
	shared := s.node(1, rate(2*mega)).share("a", content)
	rider := s.node(2, rate(2*mega), func(c *Config) { c.NoUpload = true })
	nodes := []*peer{rider, s.node(3, rate(2*mega)), s.node(4, rate(2*mega))}
	for i, r := range s.crowd(shared.TorrentPath, content, nodes...) {
		if r.from(2) > 0 {
			t.Errorf("node %d has %d bytes of the free rider", i+2, r.from(2))
		}
	}
	if sent := rider.server.Load().Sent(); sent > 0 {
		t.Errorf("it sent %d bytes", sent)
	}
	for _, o := range nodes[1].owners(shared.InfoHash) {
		if o.NodeID == 2 {
			t.Error("the tracker takes it for an owner")
		}
	}
	if list := rider.Status().Shared; len(list) > 0 {
		t.Errorf("it serves %+v", list)
	}
}

func TestDownloadsWaitInAQueue(t *testing.T) {
	s := newSwarm(t)
	seed := s.node(1, rate(2*mega))
	d := s.node(2, func(c *Config) { c.Downloads = 1 })
	contents := map[string][]byte{"a": noise(1, mega), "b": noise(2, mega)}
	var all []*watched
	for name, content := range contents {
		w := d.start(seed.share(name, content).TorrentPath, func() {})
		all = append(all, w)
		eventually(t, name+" is under way", func() bool { return len(d.Status().Downloading) == len(all) })
	}
	if !all[1].saw("waiting for other downloads") {
		eventually(t, "it says why it waits", func() bool { return all[1].saw("waiting for other downloads") })
	}
	for _, w := range all {
		r := w.well()
		d.holds(r.Path, contents[r.File])
	}
}

func TestStatusSaysWhoAsks(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, mega)
	seed := s.node(1, rate(mega))
	path := seed.share("a", content).TorrentPath
	w := s.node(2).start(path, func() {})
	eventually(t, "the seed knows who asks", func() bool {
		askers := seed.Status().Shared[0].Askers
		return len(askers) == 1 && askers[0].Node == 2 && askers[0].Addr != "" && askers[0].Bytes > 0
	})
	w.well()
}
