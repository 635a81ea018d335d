package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const mega = 1 << 20

// A watched download runs by itself; events happen when it has come so far.
type watched struct {
	t      testing.TB
	cancel context.CancelFunc
	done   chan struct{}
	result Result
	err    error

	mu   sync.Mutex // guards seen
	seen []Progress
}

// start begins a download; at runs once when a quarter of the pieces is verified.
func (p *peer) start(what string, at func()) *watched {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	w := &watched{t: p.s.t, cancel: cancel, done: make(chan struct{})}
	at = sync.OnceFunc(at)
	go func() {
		defer close(w.done)
		defer cancel()
		w.result, w.err = p.Download(ctx, what, func(now Progress) {
			w.mu.Lock()
			w.seen = append(w.seen, now)
			w.mu.Unlock()
			if now.Phase == PhaseDownloading && now.Pieces*4 >= now.PiecesTotal {
				at()
			}
		})
	}()
	return w
}

// well waits for the end and returns the result of a download that succeeded.
func (w *watched) well() Result {
	w.t.Helper()
	<-w.done
	if w.err != nil {
		w.t.Fatal(w.err)
	}
	return w.result
}

// saw reports whether a message with that text was reported.
func (w *watched) saw(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.seen {
		if strings.Contains(p.Message, text) {
			return true
		}
	}
	return false
}

func (r Result) from(node int) int64 {
	for _, o := range r.Owners {
		if o.Node == node {
			return o.Bytes
		}
	}
	return 0
}

func TestDownloadGoesOnWhenAnOwnerFallsSilent(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 6*mega)
	for id := 1; id <= 2; id++ {
		s.node(id, rate(2*mega)).share("a", content)
	}
	dies := s.node(3, rate(2*mega))
	path := dies.share("a", content).TorrentPath
	d := s.node(4)
	began := time.Now()
	r := d.start(path, func() { dies.socket.Close() }).well()
	d.holds(r.Path, content)
	if r.from(3) == 0 || r.from(3) > 2*mega {
		t.Errorf("the owner that died delivered %d bytes", r.from(3))
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if err := <-dies.done; err == nil {
		t.Error("a node whose socket breaks goes on")
	}
}

func TestLiarIsBannedAndNamed(t *testing.T) {
	s := newSwarm(t)
	content := noise(2, 4*mega)
	s.node(1, rate(4*mega)).share("a", content)
	liar := s.node(2, rate(4*mega))
	shared := liar.share("a", content)
	liar.replace(shared.Path, noise(3, 4*mega))
	d := s.node(3)
	w := d.start(shared.TorrentPath, func() {})
	d.holds(w.well().Path, content)
	banned := d.log.FilterMessage("banned").All()
	if len(banned) != 1 || banned[0].ContextMap()["node"] != int64(2) {
		t.Errorf("banned: %v", banned)
	}
	if !w.saw("node 2") || w.result.from(2) != 0 {
		t.Errorf("the liar is not in the progress, or has an account of %d bytes", w.result.from(2))
	}
}

// replace changes a file at one stroke, so that size and time do not tell.
func (p *peer) replace(path string, content []byte) {
	p.s.t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		next := path + ".new"
		err = errors.Join(os.WriteFile(next, content, 0o666), os.Chtimes(next, info.ModTime(), info.ModTime()), os.Rename(next, path))
	}
	if err != nil {
		p.s.t.Fatal(err)
	}
}

func TestChangedFileIsNotServed(t *testing.T) {
	s := newSwarm(t)
	o := s.node(1)
	shared := o.share("a", noise(1, mega))
	d := s.node(2, func(c *Config) { c.Patience = time.Second })
	if err := os.WriteFile(shared.Path, noise(2, mega), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := d.Download(context.Background(), shared.TorrentPath, nil)
	if !errors.Is(err, ErrNoOwners) {
		t.Errorf("download of a changed file: %v", err)
	}
	o.logged("withdrawn")
	if st := o.Status().Shared; len(st) != 1 || st[0].Problem == "" || st[0].Owned {
		t.Errorf("status: %+v", st)
	}
	if left := fileNames(t, s.folder(2)); len(left) != 2 {
		t.Errorf("left in the folder: %q", left)
	}
	// Sent again it is another torrent, and served.
	if _, err := o.Send(context.Background(), shared.Path, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(shared.TorrentPath + ".old"); err != nil {
		t.Error("the old torrent is not kept:", err)
	}
	os.RemoveAll(s.folder(2) + "/a.part")
	d.fetch(shared.TorrentPath, noise(2, mega))
}

func TestEachChangeOfASharedFileIsNoticedAndTold(t *testing.T) {
	for change, do := range map[string]func(path string) error{
		"other bytes": func(path string) error { return os.WriteFile(path, noise(2, mega), 0o666) },
		"longer":      func(path string) error { return os.WriteFile(path, noise(1, mega+1), 0o666) },
		"shorter":     func(path string) error { return os.Truncate(path, mega/2) },
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", noise(2, mega), 0o666), os.Rename(path+".new", path))
		},
		"deleted": os.Remove,
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			s := newSwarm(t)
			told := make(chan string, 10)
			o := s.node(1, func(c *Config) { c.Notice = func(text string) { told <- text } })
			path := o.share("a", noise(1, mega)).Path
			if err := do(path); err != nil {
				t.Fatal(err)
			}
			o.logged("withdrawn")
			if text := <-told; !strings.Contains(text, path) || !strings.Contains(text, "send it again") {
				t.Errorf("notice: %q", text)
			}
			_, err := s.node(2, func(c *Config) { c.Patience = time.Second }).Download(context.Background(), "a", nil)
			if !errors.Is(err, ErrNoOwners) {
				t.Errorf("download: %v", err)
			}
		})
	}
}

