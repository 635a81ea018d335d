package segment_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/segment"
	"udptorrent/segment/segmenttest"
)

var hash = segment.InfoHash{1, 2, 3}

// library shares one content under hash.
type library struct{ content segment.Content }

func (l library) Open(h segment.InfoHash) (segment.Content, error) {
	if h != hash {
		return nil, segment.ErrUnknown
	}
	return l.content, nil
}

// file is a content in memory; err, if set, is what reading it returns.
type file struct {
	*bytes.Reader
	err error
}

func (f file) ReadAt(b []byte, off int64) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.Reader.ReadAt(b, off)
}

func randomBytes(n int, seed uint64) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(seed)})
	io.ReadFull(rng, b)
	return b
}

// sink wants a file of len(want) bytes, gives out ranges from the front to
// whoever asks, and gives back to the others what an owner that left owed.
type sink struct {
	t    *testing.T
	want []byte
	got  []byte
	have []bool // per byte
	left int
	free []rng // not asked of anybody
	owed map[int][]rng

	connected []int
	gone      map[int]error
	from      map[int]int // bytes by owner
	onGone    func(owner int, err error)
	onArrive  func()
	onDone    func()
	doneAt    time.Time
}

type rng struct {
	off int64
	n   int
}

func newSink(t *testing.T, want []byte) *sink {
	return &sink{
		t: t, want: want, got: make([]byte, len(want)), have: make([]bool, len(want)), left: len(want),
		free: []rng{{0, len(want)}}, owed: map[int][]rng{}, gone: map[int]error{}, from: map[int]int{},
	}
}

func (s *sink) Next(owner, max int, now time.Time) (int64, int) {
	if len(s.free) == 0 {
		return 0, 0
	}
	r := &s.free[0]
	part := rng{r.off, min(r.n, max)}
	r.off += int64(part.n)
	if r.n -= part.n; r.n == 0 {
		s.free = s.free[1:]
	}
	s.owed[owner] = append(s.owed[owner], part)
	return part.off, part.n
}

func (s *sink) Wanted(owner int, off int64, n int) bool {
	for _, have := range s.have[off : off+int64(n)] {
		if !have {
			return true
		}
	}
	return false
}

func (s *sink) Arrived(owner int, off int64, data []byte, now time.Time) {
	copy(s.got[off:], data)
	for i := range data {
		if !s.have[int(off)+i] {
			s.have[int(off)+i] = true
			s.left--
			s.from[owner]++
		}
	}
	if s.onArrive != nil {
		s.onArrive()
	}
	if s.left == 0 && s.doneAt.IsZero() {
		s.doneAt = now
		s.onDone()
	}
}

func (s *sink) Connected(owner int, now time.Time) { s.connected = append(s.connected, owner) }

func (s *sink) Gone(owner int, err error, now time.Time) {
	s.gone[owner] = err
	for _, r := range s.owed[owner] {
		if s.Wanted(owner, r.off, r.n) {
			s.free = append(s.free, r)
		}
	}
	delete(s.owed, owner)
	if s.onGone != nil {
		s.onGone(owner, err)
	}
}

// swarm is a network with owners of one file and a fetch of it.
type swarm struct {
	t     *testing.T
	net   *segmenttest.Network
	want  []byte
	sink  *sink
	fetch *segment.Fetch
	sock  segment.Socket
	close []func()
	ends  map[int]func() // kills the owner
	addr  map[int]netip.AddrPort
}

func newSwarm(t *testing.T, size int, line segment.LinkConfig) *swarm {
	s := &swarm{t: t, net: segmenttest.New(1), want: randomBytes(size, 1), ends: map[int]func(){}, addr: map[int]netip.AddrPort{}}
	s.sink = newSink(t, s.want)
	s.sock = s.host(1, line)
	s.fetch = segment.NewFetch(s.sock, segment.FetchConfig{InfoHash: hash, Sink: s.sink})
	s.sink.onDone = s.fetch.Stop
	return s
}

func (s *swarm) host(n uint16, line segment.LinkConfig) segment.Socket {
	sock := s.net.Host(n)
	if line.Impaired() {
		sock = segment.Impair(sock, line)
	}
	s.close = append(s.close, func() { sock.Close() })
	return sock
}

// owner starts an owner of content behind line.
func (s *swarm) owner(id int, content segment.Content, line segment.LinkConfig, cfg segment.ServerConfig) {
	sock := s.host(uint16(id+100), line)
	cfg.Library = library{content}
	server := segment.NewServer(sock, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Run(ctx)
	}()
	stop := func() {
		cancel()
		<-done
	}
	s.close = append(s.close, stop)
	s.ends[id] = func() { sock.Close() }
	s.addr[id] = sock.LocalAddr()
}

// run connects to all owners and runs the fetch for at most limit.
func (s *swarm) run(limit time.Duration) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	start := time.Now()
	for id, addr := range s.addr {
		s.fetch.Do(func(time.Time) { s.fetch.Connect(id, addr) })
	}
	err = s.fetch.Run(ctx)
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
	return s.sink.doneAt.Sub(start), err
}

func (s *swarm) check() {
	s.t.Helper()
	if !bytes.Equal(s.sink.got, s.want) {
		s.t.Fatalf("the bytes differ; %d of %d missing", s.sink.left, len(s.want))
	}
}

func mem(b []byte) file { return file{Reader: bytes.NewReader(b)} }

func TestFetchIsWholeUnderAnyImpairment(t *testing.T) {
	lines := map[string]segment.LinkConfig{
		"perfect":    {},
		"delay":      {Delay: 30 * time.Millisecond, Seed: 1},
		"loss":       {Delay: 20 * time.Millisecond, Loss: 0.05, Seed: 2},
		"heavy loss": {Delay: 5 * time.Millisecond, Loss: 0.3, Seed: 3},
		"reorder":    {Delay: 20 * time.Millisecond, Reorder: 0.1, Seed: 4},
		"duplicate":  {Delay: 20 * time.Millisecond, Duplicate: 0.2, Seed: 5},
		"all":        {Rate: 4e6, Delay: 20 * time.Millisecond, Loss: 0.05, Reorder: 0.01, Duplicate: 0.01, Seed: 6},
		"thin":       {Rate: 50e3, Delay: 100 * time.Millisecond, Queue: 8 << 10, Seed: 7},
	}
	for name, line := range lines {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSwarm(t, 1_000_003, segment.LinkConfig{})
				for id := range 3 {
					line.Seed++
					s.owner(id, mem(s.want), line, segment.ServerConfig{})
				}
				took, err := s.run(5 * time.Minute)
				if err != nil {
					t.Fatalf("%v after %v; left %d, gone %v", err, took, s.sink.left, s.sink.gone)
				}
				s.check()
				t.Logf("%v, %.1f Mbit/s", took, float64(len(s.want))*8/1e6/took.Seconds())
			})
		})
	}
}

var errDisk = errors.New("disk on fire")
