package swarmtest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"udptorrent/segment/segmenttest"
	"udptorrent/torrent"
)

// A world is one scenario at work, in a bubble of virtual time.
type world struct {
	t       testing.TB
	s       *scenario
	dir     string
	start   time.Time
	net     *segmenttest.Network
	weather *weather
	journal *journal
	office  *office
	peers   []*peer
	wires   segmenttest.Wires
	goods   []good        // the files
	quiet   chan struct{} // held by who waits for everybody to be idle

	ctx    context.Context // ends when all downloads have
	cancel context.CancelFunc

	judge judge
}

// A good is a file as it should be.
type good struct {
	file
	content []byte
	torrent *torrent.Torrent
}

func newWorld(t testing.TB, s *scenario, dir string) *world {
	w := &world{
		t: t, s: s, dir: dir, start: time.Now(),
		net:     segmenttest.New(s.seed),
		weather: newWeather(len(s.roles)),
		journal: newJournal(logLevel()),
		quiet:   make(chan struct{}, 1),
	}
	w.office = newOffice(w)
	w.judge.w = w
	w.net.Corrupt(s.corrupt)
	w.net.Limit(s.mtu)
	w.net.Cut(w.weather.cut)
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.wires = segmenttest.Wires{}
	for i := range s.roles {
		if s.roles[i].wire != nil {
			w.wires[s.ip(i)] = s.roles[i].wire
		}
		w.peers = append(w.peers, w.newPeer(i))
	}
	for i, f := range s.files {
		w.goods = append(w.goods, w.makeFile(i, f))
	}
	return w
}

func logLevel() zapcore.Level {
	if *wordy {
		return zapcore.DebugLevel
	}
	return zapcore.InfoLevel
}

// now is the time since the beginning.
func (w *world) now() time.Duration { return time.Since(w.start) }

func (w *world) verifyUpTo() int64 {
	if w.s.wholeFile {
		return 0
	}
	return -1
}

// makeFile draws a file and makes its torrent.
func (w *world) makeFile(i int, f file) good {
	content := make([]byte, f.length)
	var key [32]byte
	key[0], key[1] = byte(i), byte(w.s.seed)
	rand.NewChaCha8(key).Read(content)
	path := filepath.Join(w.dir, "torrents", f.name)
	t, err := torrent.Create(context.Background(), bytes.NewReader(content), int64(len(content)), torrent.CreateOptions{
		Name: f.name, Announce: "http://tracker/announce", PieceLength: int64(f.pieceLength),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(path+".torrent", t.Bytes())
	return good{f, content, t}
}

func (g *good) torrentPath(w *world) string {
	return filepath.Join(w.dir, "torrents", g.name+".torrent")
}

func (w *world) write(path string, b []byte) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		w.t.Fatal(err)
	}
}

// run lives through the scenario and judges it.
func (w *world) run() {
	w.office.open()
	var downloads, happenings sync.WaitGroup
	for _, p := range w.peers {
		p.start()
		happenings.Go(p.open)
		for _, want := range p.role.wants {
			downloads.Go(func() { p.obtain(want) })
		}
	}
	for _, e := range w.s.world {
		happenings.Go(func() { w.happen(e) })
	}
	downloads.Wait()
	w.cancel()
	happenings.Wait()
	w.judge.settled()
	w.end()
	w.judge.files()
}

// wait waits until a time since the beginning. It returns false if the world ends before.
func (w *world) wait(until time.Duration) bool {
	timer := time.NewTimer(until - w.now())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.ctx.Done():
		return false
	}
}

// end closes everything.
func (w *world) end() {
	var closing sync.WaitGroup
	for _, p := range w.peers {
		closing.Go(func() { p.leave(true) })
	}
	closing.Wait()
	w.office.close(noHarm)
}

// happen lets an event happen, and be over when its time has come.
func (w *world) happen(e event) {
	if !w.wait(e.at) {
		return
	}
	w.journal.note("%s %d %s", e.what, e.who+1, e.harm)
	never := e.last == 0
	var over func()
	switch e.what {
	case crash, leave:
		p := w.peers[e.who]
		if e.what == crash && !p.crash(never, e.harm) || e.what == leave && !p.leave(never) {
			return
		}
		over = p.start
	case stall:
		w.weather.change(func(s *sky) { s.still[e.who] = true })
		over = func() { w.weather.change(func(s *sky) { s.still[e.who] = false }) }
	case split:
		w.weather.change(func(s *sky) { s.side = e.side })
		over = func() { w.weather.change(func(s *sky) { s.side = nil }) }
	case outage:
		w.office.close(e.harm)
		over = w.office.open
	}
	if never {
		return
	}
	w.wait(e.at + e.last)
	w.journal.note("%s %d over", e.what, e.who+1)
	over()
}
