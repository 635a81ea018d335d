package node

import (
	"errors"
	"net/netip"
	"testing"

	"udptorrent/segment"
)

// Who asks for what this node has, and is asked by it, is known for what it has.
func TestAPieceThatAnAskerHasIsNoNews(t *testing.T) {
	b := newBooth(t)
	b.partial(7, 2)
	x, now := waiters(t)
	x.tor, x.offer = b.tor, b.offer
	b.Meet(1, segment.Interest{Node: 1, Addr: x.owners[0].addr}, now)
	b.Meet(2, segment.Interest{Node: 2, Addr: netip.AddrPortFrom(x.owners[0].addr.Addr(), 1)}, now) // another one at that host
	b.Meet(3, segment.Interest{Node: 3, Addr: netip.AddrPortFrom(x.owners[0].addr.Addr(), 0)}, now) // serves nothing
	all := []uint32{7, 2, 9}
	news := func(what string, want ...int) {
		t.Helper()
		for i, want := range want {
			if got := b.News(i+1, all); got != want {
				t.Errorf("%s: the first news for asker %d is at %d, want %d", what, i+1, got, want)
			}
		}
	}
	news("nothing is known", 0, 0, 0)
	x.Gained(0, []int{7}, now)
	news("not even how it began", 0)
	x.Has(0, func(piece int) bool { return piece == 7 }, now)
	news("it has one", 1, 0, 0)
	x.Gained(0, []int{2, -1, 1 << 20}, now)
	news("it gets one", 2, 0, 0)
	x.Has(0, func(piece int) bool { return piece == 9 }, now)
	news("it has forgotten them", 0)
	x.Has(0, nil, now)
	news("it is whole", 3, 0, 0)
	x.Gone(0, errors.New("left"), now)
	news("it is gone", 0)
	if b.News(99, all) != 0 {
		t.Error("a stranger needs no news")
	}
	x.Has(0, nil, now)
	b.complete()
	news("the download is done", 0)
}
