package segment_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/segment"
	"udptorrent/segment/segmenttest"
)

// A mate is a node of a swarm as this package sees it: it serves the pieces that it has
// while it fetches the others, in random order and whole.
type mate struct {
	t     *testing.T
	crowd *crowd
	id    int

	server *segment.Server
	fetch  *segment.Fetch // nil of a seed
	addr   netip.AddrPort // of its server
	random *rand.Rand     // used by the goroutine of fetch

	mu     sync.Mutex // guards what follows: server and fetch both use it
	got    []byte
	have   []bool
	list   []uint32
	askers map[int]segment.Interest
	sent   int64
	heard  [][2]int // node and piece
	met    map[int]bool

	owners map[int]map[int]bool // what they have; nil is all
	begun  map[int]*begun
	done   time.Time
}

// begun is a piece that is being fetched.
type begun struct {
	owner    int
	asked, n int
	came     map[int64]bool // offsets
	left     int            // bytes that have not come
}

// A crowd are mates on one network.
type crowd struct {
	t     *testing.T
	net   *segmenttest.Network
	want  []byte
	piece int
	mates []*mate
}

func (c *crowd) pieces() int { return (len(c.want) + c.piece - 1) / c.piece }

func newCrowd(t *testing.T, size, piece int) *crowd {
	return &crowd{t: t, net: segmenttest.New(1), want: randomBytes(size, 1), piece: piece}
}

// add makes a mate whose server is behind line.
func (c *crowd) add(seed bool, line segment.LinkConfig) *mate {
	m := &mate{
		t: c.t, crowd: c, id: len(c.mates), got: make([]byte, len(c.want)), have: make([]bool, c.pieces()),
		random: rand.New(rand.NewPCG(1, uint64(len(c.mates)))),
		askers: map[int]segment.Interest{}, owners: map[int]map[int]bool{}, met: map[int]bool{}, begun: map[int]*begun{},
	}
	if seed {
		copy(m.got, c.want)
		for i := range m.have {
			m.gain(i)
		}
	}
	c.mates = append(c.mates, m)
	sock := c.socket(uint16(100+m.id), line)
	m.addr = sock.LocalAddr()
	m.server = segment.NewServer(sock, segment.ServerConfig{Library: library{m}})
	if !seed {
		m.fetch = segment.NewFetch(c.socket(uint16(200+m.id), segment.LinkConfig{}), segment.FetchConfig{
			InfoHash: hash, Sink: m,
			Swarm: segment.SwarmConfig{Pieces: c.pieces(), PieceLength: c.piece, Node: uint32(m.id), Port: m.addr.Port()},
		})
	}
	return m
}

func (c *crowd) socket(host uint16, line segment.LinkConfig) segment.Socket {
	sock := c.net.Host(host)
	if line.Impaired() {
		line.Seed = uint64(host)
		sock = segment.Impair(sock, line)
	}
	c.t.Cleanup(func() { sock.Close() })
	return sock
}

// run has every mate fetch from all others until all have everything, and returns how
// long that took.
func (c *crowd) run(limit time.Duration) time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	start := time.Now()
	ended := make(chan struct{})
	fetching := 0
	serving, stop := context.WithCancel(context.Background())
	for _, m := range c.mates {
		go func() { m.server.Run(serving); ended <- struct{}{} }()
		if m.fetch == nil {
			continue
		}
		fetching++
		m.fetch.Do(func(time.Time) {
			for _, other := range c.mates {
				if other != m {
					m.fetch.Connect(other.id, other.addr)
				}
			}
		})
	}
	fetched := make(chan error)
	for _, m := range c.mates {
		if m.fetch != nil {
			go func() { fetched <- m.fetch.Run(ctx) }()
		}
	}
	for range fetching {
		if err := <-fetched; err != nil {
			c.t.Errorf("fetch: %v", err)
		}
	}
	stop()
	for range c.mates {
		<-ended
	}
	last := start
	for _, m := range c.mates {
		if !bytes.Equal(m.got, c.want) {
			c.t.Errorf("mate %d has %d of %d pieces, begun %v", m.id, len(m.list), c.pieces(), len(m.begun))
		}
		if m.done.After(last) {
			last = m.done
		}
	}
	return last.Sub(start)
}

// lock returns what unlocks.
func (m *mate) lock() (unlock func()) {
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *mate) gain(piece int) {
	if !m.have[piece] {
		m.have[piece] = true
		m.list = append(m.list, uint32(piece))
	}
}

func (m *mate) whole() bool { return len(m.list) == len(m.have) }

