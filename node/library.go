package node

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"udptorrent/node/disk"
	"udptorrent/torrent"
)

// checkPatience is how long a check waits for disks.
const checkPatience = time.Second

// A library is what the node serves. It is the segment.Library of its server. Its
// methods may be called from any goroutine.
//
// A file counts as unchanged while its size and modification time are those of the
// moment it was hashed. One that has changed is served no more, and stays in the
// list so that a person can see why, until it is sent again. One that cannot be looked at,
// as on a network drive that is away, is served again as soon as it can.
//
// A disk may take long, or not answer at all. So nobody waits for one with mu held: each shelf
// has a mutex of its own for its file, and so has the list on disk. Who asks for a file on a disk
// that does not answer stops the server all the same: it reads what it sends.
type library struct {
	folder *disk.Folder
	log    *zap.Logger
	news   func() // there is something to tell the tracker
	more   func() // there is something to tell those who ask

	// The disk. Tests have it take long.
	stat  func(path string) (os.FileInfo, error)
	write func(list []disk.Shared) error

	saving sync.Mutex // held to write the list; taken before mu

	mu      sync.Mutex // guards what follows
	shelves map[torrent.Hash]*shelf
	kept    map[torrent.Hash]disk.Shared // what is not for others, or has lost its torrent
	offers  map[torrent.Hash]*offer      // of shelves that were asked for, and of downloads
	known   map[torrent.Hash]standing    // what the tracker was told last; noOwner if not here
	setback map[torrent.Hash]setback     // why it could not be told, for some time; see announce.go
	notices []string                     // what a person is yet to be told
}

func newLibrary(folder *disk.Folder, log *zap.Logger, news, more func()) *library {
	return &library{
		folder: folder, log: log, news: news, more: more,
		stat: os.Stat, write: folder.SaveLibrary,
		shelves: make(map[torrent.Hash]*shelf),
		kept:    make(map[torrent.Hash]disk.Shared),
		offers:  make(map[torrent.Hash]*offer),
		known:   make(map[torrent.Hash]standing),
		setback: make(map[torrent.Hash]setback),
	}
}

// shelve returns the shelf of a file.
func (l *library) shelve(s disk.Shared, t *torrent.Torrent, torrentPath string) *shelf {
	return &shelf{
		library: l, Shared: s, pieceLength: t.PieceLength,
		info: Shared{
			File: t.Name, Path: s.Path, TorrentPath: torrentPath,
			InfoHash: t.InfoHash, SHA1: t.SHA1, Bytes: t.Length, Pieces: t.NumPieces(),
		},
	}
}

// load puts back what the node had when it last ran. With noUpload all that was downloaded
// is kept from others.
func (l *library) load(noUpload bool) error {
	list, err := l.folder.Library()
	if err != nil {
		l.log.Warn("library not loaded", zap.Error(err))
		l.notices = append(l.notices, fmt.Sprintf("nothing is shared again: %v", err))
		return nil
	}
	for _, s := range list {
		t, err := l.torrent(s)
		switch {
		case s.Kept:
			l.kept[s.InfoHash] = s
		case s.Downloaded && noUpload:
			l.withhold(s)
		case err != nil:
			l.withhold(s)
			l.log.Warn("file not shared again", zap.String("path", s.Path), zap.Error(err))
			l.notices = append(l.notices, fmt.Sprintf("%s is not shared again: %v; send it again", s.Path, err))
		default:
			l.shelves[s.InfoHash] = l.shelve(s, t, l.folder.TorrentPath(t.InfoHash))
		}
	}
	l.check(time.Now())
	l.presume()
	return nil
}

// withhold keeps a file from others in this run. An earlier one may have told the tracker.
func (l *library) withhold(s disk.Shared) {
	l.kept[s.InfoHash] = s
	l.known[s.InfoHash] = wholeOwner
}

// torrent returns the torrent of a file. If the copy is damaged or lost, the one that lies beside
// the file takes its place.
func (l *library) torrent(s disk.Shared) (*torrent.Torrent, error) {
	t, err := l.folder.Torrent(s.InfoHash)
	if err == nil {
		return t, nil
	}
	t, reading := readTorrent(beside(s.Path, torrentSuffix))
	if reading != nil || t.InfoHash != s.InfoHash {
		return nil, err
	}
	return t, l.folder.SaveTorrent(t)
}

// add takes in a file that has been hashed, and shares it unless it is kept from others. What
// was known of the same path under another info-hash is dropped. A kept file does not take
// the place of one that is served.
func (l *library) add(s disk.Shared, t *torrent.Torrent, torrentPath string) error {
	if err := l.folder.SaveTorrent(t); err != nil {
		return err
	}
	if s.Kept && l.serves(s.InfoHash) {
		return nil
	}
	out := l.put(s, t, torrentPath)
	defer closeAll(out)
	return l.save()
}

