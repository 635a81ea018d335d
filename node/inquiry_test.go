package node

import (
	"strings"
	"testing"
	"time"

	"udptorrent/node/plan"
)

func TestAbandonedDownloadSaysHowLongItWaited(t *testing.T) {
	began := time.Unix(100, 0)
	x := &transfer{
		node:      &Node{cfg: Config{Patience: time.Minute}},
		plan:      plan.New(plan.Config{Length: 2, PieceLength: 1}, nil),
		owners:    []*owner{{number: 0, node: 7, state: OwnerActive}},
		lastFresh: began,
	}
	x.plan.Has(0, func(piece int) bool { return piece == 0 }, began)
	x.plan.Join(0, began)
	err := x.abandoned(began.Add(61 * time.Second)).Error()
	if !strings.Contains(err, "(waited 1m1s; node 7: serves others first)") {
		t.Errorf("abandoned: %s", err)
	}
	if got := x.patience(); got != inLine*time.Minute {
		t.Errorf("who stands in line waits %v", got)
	}
	x.owners[0].state = OwnerGone
	if got := x.patience(); got != time.Minute {
		t.Errorf("who waits for nobody waits %v", got)
	}
}

// Who knows few others in a swarm gets few turns, and looks for more; who knows enough does not
// bother the tracker.
func TestASwarmNeedsManyOwners(t *testing.T) {
	x, now := waiters(t)
	x.inquiry.times = 20 // long past the beginning
	active := func(n int) {
		for i, o := range x.owners {
			if o.state = OwnerActive; i >= n {
				o.state = OwnerGone
			}
		}
		x.plan.Has(0, func(piece int) bool { return piece == 0 }, now)
	}
	active(fewPeers - 1)
	if got := x.inquireEvery(now); got != askPeers {
		t.Errorf("with too few it asks again after %v, want %v", got, askPeers)
	}
	active(fewPeers)
	if got := x.inquireEvery(now); got != askAgain {
		t.Errorf("with enough it asks again after %v, want %v", got, askAgain)
	}
}
