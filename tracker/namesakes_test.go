package tracker

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A search that walked them would hold up those who wait for the swarm.
func TestASearchByNameCostsTheSameHoweverManyHaveTheName(t *testing.T) {
	search := func(torrents, owned int) (allocations float64, err error) {
		s := newSwarm(time.Minute)
		for i := range torrents {
			m := metainfo{Name: "f"}
			binary.BigEndian.PutUint32(m.InfoHash[:], uint32(i))
			p := s.publish(m, epoch)
			if i >= torrents-owned {
				s.own(p, s.node(1), true)
			}
		}
		return testing.AllocsPerRun(10, func() { _, err = s.find(torrent.Hash{}, "f") }), err
	}
	if n, err := search(10_000, 1); n != 0 || err != nil {
		t.Errorf("of 10,000 torrents one is owned: %v allocations, %v", n, err)
	}
	few, _ := search(300, 300)
	// Those of the sentence differ by a few under the race detector.
	if many, err := search(100_000, 100_000); many > few+5 || !errors.Is(err, api.AmbiguousName) {
		t.Errorf("of 100,000 torrents all are owned: %v allocations, and %v of 300, %v", many, few, errors.Is(err, api.AmbiguousName))
	}
}
