package node

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"

	"udptorrent/node/plan"
	"udptorrent/tracker/api"
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

// Of two nodes at one address the tracker names the dead one until its lease ends.
func TestANodeThatTakesAnAddressOverIsAskedInPlaceOfTheOther(t *testing.T) {
	const two, five = 2, 5
	for what, answers := range map[string][][]int{
		"after the lease of the other": {{two}, {five}},
		"before it has ended":          {{two}, {two, five}, {five, two}},
		"before the download":          {{five, two}, {two, five}, {five}},
		"and had lost it":              {{five}, {two}, {five}},
	} {
		x, now := rehearsal(t, 1<<20, 1, time.Unix(100, 0)), time.Unix(100, 0)
		for _, nodes := range answers {
			var named []api.Owner
			for _, node := range nodes {
				named = append(named, api.Owner{NodeID: node, Addr: waiter(7).String()})
			}
			x.take(named, now)
			for _, o := range x.owners {
				o.strikes = 0 // as if a piece that it delivered was good
			}
			now = now.Add(lastRetry)
			x.retry(now)
			if used := x.count((*owner).used); used != 1 {
				t.Errorf("%s: after %v %d owners are asked", what, nodes, used)
			}
		}
		if there := x.at(waiter(7)); there == nil || there.node != five || !there.used() {
			t.Errorf("%s: it is not node %d that is asked", what, five)
		}
	}
}
