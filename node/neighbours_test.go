package node

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"

	"udptorrent/node/plan"
)

func waiter(node int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(node)}), 6881)
}

// waiters is a transfer with as many owners as it may use, which have nothing.
func waiters(t *testing.T) (*transfer, time.Time) {
	now := time.Unix(100, 0)
	self, _ := quiet(t)
	x := &transfer{
		node: self, log: zap.NewNop(), source: newStage(1), lastFresh: now,
		plan: plan.New(plan.Config{Length: 2, PieceLength: 1}, nil),
	}
	for node := range mostOwners {
		o := x.add(node, waiter(node), now)
		o.vouched = true
		x.plan.Has(o.number, func(int) bool { return false }, now)
		x.Connected(o.number, now)
	}
	return x, now
}

// Those who wait for a seed know each other. When it comes, there is a place for it.
func TestSeedThatComesLateFindsAPlace(t *testing.T) {
	for what, test := range map[string]struct {
		had  int // pieces of the first owner
		want bool
	}{
		"nobody has anything": {0, true},
		"one has something":   {1, false},
	} {
		x, now := waiters(t)
		x.plan.Has(x.owners[0].number, func(piece int) bool { return piece < test.had }, now)
		x.meet(100, waiter(100), now.Add(2*lull))
		if seed := x.vouched(100); (seed != nil) != test.want || x.count((*owner).used) != mostOwners {
			t.Errorf("%s: the seed is known: %v, and %d owners are used", what, seed != nil, x.count((*owner).used))
		}
	}
}

// Who had nothing and made room for another has a place again later: it may be whole now.
func TestWhoMadeRoomIsTriedAgain(t *testing.T) {
	x, now := waiters(t)
	now = now.Add(2 * lull)
	x.meet(100, waiter(100), now)
	late := x.vouched(100).number
	x.plan.Has(late, func(int) bool { return false }, now)
	x.Connected(late, now)
	for _, o := range x.owners {
		if o.state != OwnerGone {
			continue
		}
		now = o.retryAt
		x.retry(now)
		if o.state != OwnerConnecting || x.count((*owner).used) != mostOwners {
			t.Errorf("it is %v, and %d owners are used", o.state, x.count((*owner).used))
		}
		return
	}
	t.Error("nobody made room")
}
