package node

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/netip"
	"testing"
	"time"

	"udptorrent/node/disk"
	"udptorrent/segment"
	"udptorrent/torrent"
)

// A booth is the offer of a file of ten pieces and 100 bytes, in part or whole.
type booth struct {
	*testing.T
	*offer
	node    *Node
	tor     *torrent.Torrent
	content []byte
	now     time.Time
	askers  int // that came
}

const boothPiece = 1000

func newBooth(t *testing.T) *booth {
	n, _ := quiet(t)
	b := &booth{T: t, node: n, content: noise(1, 10*boothPiece+100), now: time.Unix(1000, 0)}
	var err error
	b.tor, err = torrent.Create(context.Background(), bytes.NewReader(b.content), int64(len(b.content)),
		torrent.CreateOptions{Name: "a", PieceLength: boothPiece})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// partial offers a part that has some pieces.
func (b *booth) partial(pieces ...int) *disk.Part {
	b.Helper()
	part, err := b.node.folder.OpenPart(context.Background(), b.tor, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { part.Close() })
	for _, i := range pieces {
		b.write(part, i)
	}
	b.offer = b.node.library.offerPart(b.tor, part)
	return part
}

func (b *booth) write(part *disk.Part, i int) {
	b.Helper()
	off, n := b.tor.Piece(i)
	if err := part.WritePiece(i, b.content[off:][:n]); err != nil {
		b.Fatal(err)
	}
}

// whole offers the file, as library.Open does.
func (b *booth) whole() {
	b.offer = b.node.library.newOffer(b.tor.InfoHash, b.tor.Length, b.tor.PieceLength, b.tor.NumPieces())
	b.offer.whole = true
}

// come has somebody ask who serves what it gets, and returns its number.
func (b *booth) come() int {
	b.askers++
	b.meet(b.askers)
	return b.askers
}

func (b *booth) meet(number int, news ...uint32) {
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(number)}), 4000)
	b.Meet(number, segment.Interest{Node: uint32(number), Addr: addr, Has: len(news), News: news}, b.now)
}

// reads fails unless n bytes at off can be read and are right, or lack.
func (b *booth) reads(off int64, n int, want error) {
	b.Helper()
	buf := make([]byte, n)
	got, err := b.ReadAt(buf, off)
	if !errors.Is(err, want) || err == nil && (got != n || !bytes.Equal(buf, b.content[off:][:n])) {
		b.Errorf("%d bytes at %d: %v, want %v", n, off, err, want)
	}
}

func (b *booth) told(number int) (int, bool) {
	pieces, all := b.Told(number)
	return len(pieces), all
}

func TestOnlyVerifiedBytesAreRead(t *testing.T) {
	b := newBooth(t)
	part := b.partial(1, 2, 10)
	b.reads(1000, 2000, nil)
	b.reads(1999, 2, nil)
	b.reads(10_000, 100, nil)
	for _, r := range [][2]int{{999, 2}, {0, 1}, {2999, 2}, {9999, 2}, {500, 9000}} {
		b.reads(int64(r[0]), r[1], segment.ErrLacking)
	}
	b.reads(-1, 5, segment.ErrLacking)
	b.reads(10_099, 2, segment.ErrLacking)
	b.write(part, 3) // it counts when it was verified
	b.reads(3000, 1, segment.ErrLacking)
	b.gained(3)
	b.reads(1000, 3000, nil)
}

func TestAPartTellsItsPiecesInTheOrderOfTheirComing(t *testing.T) {
	b := newBooth(t)
	b.partial(7, 2)
	for _, i := range []int{9, 0, 9} {
		b.gained(i)
	}
	got, all := b.Told(b.come())
	if want := []uint32{2, 7, 9, 0}; all || len(got) != 4 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("told %v, %v", got, all)
	}
	if b.Whole() {
		t.Error("a part is whole")
	}
}

