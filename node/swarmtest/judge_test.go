package swarmtest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"udptorrent/node"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// enough is how long it takes at most, in fair weather, until somebody who looks for
// owners has found them: a request that was lost ends after 10 s, a lease is renewed
// after 20 s, an owner that left is tried again after 8 s.
const enough = 45 * time.Second

// A judge knows what must be true of a world. Its methods may be called from any
// goroutine of it.
type judge struct {
	w *world

	mu    sync.Mutex           // guards what follows
	whole map[[2]int]time.Time // since when a node, the first, has a file
	under map[*attempt]bool    // those that have not ended
	tally tally
}

// An attempt is one call of Download.
type attempt struct {
	p     *peer
	file  int
	life  *life
	began time.Duration

	mu      sync.Mutex       // guards what follows
	banned  map[string]int64 // by address, what those had delivered that were banned
	came    map[string]int64 // by address, what has come of each
	pieces  int              // verified
	changed time.Time        // when that last changed
	hurry   context.Context  // of the call
	ever    context.Context  // of all attempts at this file
}

// A verdict says what follows from the end of an attempt.
type verdict int

const (
	done  verdict = iota // the file is there
	again                // it is worth another attempt
	lost                 // it could not be had
)

// has notes that a node has a file from now on.
func (j *judge) has(p *peer, file int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.whole == nil {
		j.whole = make(map[[2]int]time.Time)
	}
	if j.whole[[2]int{p.index, file}].IsZero() {
		j.whole[[2]int{p.index, file}] = time.Now()
	}
}

// owners returns the nodes that had a file all the time since then, and told no lies of it.
func (j *judge) owners(file int, since time.Time) (who []int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.w.peers {
		from, ok := j.whole[[2]int{i, file}]
		if ok && !from.After(since) && !j.w.s.liar(i, file) {
			who = append(who, i)
		}
	}
	return who
}

// progress looks at who is banned: nobody honest, and who is, for good.
func (j *judge) progress(a *attempt, p node.Progress) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.Pieces != a.pieces {
		a.pieces, a.changed = p.Pieces, time.Now()
	}
	for _, o := range p.Owners {
		had, before := a.banned[o.Addr]
		a.came[o.Addr] = o.Bytes
		switch {
		case o.State == node.OwnerBanned && !before:
			a.banned[o.Addr] = o.Bytes
			j.count(func(t *tally) { t.bans++ })
			if !j.guilty(o.Addr, a.file) {
				j.w.t.Errorf("%v: %v banned node %d at %s, which is honest", j.w.now(), a.p, o.Node, o.Addr)
			}
		case before && o.State != node.OwnerBanned:
			j.w.t.Errorf("%v: %v: node %d was banned, and is %s", j.w.now(), a.p, o.Node, o.State)
		case before && o.Bytes > had:
			j.w.t.Errorf("%v: %v took %d bytes more of node %d, which was banned", j.w.now(), a.p, o.Bytes-had, o.Node)
		}
	}
}

// guilty reports whether the node at an address has told lies of a file until now.
func (j *judge) guilty(addr string, file int) bool {
	lies := j.w.s.roles[j.w.weather.whose(addr)].lies
	return slices.ContainsFunc(lies, func(l lie) bool { return l.file == file && l.at <= j.w.now() })
}

// ended judges how an attempt ended.
func (j *judge) ended(a *attempt, r node.Result, err error) verdict {
	w := j.w
	w.journal.note("%v: download of %d ended: %v", a.p, a.file, err)
	j.mu.Lock()
	delete(j.under, a)
	j.mu.Unlock()
	j.caught(a, err == nil)
	if err == nil {
		j.succeeded(a, r)
		return done
	}
	time.Sleep(time.Millisecond) // it may just be about to become known that the node ends
	select {
	case <-a.life.ending:
		switch {
		case errors.Is(err, node.ErrClosed), errors.Is(err, context.Canceled):
		case honest(err): // it came just before the end
			j.deprived(a, err)
		default:
			w.t.Errorf("%v: %v was closed, and its download ended with %v", w.now(), a.p, err)
		}
		return again
	default:
	}
	switch {
	case a.ever.Err() != nil:
		return j.excused(a, err)
	case a.hurry.Err() != nil && errors.Is(err, context.Canceled):
		return again
	case errors.Is(err, api.NodeIDTaken): // by itself: an answer was lost
		return again
	case honest(err):
		return j.excused(a, err)
	}
	w.t.Errorf("%v: %v: download of file %d: %v", w.now(), a.p, a.file, err)
	return lost
}

