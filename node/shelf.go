package node

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/node/disk"
	"udptorrent/segment"
)

const (
	// staleAfter is how long a look at a file's size and time is believed.
	staleAfter = 100 * time.Millisecond

	// idleAfter is how long a file stays open that nobody reads. While it is open, Windows lets
	// no one move it.
	idleAfter = 30 * time.Second
)

// A shelf holds one shared file. What a server reads of it goes through an offer.
type shelf struct {
	library *library
	disk.Shared
	info        Shared // what Send returned, but for Owned
	pieceLength int64

	mu     sync.Mutex // held while the disk is waited for; guards what follows; taken before library.mu
	file   *os.File   // open once something was read, until nobody reads
	read   time.Time  // when that was last
	looked time.Time  // when size and time were last compared

	// These change with library.mu held as well, so that either mutex is enough to read them.
	problem error // why it is not served
	trouble error // why it could not be looked at the last time; that may pass
}

// check looks at the file, and closes it if nobody reads it, unless somebody is at it now: then
// that one has looked.
func (s *shelf) check(now time.Time) {
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	s.lookNow(now)
	if now.Sub(s.read) > idleAfter {
		s.closeFile()
	}
}

// look compares size and time with those of the moment the file was hashed, unless
// that was done just now. The error is why the file is not served.
func (s *shelf) look(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lookNow(now)
}

// lookNow is look. s.mu is held.
func (s *shelf) lookNow(now time.Time) error {
	if s.problem != nil || now.Sub(s.looked) < staleAfter {
		return s.ailment()
	}
	s.looked = now
	info, err := s.library.stat(s.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.fail("it is not there any more, so put it back and send it again")
	case err != nil:
		s.stumble(err)
	case !fits(s.Shared, info):
		s.fail("send it again")
	default:
		s.heal()
	}
	return s.ailment()
}

// ailment returns why the file is not served, or not just now. s.mu or l.mu is held.
func (s *shelf) ailment() error {
	return cmp.Or(s.problem, s.trouble)
}

// heal takes in that the file is as it was. s.mu is held.
func (s *shelf) heal() {
	if s.trouble != nil {
		s.library.mu.Lock()
		defer s.library.mu.Unlock()
		s.trouble = nil
	}
}

// stumble takes in that the file could not be looked at. It may be as it was: the
// tracker goes on listing it, and a person is told the first time. s.mu is held.
func (s *shelf) stumble(err error) {
	s.closeFile() // a handle may stay stale when the file comes back
	l := s.library
	l.mu.Lock()
	defer l.mu.Unlock()
	first := s.trouble == nil
	s.trouble = fmt.Errorf("%w; see that its drive is there and that the node may read it: it is served again as soon as that is so", err)
	if first && l.has(s) {
		l.log.Warn("file cannot be looked at: not served until it can",
			zap.String("path", s.Path), eventlog.Torrent(s.InfoHash), zap.Error(err))
		l.notices = append(l.notices, fmt.Sprintf("%s is not served just now: %v", s.Path, s.trouble))
		l.news()
	}
}

func fits(s disk.Shared, info os.FileInfo) bool {
	return info.Mode().IsRegular() && info.Size() == s.Size && info.ModTime().Equal(s.ModTime)
}

// fail says that the file is not served any more, since it has changed, and what to do. s.mu is held.
func (s *shelf) fail(remedy string) {
	s.closeFile()
	l := s.library
	l.mu.Lock()
	defer l.mu.Unlock()
	s.problem = fmt.Errorf("%w; %s", segment.ErrChanged, remedy)
	if l.has(s) {
		l.log.Warn("file changed since it was shared: no longer served",
			zap.String("path", s.Path), eventlog.Torrent(s.InfoHash), zap.Error(s.problem))
		l.notices = append(l.notices, fmt.Sprintf("%s is no longer served: %v", s.Path, s.problem))
		l.news()
	}
}

// close closes the file.
func (s *shelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeFile()
}

// closeFile is close. s.mu is held.
func (s *shelf) closeFile() {
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}

// withFile calls f with the file, which is open until f returns, and returns its error. If that
// is io.ErrUnexpectedEOF the file ended before its time: it has changed.
func (s *shelf) withFile(f func(*os.File) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if err := s.lookNow(now); err != nil {
		return err
	}
	s.read = now
	if err := s.open(); err != nil {
		return err
	}
	err := f(s.file)
	if err == io.ErrUnexpectedEOF {
		s.fail("send it again")
		return s.problem
	}
	return err
}

// open opens the file if it is not, but not that of a shelf that was taken out: nobody would
// close it. s.mu is held.
func (s *shelf) open() (err error) {
	if s.file != nil {
		return nil
	}
	if s.library.shelf(s.InfoHash) != s {
		return segment.ErrUnknown
	}
	s.file, err = os.Open(s.Path)
	return err
}
