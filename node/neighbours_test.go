package node

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"

	"udptorrent/node/plan"
)

// Those who wait for a seed know each other. When it comes, there is a place for it.
func TestSeedThatComesLateFindsAPlace(t *testing.T) {
	now := time.Unix(100, 0)
	addr := func(node int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(node)}), 6881)
	}
	for what, test := range map[string]struct {
		had  int // pieces of the first owner
		want bool
	}{
		"nobody has anything": {0, true},
		"one has something":   {1, false},
	} {
		self, err := Open(Config{ID: 200, Folder: t.TempDir(), Addr: loopback, Tracker: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		x := &transfer{
			node: self, log: zap.NewNop(), source: newStage(1), lastFresh: now,
			plan: plan.New(plan.Config{Length: 2, PieceLength: 1}, nil),
		}
		for node := range mostOwners {
			o := x.add(node, addr(node), now)
			o.vouched = true
			x.plan.Has(o.number, func(piece int) bool { return node == 0 && piece < test.had }, now)
			x.Connected(o.number, now)
		}
		x.meet(100, addr(100), now.Add(2*lull))
		if seed := x.vouched(100); (seed != nil) != test.want || x.count((*owner).used) != mostOwners {
			t.Errorf("%s: the seed is known: %v, and %d owners are used", what, seed != nil, x.count((*owner).used))
		}
		self.Close()
	}
}