// What follows makes it a segment.Offer.

func (m *mate) ReadAt(b []byte, off int64) (int, error) {
	defer m.lock()()
	for i := off / int64(m.crowd.piece); i*int64(m.crowd.piece) < off+int64(len(b)); i++ {
		if !m.have[i] {
			return 0, segment.ErrLacking
		}
	}
	return copy(b, m.got[off:]), nil
}

func (m *mate) Size() int64 { return int64(len(m.got)) }

func (m *mate) Whole() bool {
	defer m.lock()()
	return m.whole()
}

func (m *mate) Turn() int { return m.crowd.piece }

func (m *mate) Meet(asker int, i segment.Interest, now time.Time) {
	defer m.lock()()
	for _, piece := range i.News {
		m.heard = append(m.heard, [2]int{int(i.Node), int(piece)})
	}
	m.askers[asker] = i
}

func (m *mate) Told(asker int) ([]uint32, bool) {
	defer m.lock()()
	return m.list, m.whole()
}

func (m *mate) Rank(asker int) float64 {
	defer m.lock()()
	return float64(m.askers[asker].Has)
}

func (m *mate) Sent(asker int, off int64, n int, now time.Time) {
	defer m.lock()()
	m.sent += int64(n)
}

// News: everything is.
func (m *mate) News(asker int, pieces []uint32) int { return 0 }

func (m *mate) Idle(float64) {}

func (m *mate) Curious() bool { return m.fetch == nil }

func (m *mate) Left(asker int) {
	defer m.lock()()
	delete(m.askers, asker)
}

// And this a segment.SwarmSink.

func (m *mate) Has(owner int, has func(piece int) bool, now time.Time) {
	defer m.lock()()
	if has == nil {
		m.owners[owner] = nil
		return
	}
	m.owners[owner] = map[int]bool{}
	for i := range m.have {
		if has(i) {
			m.owners[owner][i] = true
		}
	}
}

func (m *mate) Gained(owner int, pieces []int, now time.Time) {
	defer m.lock()()
	for _, i := range pieces {
		if set := m.owners[owner]; set != nil {
			set[i] = true
		}
	}
}

func (m *mate) Connected(owner int, now time.Time) {
	defer m.lock()()
	m.met[owner] = true
}

func (m *mate) Gone(owner int, err error, now time.Time) {
	defer m.lock()()
	delete(m.met, owner)
	for piece, b := range m.begun {
		if b.owner == owner {
			delete(m.begun, piece)
		}
	}
}

func (m *mate) Interested(owner int, _ time.Time) bool {
	defer m.lock()()
	for _, b := range m.begun {
		if b.owner == owner && b.asked < b.n {
			return true
		}
	}
	return m.choose(owner) >= 0
}

// choose returns a piece to begin with owner, -1 if there is none.
func (m *mate) choose(owner int) int {
	set, some := m.owners[owner]
	var choice []int
	for i := range m.have {
		if !m.have[i] && m.begun[i] == nil && (!some || set == nil || set[i]) {
			choice = append(choice, i)
		}
	}
	if len(choice) == 0 {
		return -1
	}
	return choice[m.random.IntN(len(choice))]
}

func (m *mate) Next(owner, most int, now time.Time) (int64, int) {
	if off, n := m.Continue(owner, most, now); n > 0 {
		return off, n
	}
	defer m.lock()()
	piece := m.choose(owner)
	if piece < 0 {
		return 0, 0
	}
	off := piece * m.crowd.piece
	n := min(m.crowd.piece, len(m.got)-off)
	m.begun[piece] = &begun{owner: owner, n: n, left: n, came: map[int64]bool{}}
	return m.ask(piece, most)
}

func (m *mate) Continue(owner, most int, now time.Time) (int64, int) {
	defer m.lock()()
	for piece, b := range m.begun {
		if b.owner == owner && b.asked < b.n {
			return m.ask(piece, most)
		}
	}
	return 0, 0
}

// ask takes the next bytes of a piece.
func (m *mate) ask(piece, most int) (int64, int) {
	b := m.begun[piece]
	n := min(most, b.n-b.asked)
	off := int64(piece*m.crowd.piece + b.asked)
	b.asked += n
	return off, n
}

func (m *mate) Wanted(owner int, off int64, n int) bool {
	defer m.lock()()
	for i := int(off) / m.crowd.piece; i*m.crowd.piece < int(off)+n; i++ {
		if !m.have[i] {
			return true
		}
	}
	return false
}