// put takes in a file, and returns the shelves that it has taken out.
func (l *library) put(s disk.Shared, t *torrent.Torrent, torrentPath string) (out []*shelf) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h, old := range l.shelves {
		if h == s.InfoHash || old.Path == s.Path {
			l.remove(old)
			out = append(out, old)
		}
	}
	maps.DeleteFunc(l.kept, func(h torrent.Hash, old disk.Shared) bool { return h == s.InfoHash || old.Path == s.Path })
	if s.Kept {
		l.kept[s.InfoHash] = s
		return out
	}
	l.shelves[s.InfoHash] = l.shelve(s, t, torrentPath)
	delete(l.setback, s.InfoHash) // it was that of a part
	if o := l.offers[s.InfoHash]; o != nil {
		o.complete()
	}
	return out
}

// drop stops sharing.
func (l *library) drop(h torrent.Hash) error {
	l.mu.Lock()
	s := l.shelves[h]
	if s != nil {
		l.remove(s)
	}
	l.mu.Unlock()
	if s == nil {
		return nil
	}
	defer s.close()
	return l.save()
}

// remove takes a shelf out; its file is closed afterwards. l.mu is held.
func (l *library) remove(s *shelf) {
	delete(l.shelves, s.InfoHash)
	delete(l.setback, s.InfoHash)
}

// shelf returns the shelf of h, nil if there is none.
func (l *library) shelf(h torrent.Hash) *shelf {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shelves[h]
}

// all returns the shelves.
func (l *library) all() []*shelf {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.shelves))
}

// serves looks whether the file of h is served.
func (l *library) serves(h torrent.Hash) bool {
	if s := l.shelf(h); s != nil {
		s.look(time.Now())
	}
	return l.standing(h) == wholeOwner
}

// entries returns what is remembered between runs, served or kept. l.mu is held.
func (l *library) entries() []disk.Shared {
	list := slices.AppendSeq(make([]disk.Shared, 0, len(l.shelves)+len(l.kept)), maps.Values(l.kept))
	for _, s := range l.shelves {
		list = append(list, s.Shared)
	}
	return list
}

// save remembers the list on disk, as it is now: who saves later writes a later list.
func (l *library) save() error {
	l.saving.Lock()
	defer l.saving.Unlock()
	l.mu.Lock()
	list := l.entries()
	l.mu.Unlock()
	slices.SortFunc(list, func(a, b disk.Shared) int { return strings.Compare(a.Path, b.Path) })
	return l.write(list)
}

// at returns what is known of the file at path, served or kept.
func (l *library) at(path string) (disk.Shared, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.entries()
	i := slices.IndexFunc(list, func(s disk.Shared) bool { return s.Path == path })
	if i < 0 {
		return disk.Shared{}, false
	}
	return list[i], true
}

// find returns of what torrent the file at path is, if size and time still fit.
func (l *library) find(path string, info os.FileInfo) (torrent.Hash, bool) {
	s, ok := l.at(path)
	return s.InfoHash, ok && fits(s, info)
}

// shared returns what there is to say of h.
func (l *library) shared(h torrent.Hash) Shared {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.shelves[h]; s != nil {
		return l.describe(s)
	}
	return Shared{}
}

// describe returns what there is to say of a shelf. l.mu is held.
func (l *library) describe(s *shelf) Shared {
	info := s.info
	info.Owned = l.known[s.InfoHash] == wholeOwner
	return info
}

// list returns what is shared, by name.
func (l *library) list() []SharedStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]SharedStatus, 0, len(l.shelves))
	for _, s := range l.shelves {
		status := SharedStatus{Shared: l.describe(s)}
		if err := s.ailment(); err != nil {
			status.Problem = err.Error()
		}
		list = append(list, status)
	}
	slices.SortFunc(list, func(a, b SharedStatus) int { return strings.Compare(a.File+a.Path, b.File+b.Path) })
	return list
}

// check looks at every file, and closes those that nobody reads. It waits for slow disks for a
// moment only: then they are looked at by a goroutine of its own, and meanwhile what is known of
// them holds.
func (l *library) check(now time.Time) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, s := range l.all() {
			s.check(now)
		}
	}()
	select {
	case <-done:
	case <-time.After(checkPatience):
	}
}

// close closes the files.
func (l *library) close() { closeAll(l.all()) }

func closeAll(shelves []*shelf) {
	for _, s := range shelves {
		s.close()
	}
}

// has reports whether a shelf is here still: of one that was taken out nobody is told anything.
// l.mu is held.
func (l *library) has(s *shelf) bool { return l.shelves[s.InfoHash] == s }

// untold returns the notices that nobody has asked for yet.
func (l *library) untold() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	notices := l.notices
	l.notices = nil
	return notices
}