// honest reports whether an error says that nobody had the file, or nobody answered.
func honest(err error) bool {
	for _, e := range []error{node.ErrNoOwners, api.UnknownTorrent, api.ErrUnreachable, api.Internal} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// deprived fails if an attempt ended with an honest error that is not true, and reports that.
func (j *judge) deprived(a *attempt, err error) bool {
	w := j.w
	since := time.Now().Add(-enough)
	if errors.Is(err, api.ErrUnreachable) && w.now() < w.s.calm+enough {
		return false // what it asked the tracker may have been lost, again and again
	}
	for _, o := range j.owners(a.file, since) {
		if w.weather.fair(since, a.p.index, o, w.trackerHost()) {
			w.t.Errorf("%v: %v did not get file %d, though node %d had it and was in reach for long: %v",
				w.now(), a.p, a.file, w.peers[o].role.id, err)
			return true
		}
	}
	if j.together(a, since) {
		w.t.Errorf("%v: %v did not get file %d, though those in reach had all of it together for long: %v",
			w.now(), a.p, a.file, err)
		return true
	}
	return false
}

// excused judges an attempt that ended with an honest error.
func (j *judge) excused(a *attempt, err error) verdict {
	w := j.w
	if j.deprived(a, err) {
		return lost
	}
	if w.now() < w.s.calm+2*enough && a.ever.Err() == nil {
		// There will be better weather, or there has not been for long.
		j.count(func(t *tally) { t.errors++ })
		return again
	}
	j.count(func(t *tally) { t.errors++; t.lost++ })
	return lost
}

// begun notes an attempt.
func (j *judge) begun(a *attempt) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.under == nil {
		j.under = make(map[*attempt]bool)
	}
	a.changed = time.Now()
	j.under[a] = true
}

// together reports whether the node of an attempt and those that download the same, and
// that it could reach all the time since then, have had all pieces between them since then.
func (j *judge) together(a *attempt, since time.Time) bool {
	w := j.w
	have, some := j.onDisk(a), false
	j.mu.Lock()
	defer j.mu.Unlock()
	for o := range j.under {
		if o.file != a.file || o.p == a.p || o.p.role.selfish {
			continue
		}
		o.mu.Lock()
		changed := o.changed
		o.mu.Unlock()
		if changed.After(since) || !w.weather.fair(since, a.p.index, o.p.index, w.trackerHost()) {
			continue
		}
		more := j.onDisk(o)
		some = true
		for i := range more.Len() {
			if more.Has(i) {
				have.Set(i)
			}
		}
	}
	return some && have.Full()
}

// onDisk returns the pieces of the part of an attempt.
func (j *judge) onDisk(a *attempt) torrent.Bitfield {
	t := j.w.goods[a.file].torrent
	none := torrent.NewBitfield(t.NumPieces())
	part, err := os.Open(filepath.Join(a.p.folder(), t.Name+".part"))
	if err != nil {
		return none
	}
	defer part.Close()
	have, err := torrent.Verify(context.Background(), part, t, nil)
	if err != nil {
		return none
	}
	return have
}

// succeeded looks at a file that was downloaded, and at who is said to have delivered it.
func (j *judge) succeeded(a *attempt, r node.Result) {
	w, g := j.w, &j.w.goods[a.file]
	took := w.now() - max(a.began, w.s.calm)
	j.count(func(t *tally) {
		t.files++
		t.bytes += r.Bytes
		t.slow(wait{w.s.seed, a.p.role.id, took, float64(took) / float64(w.s.busy()+time.Second)})
	})
	if !a.p.role.selfish {
		j.has(a.p, a.file)
	}
	got, err := os.ReadFile(r.Path)
	if err != nil || !bytes.Equal(got, g.content) {
		w.t.Errorf("%v: %v: %s is not what was shared (%v)", w.now(), a.p, r.Path, err)
	}
	if r.InfoHash != g.torrent.InfoHash || r.Bytes != int64(g.length) || r.Pieces != g.torrent.NumPieces() {
		w.t.Errorf("%v: %v: the result is of another file: %+v", w.now(), a.p, r)
	}
	sum := r.Resumed
	for _, o := range r.Owners {
		sum += o.Bytes
		if o.Node == 0 {
			continue // nobody vouches for its id
		}
		if most := j.truth(o.Node-1, a.file); o.Bytes > most {
			w.t.Errorf("%v: %v thanks node %d for %d bytes, of which at most %d were right", w.now(), a.p, o.Node, o.Bytes, most)
		}
	}
	if sum != r.Bytes {
		w.t.Errorf("%v: %v: owners delivered and the disk had %d bytes of %d: %+v", w.now(), a.p, sum, r.Bytes, r)
	}
}

