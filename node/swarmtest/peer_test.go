package swarmtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing/synctest"
	"time"

	"udptorrent/node"
	"udptorrent/tracker/api"
)

// A peer is a node through all its lives: it may end and begin again, with the folder
// that it had.
type peer struct {
	w     *world
	index int
	role  role
	lives int // that have begun

	mu    sync.Mutex // guards what follows
	life  *life      // nil while it is down
	never bool       // it does not come back
	news  chan struct{}
}

// A life is one run of a node.
type life struct {
	*node.Node
	ran    chan error    // what Run returned
	ending chan struct{} // closed when it is about to end
}

func (w *world) newPeer(index int) *peer {
	return &peer{w: w, index: index, role: w.s.roles[index], news: make(chan struct{})}
}

func (p *peer) String() string { return fmt.Sprintf("node %d", p.role.id) }

// folder is where the node keeps its own, files where a person keeps those to share.
func (p *peer) folder() string { return filepath.Join(p.w.dir, fmt.Sprintf("node%d", p.role.id)) }
func (p *peer) files() string  { return filepath.Join(p.w.dir, fmt.Sprintf("files%d", p.role.id)) }

// start begins a life.
func (p *peer) start() {
	p.w.weather.change(func(s *sky) { s.up[p.index] = true })
	n, err := node.Open(node.Config{
		ID: p.role.id, Tracker: "http://tracker", Addr: netip.AddrPortFrom(p.w.s.ip(p.index), p.role.port),
		Folder: p.folder(), Log: p.w.journal.logger(p.String()), Listen: p.listen, HTTP: p.w.client(p.index),
		NoUpload: p.role.selfish, UploadRate: p.role.up, DownloadRate: p.role.down,
		VerifyFileUpTo: p.w.verifyUpTo(), Patience: p.w.s.patience,
	})
	if err != nil {
		p.w.t.Errorf("%v: open: %v", p, err)
		p.set(nil, true)
		return
	}
	l := &life{n, make(chan error, 1), make(chan struct{})}
	again := p.lives > 0
	p.lives++
	p.set(l, false)
	go func() {
		err := n.Run(context.Background())
		if errors.Is(err, node.ErrClosed) {
			err = nil // so soon that it had not begun
		}
		if again && errors.Is(err, api.NodeIDTaken) {
			l.ran <- nil
			p.restart()
			return
		}
		l.ran <- err
	}()
}

// restart does what a node asks for that has found its id taken. It may have taken it
// itself: when it ended before the tracker's answer, with the secret that proves it, came.
func (p *peer) restart() {
	if p.leave(false) && p.w.wait(p.w.now()+p.w.s.lease()) {
		p.start()
	}
}

// set makes known whether the node is there.
func (p *peer) set(l *life, never bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.life, p.never = l, never
	close(p.news)
	p.news = make(chan struct{})
}

// alive waits until the node is there. It returns nil if it does not come back before
// ctx ends.
func (p *peer) alive(ctx context.Context) *life {
	for {
		p.mu.Lock()
		l, never, news := p.life, p.never, p.news
		p.mu.Unlock()
		if l != nil || never {
			return l
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil
		}
	}
}

// end ends the life that the node has, if any, and reports whether it had one.
func (p *peer) end(never bool) *life {
	p.mu.Lock()
	l := p.life
	p.mu.Unlock()
	if l != nil {
		close(l.ending)
		p.set(nil, never)
	}
	return l
}

// leave closes the node as a person would.
func (p *peer) leave(never bool) bool {
	l := p.end(never)
	if l == nil {
		return false
	}
	p.closed(l)
	p.w.weather.change(func(s *sky) { s.up[p.index] = false })
	return true
}

// crash ends the node without a word. What it does in the throes of death reaches
// neither the network nor its folder.
func (p *peer) crash(never bool, h harm) bool {
	l := p.end(never)
	if l == nil {
		return false
	}
	p.w.weather.change(func(s *sky) { s.up[p.index] = false })
	p.w.quiet <- struct{}{}
	synctest.Wait()
	image := p.folder() + ".image"
	err := copyFolder(image, p.folder())
	<-p.w.quiet
	p.closed(l)
	if err = errors.Join(err, os.RemoveAll(p.folder()), os.Rename(image, p.folder()), p.harm(h)); err != nil {
		p.w.t.Error(err)
	}
	return true
}

// closed closes a node, which takes no time to speak of.
func (p *peer) closed(l *life) {
	began := time.Now()
	if err := l.Close(); err != nil {
		p.w.t.Errorf("%v: close: %v", p, err)
	}
	if err := <-l.ran; err != nil {
		p.w.t.Errorf("%v: run: %v", p, err)
	}
	if took := time.Since(began); took > closeWithin {
		p.w.t.Errorf("%v: close took %v", p, took)
	}
}

// closeWithin is how long Close may take: two seconds for the tracker, and a moment in
// which owners take their receipts.
const closeWithin = 5 * time.Second

// copyFolder copies a folder, times included.
func copyFolder(to, from string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(from, path)
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o777)
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		copied := filepath.Join(to, name)
		return errors.Join(os.WriteFile(copied, b, info.Mode()), os.Chtimes(copied, info.ModTime(), info.ModTime()))
	})
}

// harm damages parts.
func (p *peer) harm(h harm) error {
	pattern := map[harm]string{bitRot: "*.part", tornMap: "*.part.map", tornPart: "*.part", lostParts: "*.part"}[h]
	paths, err := filepath.Glob(filepath.Join(p.folder(), pattern))
	if pattern == "" || err != nil {
		return err
	}
	for _, path := range paths {
		err = errors.Join(err, damage(path, h))
	}
	return err
}

func damage(path string, h harm) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch h {
	case lostParts:
		return os.Remove(path)
	case bitRot:
		for i := len(b) / 2; i < len(b); i += 1 + len(b)/3 {
			b[i] ^= 0x10
		}
	default:
		b = b[:len(b)*2/3]
	}
	return os.WriteFile(path, b, 0o666)
}
