package node

import (
	"bytes"
	"context"
	"flag"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"udptorrent/segment"
	"udptorrent/tracker"
)

func TestMain(m *testing.M) {
	// Most tests here wait for one another's nodes and not for a processor.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// A swarm is a tracker and nodes on 127.0.0.1, for one test or benchmark.
type swarm struct {
	t    testing.TB
	dir  string
	addr string // of the tracker
	url  string

	tracker *tracker.Tracker
	stop    func() // ends the tracker
}

func newSwarm(t testing.TB) *swarm {
	s := &swarm{t: t, dir: t.TempDir(), addr: "127.0.0.1:0"}
	s.startTracker()
	return s
}

// startTracker starts the tracker, again at the address that it had before.
func (s *swarm) startTracker() {
	s.t.Helper()
	tr, err := tracker.Open(tracker.Config{
		Addr: s.addr, DB: filepath.Join(s.dir, "tracker_db"),
		NodeInterval: 300 * time.Millisecond, TrackerInterval: 20 * time.Second,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := tr.Run(ctx); err != nil {
			s.t.Error("tracker:", err)
		}
	}()
	s.tracker, s.addr, s.url = tr, tr.Addr().String(), tr.URL()
	s.stop = sync.OnceFunc(func() { cancel(); <-done })
	s.t.Cleanup(s.stop)
}

// A member under test: a node, what it logs, and a way to kill it.
type peer struct {
	*Node
	s    *swarm
	log  *observer.ObservedLogs
	kill func() // as SIGKILL would: no EXIT, nothing saved
	done chan error
}

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// open opens a node and does not run it.
func (s *swarm) open(id int, change ...func(*Config)) (*peer, error) {
	core, log := observer.New(zap.InfoLevel)
	cfg := Config{
		ID: id, Tracker: s.url, Addr: loopback, Folder: s.folder(id),
		Log: zap.New(core), Patience: 3 * time.Second,
	}
	for _, c := range change {
		c(&cfg)
	}
	n, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	return &peer{Node: n, s: s, log: log, done: make(chan error, 1)}, nil
}

func (s *swarm) folder(id int) string { return filepath.Join(s.dir, "node"+string(rune('0'+id))) }

// node starts a node and waits until it is registered.
func (s *swarm) node(id int, change ...func(*Config)) *peer {
	s.t.Helper()
	p, err := s.open(id, change...)
	if err != nil {
		s.t.Fatal(err)
	}
	p.run()
	select {
	case <-p.Ready():
	case err := <-p.done:
		s.t.Fatalf("node %d: %v", id, err)
	case <-time.After(10 * time.Second):
		s.t.Fatalf("node %d is not registered", id)
	}
	return p
}

func (p *peer) run() {
	go func() { p.done <- p.Run(context.Background()) }()
	p.kill = sync.OnceFunc(func() {
		p.member.mu.Lock()
		p.member.registered = false // so that Close does not say farewell
		p.member.mu.Unlock()
		p.Close()
	})
	p.s.t.Cleanup(func() { p.Close() })
}

// rate is an option: the node sends and receives so many bytes per second.
func rate(bytesPerSecond float64) func(*Config) {
	return func(c *Config) { c.Link = segment.LinkConfig{Rate: bytesPerSecond, Seed: 1} }
}

// share has the node send a file of that name and content, which lies in a folder of
// its own.
func (p *peer) share(name string, content []byte) Shared {
	p.s.t.Helper()
	path := filepath.Join(p.s.dir, "files of "+filepath.Base(p.folder.Path()), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		p.s.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		p.s.t.Fatal(err)
	}
	shared, err := p.Send(context.Background(), path, nil)
	if err != nil {
		p.s.t.Fatal(err)
	}
	return shared
}

// fetch has the node download what, and checks that it is content.
func (p *peer) fetch(what string, content []byte) Result {
	p.s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := p.Download(ctx, what, nil)
	if err != nil {
		p.s.t.Fatal(err)
	}
	p.holds(r.Path, content)
	return r
}

func (p *peer) holds(path string, content []byte) {
	p.s.t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		p.s.t.Fatal(err)
	}
	if !bytes.Equal(got, content) {
		p.s.t.Fatalf("%s is not what was shared", path)
	}
}

// logged waits until the node has logged a message.
func (p *peer) logged(message string) {
	p.s.t.Helper()
	eventually(p.s.t, message, func() bool { return p.log.FilterMessage(message).Len() > 0 })
}

// eventually waits until ok, and fails if that takes too long.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// noise returns n bytes that follow seed.
func noise(seed byte, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}