// truth returns how many right bytes of a file a node can have delivered.
func (j *judge) truth(index, file int) int64 {
	g := &j.w.goods[file]
	right := int64(g.length)
	for _, l := range j.w.s.roles[index].lies {
		if l.file != file || l.at > 0 || l.slight {
			continue
		}
		for _, i := range l.pieces {
			_, n := g.torrent.Piece(i)
			right -= n
		}
	}
	return right
}

// caught looks for pieces that were bad and for which nobody was banned.
func (j *judge) caught(a *attempt, succeeded bool) {
	bad := j.said(a, "bad piece")
	j.count(func(t *tally) { t.bad += bad })
	if !succeeded {
		return
	}
	if bad > 0 && j.said(a, "banned") == 0 {
		j.w.t.Errorf("%v: %v had bad pieces of file %d and banned nobody", j.w.now(), a.p, a.file)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	g := &j.w.goods[a.file]
	for addr, n := range a.came {
		// What is asked twice in the end may come from a liar when it is here already.
		_, banned := a.banned[addr]
		if j.truth(j.w.weather.whose(addr), a.file) == 0 && n > int64(max(2*g.pieceLength, g.length/2)) && !banned {
			j.w.t.Errorf("%v: %v took %d wrong bytes of %s and did not ban it", j.w.now(), a.p, n, addr)
		}
	}
}

// said returns how often the node of an attempt has logged something about its torrent.
func (j *judge) said(a *attempt, what string) int {
	about := j.w.goods[a.file].torrent.InfoHash.String()
	return len(j.w.journal.all(func(e *entry) bool {
		return e.at >= a.began && e.who == a.p.String() && strings.HasPrefix(e.message, what) &&
			strings.HasPrefix(about, e.values()["torrent"].(string))
	}))
}

// settled waits until everybody has had time to tell the tracker what there is to tell,
// and asks it.
func (j *judge) settled() {
	w := j.w
	if !w.s.settle {
		return
	}
	time.Sleep(max(w.s.calm-w.now(), 0) + enough)
	since := time.Now().Add(-enough + time.Second)
	asker := slices.IndexFunc(w.peers, func(p *peer) bool { return w.weather.fair(since, p.index, w.trackerHost()) })
	if asker < 0 {
		return
	}
	listed, err := w.peers[asker].alive(w.ctx).List(context.Background())
	if err != nil {
		w.t.Errorf("%v: the tracker's list: %v", w.now(), err)
		return
	}
	for f, g := range w.goods {
		var least, most int
		j.mu.Lock()
		for i, p := range w.peers {
			if j.whole[[2]int{i, f}].IsZero() || w.weather.gone(p.index, since) {
				continue
			}
			most++
			if w.weather.fair(since, i, w.trackerHost()) {
				least++
			}
		}
		j.mu.Unlock()
		i := slices.IndexFunc(listed, func(l api.Listing) bool { return l.InfoHash == g.torrent.InfoHash })
		if i < 0 {
			if least > 0 {
				w.t.Errorf("%v: file %d has %d owners, and the tracker does not list it", w.now(), f, least)
			}
			continue
		}
		if n := listed[i].Owners; n < least || n > most {
			w.t.Errorf("%v: file %d has %d to %d owners, and the tracker lists %d", w.now(), f, least, most, n)
		}
	}
}

// files looks at every file in a node's folder: it is right, or it is not there. What a
// part says that it has is right too.
func (j *judge) files() {
	w := j.w
	for _, p := range w.peers {
		for f, g := range w.goods {
			got, err := os.ReadFile(filepath.Join(p.folder(), g.name))
			if err == nil && !bytes.Equal(got, g.content) {
				w.t.Errorf("%v has a wrong file %d in place", p, f)
			}
		}
	}
	for _, e := range w.journal.all(func(e *entry) bool { return e.who == "tracker" && (e.message == "panic" || e.message == "failed") }) {
		w.t.Errorf("the tracker failed: %v", e)
	}
}

func (j *judge) count(fn func(t *tally)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fn(&j.tally)
}
