package node

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/torrent"
)

// heard notes what a labour tells.
type heard struct {
	*labour
	all []bool
}

func newHeard() *heard {
	h := &heard{}
	h.labour = newLabour(func(busy bool) { h.all = append(h.all, busy) })
	return h
}

func (h *heard) want(t *testing.T, all ...bool) {
	t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if fmt.Sprint(h.all) != fmt.Sprint(all) {
		t.Errorf("told %v, want %v", h.all, all)
	}
}

func TestLabourIsToldOnceAndEndsAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeard()
		time.Sleep(2 * leisure)
		h.want(t)
		first, second := h.begin(), h.begin()
		h.want(t, true)
		first()
		time.Sleep(2 * leisure)
		h.want(t, true)
		second()
		time.Sleep(leisure / 2)
		h.want(t, true)
		h.begin()()
		time.Sleep(leisure * 3 / 4)
		h.want(t, true)
		time.Sleep(leisure)
		h.want(t, true, false)
		h.begin()()
		h.want(t, true, false, true)
	})
}

func TestNobodyHearsOfNoLabour(t *testing.T) {
	newLabour(nil).begin()()
}

func TestAHasherThatFallsBehindIsHardAtWork(t *testing.T) {
	for _, c := range []struct {
		pieceLength int64
		pieces      int // that come at once
		busy        bool
	}{
		{32 << 10, 32, false}, {32 << 10, 33, true}, {1 << 20, 1, false}, {1 << 20, 2, true}, {2 << 20, 1, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHeard()
			x := newHasher(&torrent.Torrent{PieceLength: c.pieceLength}, fullDisk{}, c.pieces, h.labour)
			for range c.pieces {
				x.check(&piece{})
			}
			h.mu.Lock() // tell is called under it
			defer h.mu.Unlock()
			if busy := len(h.all) > 0; busy != c.busy {
				t.Errorf("%d pieces of %d bytes: told %v", c.pieces, c.pieceLength, h.all)
			}
		})
	}
}

func TestAFileOfWhichMuchComesAtOnceIsHashedInBulk(t *testing.T) {
	for _, c := range []struct {
		steps []int64
		all   []bool
	}{
		{[]int64{bulk / 2, bulk * 3 / 2, bulk * 5 / 2}, nil},
		{[]int64{bulk, 3 * bulk}, []bool{true, false}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHeard()
			g := newGrowing(4 * bulk)
			s := followFile(t.Context(), g, 4*bulk, h.labour)
			defer s.stop()
			for _, here := range c.steps {
				g.here.Store(here)
				s.grow()
				synctest.Wait()
				time.Sleep(2 * leisure)
			}
			h.want(t, c.all...)
		})
	}
}