func TestFileThatCannotBeLookedAtIsServedAgainOnceItCan(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file in place of a folder counts as not there") // and what else fails a look needs a drive that does
	}
	s := newSwarm(t)
	told := make(chan string, 10)
	o := s.node(1, func(c *Config) { c.Notice = func(text string) { told <- text } })
	content := noise(1, mega)
	path := o.share("a", content).Path
	dir := filepath.Dir(path)
	if err := errors.Join(os.Rename(dir, dir+".away"), os.WriteFile(dir, nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is noticed", func() bool { return o.Status().Shared[0].Problem != "" })
	text := <-told
	if !strings.Contains(text, path) || !strings.Contains(text, "see that its drive is there") || strings.Contains(text, "changed") {
		t.Errorf("notice: %q", text)
	}
	if err := errors.Join(os.Remove(dir), os.Rename(dir+".away", dir)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is served again", func() bool { return o.Status().Shared[0].Problem == "" })
	s.node(2).fetch("a", content)
	if n := o.log.FilterMessage("withdrawn").Len(); n != 0 || len(told) != 0 {
		t.Errorf("withdrawn %d times, %d more notices", n, len(told))
	}
}

// fileNames lists a node's folder, its state left out.
func fileNames(t *testing.T, dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != ".udptorrent" {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestDownloadWaitsForAnOwnerToComeBack(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 2*mega)
	o := s.node(1, rate(2*mega))
	path := o.share("a", content).TorrentPath
	d := s.node(2, func(c *Config) { c.Patience = 20 * time.Second })
	w := d.start(path, o.kill)
	eventually(t, "the download says that nobody answers", func() bool { return w.saw("nobody delivers a (node 1: owner") || w.saw("nobody shares a") })
	s.node(1) // the same folder: it serves a again by itself, from another port
	r := w.well()
	d.holds(r.Path, content)
	if r.from(1) != 2*mega {
		t.Errorf("owner delivered %d bytes in two lives", r.from(1))
	}
}

func TestAbandonedDownloadResumes(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 2*mega)
	o := s.node(1, rate(2*mega))
	path := o.share("a", content).TorrentPath
	d := s.node(2, func(c *Config) { c.Patience = 1500 * time.Millisecond })
	w := d.start(path, o.kill)
	<-w.done
	if !errors.Is(w.err, ErrNoOwners) || !strings.Contains(w.err.Error(), "a.part") {
		t.Fatalf("abandoned: %v", w.err)
	}
	if p := d.Status().Partial; len(p) != 1 || p[0].Bytes < mega/4 || p[0].File != "a" {
		t.Errorf("status: %+v", p)
	}
	d.kill()
	s.node(1)
	r := s.node(2).fetch(path, content)
	if r.Resumed < mega/4 || r.Resumed+r.from(1) != 2*mega {
		t.Errorf("resumed %d bytes and fetched %d", r.Resumed, r.from(1))
	}
}

func TestCancelledDownloadKeepsWhatCame(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 2*mega)
	path := s.node(1, rate(2*mega)).share("a", content).TorrentPath
	d := s.node(2)
	var w *watched
	started := make(chan struct{})
	w = d.start(path, func() { <-started; w.cancel() })
	close(started)
	<-w.done
	if !errors.Is(w.err, context.Canceled) {
		t.Fatal(w.err)
	}
	if r := d.fetch(path, content); r.Resumed < mega/4 {
		t.Errorf("resumed with %d bytes", r.Resumed)
	}
}

func TestDeadTrackerDoesNotEndADownload(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 3*mega)
	s.node(1, rate(2*mega)).share("a", content)
	path := s.node(2, rate(2*mega)).share("a", content).TorrentPath
	d := s.node(3)
	d.holds(d.start(path, s.stop).well().Path, content)
	if st := d.Status().Shared; len(st) != 1 || st[0].Owned {
		t.Errorf("shared: %+v", st)
	}
	s.startTracker()
	eventually(t, "the tracker lists the new owner", func() bool { return d.library.shared(d.Status().Shared[0].InfoHash).Owned })
}
