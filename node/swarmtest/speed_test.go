package swarmtest

import (
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/segment/segmenttest"
)

// How near a swarm comes to its bound at the least, and how many copies its seed sends at
// most. A small file takes long for its size: of 8 MiB 1.3 to 1.4 are seen, and 1.4 to 1.7 if
// uplinks differ, of 32 MiB 1.13 and 1.18. A swarm that does not share needs sixteen copies.
const (
	nearEnough  = 2.2
	fewCopies   = 2
	leechers    = 16
	mbit        = 1e6 / 8
	downlink    = 40 * mbit
	seedsUplink = 20 * mbit
)

// Real nodes on lines as homes have them share a file nearly as fast as is possible at all
// (Kumar and Ross, "Peer-assisted file distribution: the minimum distribution time", 2006).
// The figures are in the log; -mib 32 makes them those of a large file.
func TestSwarmIsNearItsBound(t *testing.T) {
	for what, uplinks := range map[string][]float64{
		"like uplinks":        {20 * mbit},
		"uplinks by quarters": {5 * mbit, 10 * mbit, 20 * mbit, 40 * mbit},
	} {
		t.Run(what, func(t *testing.T) {
			s := homes(*mib<<20, uplinks)
			dir := folder(t, s.seed)
			synctest.Test(t, func(t *testing.T) { timed(t, s, dir) })
		})
	}
}

// homes is a swarm of one seed and leechers, whose uplinks are these, each of as many.
func homes(length int, uplinks []float64) *scenario {
	s := &scenario{seed: 1, patience: time.Minute, interval: 5 * time.Second, latency: 20 * time.Millisecond}
	s.files = []file{{name: "file.bin", length: length}}
	s.roles = []role{{holds: []int{0}, wire: home(seedsUplink)}}
	for i := range leechers {
		s.roles = append(s.roles, role{wants: []want{{at: swarmBegins}}, wire: home(uplinks[i*len(uplinks)/leechers])})
	}
	for i := range s.roles {
		s.roles[i].id, s.roles[i].port = i+1, 6881
	}
	return s
}

// swarmBegins is when the seed is surely listed.
const swarmBegins = 300 * time.Millisecond

func home(uplink float64) *segmenttest.Wire {
	const queue = 100 * time.Millisecond
	return &segmenttest.Wire{
		Up:    segmenttest.WireEnd{Rate: uplink, Queue: queue},
		Down:  segmenttest.WireEnd{Rate: downlink, Queue: queue},
		Delay: 5 * time.Millisecond,
	}
}

// timed runs a swarm and compares it with what is possible.
func timed(t *testing.T, s *scenario, dir string) {
	w := newWorld(t, s, dir)
	w.run()
	var last time.Duration
	for _, at := range w.judge.whole {
		last = max(last, at.Sub(w.start)-swarmBegins)
	}
	length, uplinks := float64(s.files[0].length), 0.0
	for _, r := range s.roles {
		uplinks += r.wire.Up.Rate
	}
	bound := max(length/seedsUplink, length/downlink, leechers*length/uplinks)
	ratio := last.Seconds() / bound
	copies := float64(s.roles[0].wire.Up.Sent()) / length
	t.Logf("the last has it after %v, %.2f x the bound; the seed has sent %.2f copies", last.Round(time.Millisecond), ratio, copies)
	if ratio > nearEnough || copies > fewCopies {
		t.Errorf("want at most %v x the bound and %v copies", nearEnough, fewCopies)
	}
}
