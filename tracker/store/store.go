package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"go.uber.org/zap"

	"udptorrent/internal/atomicfile"
)

// ErrLocked matches the error of a folder that another process holds.
var ErrLocked = errors.New("in use by another tracker")

// A Store is a locked folder. Replay, Begin, Append and Rotate are for one goroutine.
// One other may Save meanwhile, and any may call the methods for torrents.
type Store struct {
	dir  string
	log  *zap.Logger
	lock *flock.Flock

	file    *os.File // the log file that grows; nil until Begin
	size    int64    // of its sound part
	next    uint64   // number of the next change
	damaged bool     // bytes after size may be on the disk
	buf     []byte   // the frame that is being written
}

// Open makes dir if need be, locks it, and removes the halves of files that a crash
// left there. It reads nothing yet. The error matches ErrLocked if another process has
// it.
func Open(dir string, log *zap.Logger) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, torrentsDir), 0o700); err != nil {
		return nil, fmt.Errorf("%w; choose another folder with -db", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%w; choose another folder with -db", err)
	}
	if !held {
		return nil, fmt.Errorf("%s is %w: stop that one, or choose another folder with -db", dir, ErrLocked)
	}
	s := &Store{dir: dir, log: log, lock: lock}
	if err := s.removeTemps(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// Replay calls fn with every logged change from number from on, in order, and returns
// the number of the last change there is; from-1 if there is none. It cuts off a torn
// tail. The snapshots tell of changes up to through, so a log that ends before is
// damaged, as is one with a gap: then nothing is cut, and the error matches ErrCorrupt.
func (s *Store) Replay(from, through uint64, fn func(seq uint64, change []byte) error) (last uint64, err error) {
	segments, err := s.segments(from)
	if err != nil {
		return 0, err
	}
	r := &reader{next: from, from: from, fn: fn}
	if len(segments) > 0 && segments[0].first < from {
		r.next = segments[0].first
	}
	sound := 0
	for i, seg := range segments {
		if sound, err = r.read(seg, i == len(segments)-1); err != nil {
			return 0, err
		}
	}
	if r.next <= through {
		return 0, fmt.Errorf("%w in %s: it ends before change %d, and a snapshot knows of %d", ErrCorrupt, s.dir, r.next, through)
	}
	if len(segments) > 0 {
		if err := s.cut(segments[len(segments)-1], sound); err != nil {
			return 0, err
		}
	}
	return max(r.next, from) - 1, nil
}

// cut drops what follows the sound bytes of seg. They stay readable in a file beside, if
// there is room: nobody needs them.
func (s *Store) cut(seg segment, sound int) error {
	if sound == len(seg.data) {
		return nil
	}
	s.log.Warn("log tail dropped", zap.String("file", seg.name), zap.Int("offset", sound),
		zap.Int("bytes", len(seg.data)-sound), zap.String("why", "a crash tore it before it was acknowledged"))
	path := filepath.Join(s.dir, seg.name)
	if err := os.WriteFile(path+".torn", seg.data[sound:], 0o600); err != nil {
		s.log.Warn("log tail not kept", zap.Error(err))
	}
	return os.Truncate(path, int64(sound))
}

// Begin starts a log file for the changes after last. It comes before any Append.
func (s *Store) Begin(last uint64) error {
	s.next = last + 1
	return s.Rotate()
}

// Rotate goes on in a new log file, so that a snapshot of all changes so far can
// replace the old ones; see Save.
func (s *Store) Rotate() error {
	if s.file != nil {
		// Only the last file may have a torn tail.
		if err := s.repair(); err != nil {
			return err
		}
		if s.size == 0 {
			return nil
		}
	}
	// A file of that name holds no sound frame: only then is it named by the next change.
	path := filepath.Join(s.dir, segmentName(s.next))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := atomicfile.SyncFolder(s.dir); err != nil {
		file.Close()
		return err
	}
	if s.file != nil {
		s.file.Close() // all of it is durable
	}
	s.file, s.size = file, 0
	return nil
}

// Append makes changes durable, in order and all or none, and returns the number of
// the first. After an error none of them counts, though a crash just then may bring
// them back. A change is at most a few KiB and has no newline.
func (s *Store) Append(changes [][]byte) (first uint64, err error) {
	if err := s.repair(); err != nil {
		return 0, err
	}
	s.buf = appendFrame(s.buf[:0], s.next, changes)
	if body := len(s.buf) - frameHeader; body > maxFrame {
		return 0, fmt.Errorf("changes of %d bytes are too many for one frame of the log: it has %d at most", body, maxFrame)
	}
	s.damaged = true
	if _, err := s.file.WriteAt(s.buf, s.size); err != nil {
		return 0, err
	}
	if err := s.file.Sync(); err != nil {
		return 0, err
	}
	s.damaged = false
	first = s.next
	s.size += int64(len(s.buf))
	s.next += uint64(len(changes))
	return first, nil
}

// repair cuts off what a failed Append may have left.
func (s *Store) repair() error {
	if !s.damaged {
		return nil
	}
	if err := s.file.Truncate(s.size); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	s.damaged = false
	return nil
}

// Size returns how many bytes the current log file has.
func (s *Store) Size() int64 { return s.size }

// Last returns the number of the last change.
func (s *Store) Last() uint64 { return s.next - 1 }

// Close ends the store and gives the folder free.
func (s *Store) Close() error {
	var err error
	if s.file != nil {
		err = errors.Join(s.repair(), s.file.Close())
	}
	return errors.Join(err, s.lock.Close())
}

// segments reads the log files that hold changes from number from on, in order.
func (s *Store) segments(from uint64) ([]segment, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var segments []segment
	for _, entry := range entries {
		if first, ok := parseSegmentName(entry.Name()); ok {
			segments = append(segments, segment{name: entry.Name(), first: first})
		}
	}
	for len(segments) > 1 && segments[1].first <= from {
		segments = segments[1:]
	}
	for i := range segments {
		if segments[i].data, err = readFile(filepath.Join(s.dir, segments[i].name)); err != nil {
			return nil, err
		}
	}
	return segments, nil
}

// readFile reads a file, and nil if there is none.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
