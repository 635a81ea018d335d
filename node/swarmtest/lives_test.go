package swarmtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing/synctest"
	"time"

	"udptorrent/node"
)

// open shares what the node has from the beginning, and lies about it when it is time.
func (p *peer) open() {
	for _, f := range p.role.holds {
		p.share(f)
	}
	for _, l := range p.role.lies {
		p.lie(l)
	}
}

// share has the node send a file that it has from the beginning.
func (p *peer) share(f int) {
	w, g := p.w, &p.w.goods[f]
	path := filepath.Join(p.files(), g.name)
	w.write(path, g.content)
	w.write(path+".torrent", g.torrent.Bytes())
	for {
		l := p.alive(w.ctx)
		if l == nil {
			return
		}
		_, err := l.Send(w.ctx, path, nil)
		if err == nil {
			w.judge.has(p, f)
			return
		}
		if w.ctx.Err() != nil {
			return
		}
		select {
		case <-l.ending:
		default:
			w.t.Errorf("%v: %v: send: %v", w.now(), p, err)
			return
		}
	}
}

// lie changes a file, which has been hashed, so that the node cannot tell.
func (p *peer) lie(l lie) {
	if !p.w.wait(l.at) {
		return
	}
	p.w.quiet <- struct{}{} // nobody looks at the file meanwhile
	defer func() { <-p.w.quiet }()
	synctest.Wait()
	g := &p.w.goods[l.file]
	path := filepath.Join(p.files(), g.name)
	info, err := os.Stat(path)
	if err != nil {
		p.w.t.Error(err)
		return
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		p.w.t.Error(err)
		return
	}
	for _, i := range l.pieces {
		off, n := g.torrent.Piece(i)
		b := append([]byte(nil), g.content[off:][:n]...)
		for k := range b {
			if !l.slight || k == i*31%len(b) {
				b[k] ^= 0x55
			}
		}
		_, e := file.WriteAt(b, off)
		err = errors.Join(err, e)
	}
	if err = errors.Join(err, file.Close(), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
		p.w.t.Error(err)
	}
	p.w.journal.note("%v lies", p)
}

// obtain downloads a file, again and again if need be, until it is there or cannot be had.
func (p *peer) obtain(want want) {
	w := p.w
	w.wait(want.at)
	ever, cancel := context.WithTimeout(context.Background(), w.s.endless())
	defer cancel()
	for {
		l := p.alive(ever)
		if l == nil {
			w.judge.count(func(t *tally) { t.crashed++ })
			return
		}
		if p.attempt(ever, l, want) != again {
			return
		}
		want.stopped = 0
		time.Sleep(5 * time.Second)
	}
}

func (p *peer) attempt(ever context.Context, l *life, want want) verdict {
	w, g := p.w, &p.w.goods[want.file]
	ctx, cancel := context.WithCancel(ever)
	defer cancel()
	if want.stopped > 0 {
		time.AfterFunc(want.stopped-w.now(), cancel)
	}
	a := &attempt{p: p, file: want.file, life: l, began: w.now(), banned: make(map[string]int64), came: make(map[string]int64), ever: ever, hurry: ctx}
	w.judge.begun(a)
	what := map[handle]string{byName: g.name, byHash: g.torrent.InfoHash.String(), byTorrent: g.torrentPath(w)}[want.by]
	r, err := l.Download(ctx, what, func(now node.Progress) { w.judge.progress(a, now) })
	return w.judge.ended(a, r, err)
}