func TestAFinishedPartIsOfferedOnAndAskersStay(t *testing.T) {
	b := newBooth(t)
	part := b.partial(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	first, second := b.come(), b.come()
	b.write(part, 10)
	b.gained(10)
	info, err := part.Finish()
	if err != nil {
		t.Fatal(err)
	}
	b.reads(0, 1, segment.ErrLacking) // for a moment
	d := &download{node: b.node, tor: b.tor, part: part, report: startReporter(nil)}
	defer d.report.end()
	d.publish(context.Background(), info, nil, torrent.Hash{})
	b.node.library.endPart(b.offer)
	b.reads(0, len(b.content), nil)
	for _, number := range []int{first, second} {
		if _, all := b.told(number); !all {
			t.Error("one who asked of the part is told of less than everything")
		}
	}
	c, err := b.node.library.Open(segment.InfoHash(b.tor.InfoHash))
	if err != nil || c != b.offer {
		t.Errorf("opened %v, %v", c, err)
	}
}

func TestAPartThatIsGivenUpIsOfferedNoMore(t *testing.T) {
	b := newBooth(t)
	b.partial(1)
	if got := b.node.library.standing(b.tor.InfoHash); got != partOwner {
		t.Errorf("a part stands as %v", got)
	}
	b.node.library.endPart(b.offer)
	if _, err := b.node.library.Open(segment.InfoHash(b.tor.InfoHash)); !errors.Is(err, segment.ErrUnknown) {
		t.Errorf("opened: %v", err)
	}
	if got := b.node.library.standing(b.tor.InfoHash); got != noOwner {
		t.Errorf("what was given up stands as %v", got)
	}
}

func TestWhoComesAloneIsToldEverything(t *testing.T) {
	b := newBooth(t)
	b.whole()
	for range 3 {
		if !b.Whole() {
			t.Error("nobody asks, and the file is not for all")
		}
		number := b.come()
		if _, all := b.told(number); !all {
			t.Error("the only asker is not told everything")
		}
		b.Left(number)
	}
}

func TestACrowdIsToldOfOtherPiecesEach(t *testing.T) {
	b := newBooth(t)
	b.whole()
	b.come()
	second, third := b.come(), b.come()
	seen := make(map[uint32]bool)
	for _, number := range []int{second, third} {
		pieces, all := b.Told(number)
		if all || len(pieces) == 0 {
			t.Errorf("asker %d is told %v, %v", number, pieces, all)
		}
		for _, i := range pieces {
			if seen[i] {
				t.Errorf("two are told of piece %d", i)
			}
			seen[i] = true
		}
	}
	if b.Whole() {
		t.Error("who comes next is told everything")
	}
}

func TestASeedOpensWhenEveryPieceHasLeft(t *testing.T) {
	b := newBooth(t)
	b.whole()
	first, second := b.come(), b.come()
	for off := int64(0); off < b.length; off += 100 {
		n := int(min(150, b.length-off)) // some twice
		b.Sent(first, off, n, b.now)
	}
	if _, all := b.told(second); !all || !b.Whole() {
		t.Error("the seed is not open")
	}
	b.Left(first)
	b.Left(second)
	b.come()
	if b.come(); b.Whole() {
		t.Error("a later crowd is not a new one")
	}
}

func TestTheLastOfACrowdIsToldEverything(t *testing.T) {
	b := newBooth(t)
	b.whole()
	first, second := b.come(), b.come()
	b.Left(first)
	if _, all := b.told(second); !all {
		t.Error("it is alone and is not told everything")
	}
}

func TestAnAskerThatComesAgainTakesItsOwnPlace(t *testing.T) {
	b := newBooth(t)
	b.whole()
	b.meet(1)
	addr := netip.MustParseAddrPort("10.0.0.1:4000")
	b.Meet(2, segment.Interest{Node: 1, Addr: addr}, b.now) // as 1 does
	if _, all := b.told(2); !all || len(b.offer.askers) != 1 {
		t.Errorf("it competes with itself: %v, %d askers", all, len(b.offer.askers))
	}
	b.Left(1)
	if len(b.offer.askers) != 1 {
		t.Error("the end of the old one ends the new one")
	}
}

// Two behind one NAT may serve at the same port, as it seems. They do not drive each other out.
func TestTwoThatLookAlikeBothStay(t *testing.T) {
	b := newBooth(t)
	b.whole()
	addr := netip.MustParseAddrPort("10.0.0.9:4000")
	for range 3 {
		b.Meet(1, segment.Interest{Node: 1, Addr: addr}, b.now)
		b.Meet(2, segment.Interest{Node: 2, Addr: addr}, b.now)
	}
	if len(b.offer.askers) != 2 {
		t.Errorf("%d of 2 stay", len(b.offer.askers))
	}
}

// Nobody takes the account of a node at another address, whatever number it says.
func TestANodeNumberIsNoAccount(t *testing.T) {
	b := newBooth(t)
	b.partial(1)
	b.Meet(1, segment.Interest{Node: 7, Addr: netip.MustParseAddrPort("10.0.0.1:0")}, b.now)
	b.Sent(1, 0, 3*boothPiece, b.now)
	b.Meet(2, segment.Interest{Node: 7, Addr: netip.MustParseAddrPort("10.0.0.2:0")}, b.now)
	if b.offer.askers[1] == nil || b.Rank(2) >= b.Rank(1) {
		t.Errorf("one who calls itself 7 has rank %v, and 7 has %v", b.Rank(2), b.Rank(1))
	}
}

// Who has come again elsewhere is not served first where it was before.
func TestTheOldPlaceOfAnAskerIsTheLast(t *testing.T) {
	b := newBooth(t)
	b.partial(1)
	first, other := b.come(), b.come()
	b.Sent(other, 0, 3*boothPiece, b.now)
	b.Meet(77, segment.Interest{Node: 1, Addr: b.offer.askers[first].addr}, b.now)
	if b.Rank(first) <= b.Rank(other) {
		t.Errorf("it has rank %v, and who is here has %v", b.Rank(first), b.Rank(other))
	}
}

func TestWhoIsHereKeepsItsAccountWhoeverComesAndGoes(t *testing.T) {
	b := newBooth(t)
	b.partial(1)
	first := b.come()
	b.Sent(first, 0, 3*boothPiece, b.now)
	want := b.Rank(first)
	for i := range 10_000 {
		b.Meet(100+i, segment.Interest{Node: uint32(100 + i)}, b.now) // it serves nowhere: the node counts
		b.Left(100 + i)
	}
	if got := b.Rank(first); got != want || got == 0 {
		t.Errorf("it had rank %v and has %v", want, got)
	}
	b.Meet(2, segment.Interest{Node: 1, Addr: b.offer.askers[first].addr}, b.now) // it comes again
	if got := b.Rank(2); got != want {
		t.Errorf("it had rank %v, and when it comes again %v", want, got)
	}
}

func TestAskersLieAboutWhatTheyHave(t *testing.T) {
	b := newBooth(t)
	b.whole()
	first := b.come()
	b.come()
	b.Meet(first, segment.Interest{Node: 1, Addr: netip.MustParseAddrPort("10.0.0.1:4000"), Has: -5, News: []uint32{11, 1 << 31, 1<<32 - 1}}, b.now)
	b.Meet(first, segment.Interest{Node: 1, Has: 1 << 40}, b.now)
	b.Sent(77, 0, 100, b.now)
	b.Left(77)
	if rank := b.Rank(77); rank != math.MaxFloat64 {
		t.Errorf("an unknown one has rank %v", rank)
	}
}

func TestWhoAsksIsMetByTheDownload(t *testing.T) {
	b := newBooth(t)
	b.partial(1)
	var met []int
	b.introduce(func(node int, _ netip.AddrPort) { met = append(met, node) })
	b.come()
	b.meet(1)
	b.Meet(9, segment.Interest{Node: 9}, b.now) // serves nowhere
	if len(met) != 1 || met[0] != 1 {
		t.Errorf("met %v", met)
	}
}

func TestAPieceIsSentWhenAllOfItWas(t *testing.T) {
	o := &offer{length: 2500, pieceLength: 1000}
	var s sentPieces
	var done []int
	add := func(off int64, n int) { s.add(o, off, n, func(i int) { done = append(done, i) }) }
	add(0, 400)
	add(0, 400)
	add(600, 400)
	add(300, 200)
	if len(done) != 0 {
		t.Fatalf("done %v", done)
	}
	add(900, 1600) // the rest of the first but 100, and two more
	add(500, 100)
	if len(done) != 3 || done[0] != 1 || done[1] != 2 || done[2] != 0 || len(s.started) != 0 {
		t.Errorf("done %v, started %v", done, s.started)
	}
	for i := range 200 {
		add(0, 1+i)
	}
	if len(s.started) != 1 || len(s.started[0].spans) != 1 {
		t.Errorf("started %v", s.started)
	}
}