// Arrived takes in a block. One that was asked for again may lie in two pieces.
func (m *mate) Arrived(owner int, off int64, data []byte, now time.Time) {
	for len(data) > 0 {
		n := min(len(data), m.crowd.piece-int(off)%m.crowd.piece)
		if piece := m.take(off, data[:n], now); piece >= 0 {
			m.fetch.Gained(piece)
			m.server.Told()
		}
		off, data = off+int64(n), data[n:]
	}
	if !m.done.IsZero() {
		m.fetch.Stop()
	}
}

// take keeps bytes of a piece, and returns it if they complete it, else -1.
func (m *mate) take(off int64, data []byte, now time.Time) int {
	defer m.lock()()
	piece := int(off) / m.crowd.piece
	b := m.begun[piece]
	if m.have[piece] || b == nil {
		return -1
	}
	copy(m.got[off:], data)
	for i := range data {
		if !b.came[off+int64(i)] {
			b.came[off+int64(i)] = true
			b.left--
		}
	}
	if b.left > 0 {
		return -1
	}
	delete(m.begun, piece)
	m.gain(piece)
	if m.whole() {
		m.done = now
	}
	return piece
}

func TestACrowdSpreadsAFile(t *testing.T) {
	for _, test := range []struct {
		name        string
		mates       int
		size, piece int
		line        segment.LinkConfig
		limit       float64 // of the time that the seed needs for one copy
		copies      float64
	}{
		{"two", 2, 1_000_003, 16 << 10, segment.LinkConfig{Rate: 1e6, Delay: 5 * time.Millisecond}, 1.6, 1.5},
		{"eight", 8, 1_000_003, 16 << 10, segment.LinkConfig{Rate: 1e6, Delay: 5 * time.Millisecond}, 5, 2.5},
		{"eight with loss", 8, 1_000_003, 16 << 10, segment.LinkConfig{Rate: 1e6, Delay: 5 * time.Millisecond, Loss: 0.02, Reorder: 0.01}, 6, 2.5},
		{"sixteen", 16, 1_000_003, 16 << 10, segment.LinkConfig{Rate: 1e6, Delay: 5 * time.Millisecond}, 8, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, test.size, test.piece)
				seed := c.add(true, test.line)
				for range test.mates {
					c.add(false, test.line)
				}
				took := c.run(time.Minute)
				ideal := float64(test.size) / test.line.Rate
				copies := float64(seed.sent) / float64(test.size)
				t.Logf("%v, %.2f of the time for one copy; %.2f copies from the seed", took, took.Seconds()/ideal, copies)
				if took.Seconds() > test.limit*ideal || copies > test.copies {
					t.Errorf("want at most %.2f and %.2f", test.limit, test.copies)
				}
			})
		})
	}
}

// An owner that was killed and started anew has its pieces in another order, and others.
func TestAnOwnerThatWasStartedAnewTellsOfAllItsPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const piece = 10_000
		c := newCrowd(t, 40*piece, piece)
		part := c.add(false, segment.LinkConfig{})
		asker := c.add(false, segment.LinkConfig{Delay: 5 * time.Millisecond})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		// serve has part serve, at the same address each time, with some pieces in that order.
		serve := func(pieces ...int) segment.Socket {
			part.mu.Lock()
			part.list, part.askers = nil, map[int]segment.Interest{}
			clear(part.have)
			for _, i := range pieces {
				copy(part.got[i*piece:(i+1)*piece], c.want[i*piece:])
				part.gain(i)
			}
			part.mu.Unlock()
			sock := c.net.Host(500)
			running.Go(func() { segment.NewServer(sock, segment.ServerConfig{Library: library{part}}).Run(ctx) })
			return sock
		}
		first := serve(count(0, 20)...)
		asker.fetch.Do(func(time.Time) { asker.fetch.Connect(part.id, first.LocalAddr()) })
		running.Go(func() { asker.fetch.Run(ctx) })
		time.Sleep(2 * time.Second)
		if has := asker.count(); has != 20 {
			t.Errorf("the asker got %d pieces of 20", has)
		}
		first.Close()
		reversed := count(10, 40)
		slices.Reverse(reversed)
		second := serve(reversed...)
		time.Sleep(20 * time.Second)
		if has := asker.count(); has != 40 {
			t.Errorf("the asker got %d pieces of 40", has)
		}
		cancel()
		second.Close()
		running.Wait()
	})
}

// count returns the numbers from first to end - 1.
func count(first, end int) (numbers []int) {
	for i := range end - first {
		numbers = append(numbers, first+i)
	}
	return numbers
}

// count returns how many pieces m has.
func (m *mate) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.list)
}
