package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"udptorrent/node/disk"
	"udptorrent/segment"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A stage is a Source without a network: its owners answer at once, in an order that
// rng draws. Owners are known by the port of their address.
type stage struct {
	sink    segment.Sink
	rng     *rand.Rand
	actors  map[uint16]io.ReaderAt
	playing map[int]io.ReaderAt // by owner number

	mu      sync.Mutex // guards queue
	queue   []func(time.Time)
	wake    chan struct{}
	stopped bool
	thanks  map[int]int        // receipts by owner
	stats   segment.OwnerStats // of every owner

	disk pieceWriter // takes the pieces in the part's place, if set
}

func newStage(seed uint64) *stage {
	return &stage{
		rng:     rand.New(rand.NewPCG(seed, 0)),
		actors:  make(map[uint16]io.ReaderAt),
		playing: make(map[int]io.ReaderAt),
		wake:    make(chan struct{}, 1),
		thanks:  make(map[int]int),
	}
}

func (s *stage) Do(fn func(time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, fn)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stage) Run(ctx context.Context) error {
	for !s.stopped {
		s.mu.Lock()
		queue := s.queue
		s.queue = nil
		s.mu.Unlock()
		for _, fn := range queue {
			fn(time.Now())
		}
		if s.act() || s.stopped {
			continue
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// act has some owner deliver something, if any has anything to deliver.
func (s *stage) act() bool {
	var numbers []int
	for number := range 16 {
		if s.playing[number] != nil {
			numbers = append(numbers, number)
		}
	}
	s.rng.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
	for _, number := range numbers {
		now := time.Now()
		off, n := s.sink.Next(number, 1+s.rng.IntN(3000), now)
		if n == 0 {
			continue
		}
		data := make([]byte, n)
		if _, err := s.playing[number].ReadAt(data, off); err != nil {
			delete(s.playing, number)
			s.sink.Gone(number, segment.ErrSilent, now)
		} else {
			s.sink.Arrived(number, off, data, now)
		}
		return true
	}
	return false
}

func (s *stage) Connect(owner int, addr netip.AddrPort) {
	if actor := s.actors[addr.Port()]; actor != nil {
		s.Do(func(now time.Time) {
			s.playing[owner] = actor
			s.sink.Connected(owner, now)
		})
	}
}
func (s *stage) Disconnect(owner int)               { delete(s.playing, owner) }
func (s *stage) Gained(...int)                      {}
func (s *stage) Receipt(owner int, _ []byte)        { s.thanks[owner]++ }
func (s *stage) Stats(owner int) segment.OwnerStats { return s.stats }
func (s *stage) Stop()                              { s.stopped = true }

// A liar delivers a wrong byte here and there.
type liar struct {
	io.ReaderAt
	rng *rand.Rand
}

func (l liar) ReadAt(b []byte, off int64) (int, error) {
	n, err := l.ReaderAt.ReadAt(b, off)
	if l.rng.IntN(2) == 0 {
		b[l.rng.IntN(len(b))] ^= 0x20
	}
	return n, err
}

// play runs a transfer of content, whose owners are the actors of the stage, nodes 1
// and so on.
func (s *stage) play(t *testing.T, content []byte, pieceLength int64) (*transfer, []OwnerResult, error) {
	t.Helper()
	n, dir := quiet(t)
	n.openSource = func(_ torrent.Hash, sink segment.Sink) (Source, io.Closer, error) {
		s.sink = sink
		return s, io.NopCloser(nil), nil
	}
	n.cfg.ID = 99 // none of the owners
	n.cfg.Patience = 300 * time.Millisecond
	tor, err := torrent.Create(context.Background(), bytes.NewReader(content), int64(len(content)),
		torrent.CreateOptions{Name: "a", PieceLength: pieceLength})
	if err != nil {
		t.Fatal(err)
	}
	d := &download{node: n, tor: tor, report: startReporter(nil)}
	defer d.report.end()
	if d.part, err = n.folder.OpenPart(context.Background(), tor, nil); err != nil {
		t.Fatal(err)
	}
	defer d.part.Close()
	var owners []api.Owner
	for port := 1; port <= len(s.actors); port++ {
		owners = append(owners, api.Owner{NodeID: port, Addr: fmt.Sprintf("127.0.0.1:%d", port)})
	}
	x := newTransfer(d)
	if s.disk != nil {
		x.hasher.to = s.disk
	}
	tally, err := x.run(context.Background(), owners)
	x.node.lingering.Wait() // from here on the state is ours
	if err != nil {
		return x, nil, err
	}
	if got, err := os.ReadFile(filepath.Join(dir, "node1", "a.part")); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("the part is not the content: %v", err)
	}
	return x, tally, nil
}

func TestLiarsAreFoundHoweverPiecesAreMixed(t *testing.T) {
	for seed := range uint64(100) {
		s := newStage(seed)
		content := noise(byte(seed), 1+s.rng.IntN(200_000))
		owners := 2 + s.rng.IntN(4)
		lies := make(map[int]bool)
		for node := 1; node <= owners; node++ {
			s.actors[uint16(node)] = bytes.NewReader(content)
			if node > 1 && s.rng.IntN(2) == 0 {
				lies[node] = true
				s.actors[uint16(node)] = liar{bytes.NewReader(content), s.rng}
			}
		}
		x, tally, err := s.play(t, content, int64(1+s.rng.IntN(40_000)))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, o := range x.owners {
			if o.state == OwnerBanned && !lies[o.node] {
				t.Errorf("seed %d: node %d is honest and was banned", seed, o.node)
			}
		}
		var sum int64
		for _, o := range tally {
			sum += o.Bytes
		}
		if sum != int64(len(content)) {
			t.Errorf("seed %d: %d bytes on the accounts of the owners, want %d: %v", seed, sum, len(content), tally)
		}
		if len(x.suspects) != 0 || len(x.pieces.active) != 0 {
			t.Errorf("seed %d: %d suspected pieces and %d in memory are left", seed, len(x.suspects), len(x.pieces.active))
		}
	}
}

// A failing actor delivers so many times and leaves.
type failing struct {
	io.ReaderAt
	left int
}

func (f *failing) ReadAt(b []byte, off int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, io.EOF
	}
	return f.ReaderAt.ReadAt(b, off)
}

func TestOthersTakeOverFromOwnersThatLeave(t *testing.T) {
	for seed := range uint64(30) {
		s := newStage(seed)
		content := noise(byte(seed), 50_000+s.rng.IntN(200_000))
		s.actors[1] = bytes.NewReader(content)
		for node := uint16(2); node <= 4; node++ {
			s.actors[node] = &failing{bytes.NewReader(content), s.rng.IntN(10)}
		}
		if _, _, err := s.play(t, content, 16<<10); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// honestStage returns a stage with three owners of some content.
func honestStage() (s *stage, content []byte) {
	s, content = newStage(1), noise(1, 200_000)
	for node := uint16(1); node <= 3; node++ {
		s.actors[node] = bytes.NewReader(content)
	}
	return s, content
}

func TestEachOwnerIsThankedAtTheEnd(t *testing.T) {
	s, content := honestStage()
	if _, _, err := s.play(t, content, 16<<10); err != nil {
		t.Fatal(err)
	}
	for owner := range 3 {
		if s.thanks[owner] != 1 {
			t.Errorf("owner %d got %d receipts", owner, s.thanks[owner])
		}
	}
}

func TestAbandonedTransferSaysWhyNobodyDelivers(t *testing.T) {
	s := newStage(1)
	content := noise(1, 200_000)
	s.actors[1] = bytes.NewReader(noise(2, len(content)))
	s.actors[2] = &failing{bytes.NewReader(content), 0}
	x, _, err := s.play(t, content, int64(len(content)))
	for _, want := range []string{"node 1: sent wrong bytes and is banned", "node 2: owner stopped answering"} {
		if !errors.Is(err, ErrNoOwners) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
		if !strings.Contains(x.loneliness(), want) {
			t.Errorf("%s, want %q in it", x.loneliness(), want)
		}
	}
}

func TestFewReasonsStandForManyOwners(t *testing.T) {
	x := &transfer{}
	for node := range 7 {
		x.owners = append(x.owners, &owner{node: node, why: segment.ErrSilent})
	}
	x.owners[0].why = nil
	const silent = "owner stopped answering"
	if got, want := x.reasons(), "node 1: "+silent+"; node 2: "+silent+"; node 3: "+silent+"; 3 more"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

type fullDisk struct{}

func (fullDisk) WritePiece(int, []byte) error { return disk.ErrFull }

func TestFullDiskEndsTheTransferAndBlamesNobody(t *testing.T) {
	s := newStage(1)
	content := noise(1, 200_000)
	s.actors[1] = bytes.NewReader(content)
	s.disk = fullDisk{}
	x, _, err := s.play(t, content, 16<<10)
	if !errors.Is(err, disk.ErrFull) {
		t.Errorf("full disk: %v", err)
	}
	if x.owners[0].state != OwnerActive {
		t.Errorf("owner is %s", x.owners[0].state)
	}
}

// Owners that come and go half-way leave pieces that nobody can finish: the plan gives them up
// when it needs room, and what was got of them must not fill the memory.
func TestMemoryOfPiecesThatWereGivenUpIsUsedAgain(t *testing.T) {
	const most = 4
	now := time.Unix(100, 0)
	x := rehearsal(t, 1<<20, most, now)
	tor := x.tor
	come := func(node int, has func(piece int) bool) *owner {
		o := x.add(node, waiter(node), now)
		x.plan.Has(o.number, has, now)
		x.Connected(o.number, now)
		return o
	}
	come(1, func(int) bool { return false }) // it stays, and keeps this a swarm
	for first := 0; first < tor.NumPieces(); first += 2 {
		o := come(2+first, func(i int) bool { return i/2 == first/2 })
		for {
			off, n := x.Next(o.number, int(tor.PieceLength)/4, now)
			if n == 0 {
				break
			}
			if off%tor.PieceLength < tor.PieceLength/2 {
				x.Arrived(o.number, off, make([]byte, n), now)
			}
		}
		if !x.plan.Active(first) || !x.plan.Active(first+1) {
			t.Fatalf("pieces %d and %d were not begun", first, first+1)
		}
		x.Gone(o.number, segment.ErrSilent, now)
		now = now.Add(time.Second)
	}
	if n := len(x.pieces.active) + len(x.pieces.spare); n > most {
		t.Errorf("%d pieces are in memory, %d may be", n, most)
	}
}
