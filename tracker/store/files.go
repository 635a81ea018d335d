package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"udptorrent/internal/atomicfile"
)

const (
	torrentsDir  = "torrents"
	torrentExt   = ".torrent"
	segmentStart = "changes-"
	segmentExt   = ".log"
)

// segmentName has all digits, so that names sort as numbers do.
func segmentName(first uint64) string {
	return fmt.Sprintf("%s%020d%s", segmentStart, first, segmentExt)
}

func parseSegmentName(name string) (first uint64, ok bool) {
	digits, ok := strings.CutPrefix(name, segmentStart)
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, segmentExt)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0
}

// A File is a named snapshot.
type File struct {
	Name string
	Data []byte
}

// Load returns a snapshot, nil if there is none.
func (s *Store) Load(name string) ([]byte, error) {
	return readFile(filepath.Join(s.dir, name))
}

// Save replaces snapshots, each atomically, in their order. All of them tell of the
// changes up to through; the log files that hold nothing later are then removed. A
// crash between any two steps loses nothing.
func (s *Store) Save(through uint64, files ...File) error {
	for _, f := range files {
		if err := atomicfile.WriteFile(filepath.Join(s.dir, f.Name), f.Data, 0o600); err != nil {
			return err
		}
	}
	return s.trim(through)
}

// trim removes the log files that hold only changes up to through. The last file is
// the one that grows, and stays.
func (s *Store) trim(through uint64) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	previous := ""
	for _, entry := range entries {
		first, ok := parseSegmentName(entry.Name())
		if !ok {
			continue
		}
		if previous != "" && first <= through+1 {
			if err := os.Remove(filepath.Join(s.dir, previous)); err != nil {
				return err
			}
		}
		previous = entry.Name()
	}
	return nil
}

// removeTemps removes what atomicfile was writing when the process ended. Nobody else
// writes here while the folder is locked.
func (s *Store) removeTemps() error {
	for _, dir := range []string{s.dir, filepath.Join(s.dir, torrentsDir)} {
		if err := atomicfile.RemoveTemps(dir); err != nil {
			return err
		}
	}
	return nil
}

// SaveTorrent keeps a blob under name, durably, before it returns.
func (s *Store) SaveTorrent(name string, data []byte) error {
	return atomicfile.WriteFile(s.torrentPath(name), data, 0o600)
}

// OpenTorrent opens the blob of that name, for the caller to read and close; the error
// matches fs.ErrNotExist if there is none.
func (s *Store) OpenTorrent(name string) (*os.File, error) {
	return os.Open(s.torrentPath(name))
}

// HasTorrent reports whether there is a blob of that name.
func (s *Store) HasTorrent(name string) bool {
	_, err := os.Stat(s.torrentPath(name))
	return err == nil
}

// RemoveTorrent removes a blob, if it is there.
func (s *Store) RemoveTorrent(name string) error {
	err := os.Remove(s.torrentPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// TorrentNames returns the names of all blobs.
func (s *Store) TorrentNames() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, torrentsDir))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), torrentExt); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

func (s *Store) torrentPath(name string) string {
	return filepath.Join(s.dir, torrentsDir, name+torrentExt)
}
