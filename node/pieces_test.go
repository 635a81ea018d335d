package node

import (
	"bytes"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"go.uber.org/zap"

	"udptorrent/node/plan"
	"udptorrent/segment"
	"udptorrent/torrent"
)

// rehearsal is a transfer of a file of size bytes that a test drives: nothing of it runs.
func rehearsal(t *testing.T, size, active int, now time.Time) *transfer {
	self, _ := quiet(t)
	tor := foreignTorrent(t, "a", noise(1, size))
	x := &transfer{
		node: self, tor: tor, log: zap.NewNop(), source: newStage(1), lastFresh: now,
		plan: plan.New(plan.Config{Length: tor.Length, PieceLength: tor.PieceLength, MaxActive: active}, nil),
	}
	x.pieces = newPieces(tor, active, x.plan.Active)
	x.hasher = newHasher(tor, fullDisk{}, active, nil)
	return x
}

// A piece is begun, given up for another, and begun again: what came of it the first time
// is on nobody's account.
func TestBytesOfAPieceThatWasGivenUpAreOnNobodysAccount(t *testing.T) {
	now := time.Unix(100, 0)
	x := rehearsal(t, 1<<20, 1, now)
	half := int(x.tor.PieceLength / 2)
	come := func(node, piece int) *owner {
		o := x.add(node, waiter(node), now)
		x.plan.Has(o.number, func(i int) bool { return i == piece }, now)
		x.Connected(o.number, now)
		return o
	}
	ask := func(o *owner) (off int64) {
		t.Helper()
		off, n := x.Next(o.number, half, now)
		if n != half {
			t.Fatalf("node %d is asked for %d bytes", o.node, n)
		}
		return off
	}
	first, other := come(1, 0), come(2, 1)
	x.Arrived(first.number, ask(first), make([]byte, half), now)
	x.Gone(first.number, segment.ErrSilent, now)
	ask(other) // its piece takes the place of the first
	x.Gone(other.number, segment.ErrSilent, now)

	second, third := come(3, 0), come(4, 0)
	for _, o := range []*owner{second, third} {
		x.Arrived(o.number, ask(o), make([]byte, half), now)
	}
	x.good(<-x.hasher.jobs, now)
	for i, want := range []int{0, 0, half, half} {
		if o := x.owners[i]; o.verified != int64(want) {
			t.Errorf("node %d has an account of %d bytes, want %d", o.node, o.verified, want)
		}
	}
}

func TestBytesMayBeReceivedIntoTheirPiece(t *testing.T) {
	now := time.Unix(100, 0)
	x := rehearsal(t, 1<<20, 2, now)
	o := x.add(2, waiter(2), now)
	x.plan.Has(o.number, func(int) bool { return true }, now)
	x.Connected(o.number, now)
	length := int(x.tor.PieceLength)
	off, n := x.Next(o.number, length, now)
	if off != 0 || n != length {
		t.Fatalf("%d bytes at %d are asked for", n, off)
	}
	half := n / 2
	room := x.Place(o.number, int64(half), half)
	if len(room) != half {
		t.Fatalf("%d bytes of room", len(room))
	}
	copy(room, noise(1, n)[half:])
	x.Arrived(o.number, int64(half), room, now)
	if x.Place(o.number, int64(half), half) != nil || x.Place(o.number, int64(half)-1, 2) != nil {
		t.Error("there is room where bytes are")
	}
	if x.Place(o.number, 5*int64(length), half) != nil {
		t.Error("there is room in a piece that nobody was asked for")
	}
	x.Arrived(o.number, 0, noise(1, n)[:half], now)
	if p := <-x.hasher.jobs; !bytes.Equal(p.buf, noise(1, n)) {
		t.Error("the piece is another")
	}
}

func TestOnlyOwnersOnTheSameMachineWaitForTheHasher(t *testing.T) {
	now := time.Unix(100, 0)
	x := rehearsal(t, 4<<20, 9, now)
	for node, addr := range []string{"127.0.0.1:1", "[::1]:1", "10.0.0.1:1"} {
		o := x.add(node+2, waiter(node+2), now)
		o.addr = netip.MustParseAddrPort(addr)
		x.plan.Has(o.number, func(int) bool { return true }, now)
		x.Connected(o.number, now)
		for _, waiting := range []int64{0, 1000, 0} { // pieces
			x.hasher.left.Store(waiting)
			_, n := x.Next(o.number, 100, now)
			if want := waiting == 0 || !o.local(); (n > 0) != want {
				t.Errorf("%s: asked for %d bytes while %d pieces wait", addr, n, waiting)
			}
		}
	}
}

func TestTheHasherIsBehindWhenEachProcessorHasAnotherPieceToDo(t *testing.T) {
	cores := int64(runtime.NumCPU())
	for _, c := range []struct {
		pieceLength, left int64
		want              bool
	}{
		{1 << 24, 2*cores - 1, false},
		{1 << 24, 2 * cores, true},
		{1 << 10, 2 * cores, false}, // a few kilobytes are nothing
		{1 << 10, max(2*cores, mostWaiting>>10), true},
	} {
		h := newHasher(&torrent.Torrent{PieceLength: c.pieceLength}, fullDisk{}, 1, nil)
		h.left.Store(c.left)
		if h.behind() != c.want {
			t.Errorf("%d pieces of %d bytes: behind is %v", c.left, c.pieceLength, !c.want)
		}
	}
}
