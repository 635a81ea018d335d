package disk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"udptorrent/internal/atomicfile"
	"udptorrent/torrent"
)

const torrentDir = "torrents"

var libraryFile = filepath.Join(stateDir, "library.json")

// ErrLibrary says that the remembered library cannot be read.
var ErrLibrary = errors.New("damaged library")

// A Shared is one file that the node serves, or has downloaded and keeps to itself, as
// it remembers it between runs. Size and ModTime are those of the moment its torrent was
// made or verified: as long as they hold, the file is taken for unchanged.
type Shared struct {
	InfoHash   torrent.Hash `json:"info_hash"`
	Path       string       `json:"path"` // absolute
	Size       int64        `json:"size"` // bytes
	ModTime    time.Time    `json:"mtime"`
	Downloaded bool         `json:"downloaded,omitempty"` // and not sent since
	Kept       bool         `json:"kept,omitempty"`       // from others, in every run, until it is sent or downloaded for them
}

// library is the form of library.json.
type library struct {
	Version int      `json:"version"`
	Shared  []Shared `json:"shared"`
}

// Version 1 did not tell what was downloaded.
const libraryVersion = 2

// Library returns the list as it was when the node last ran. When the list cannot be read
// it is moved aside, to be looked at, and the error wraps ErrLibrary if it is damaged.
func (f *Folder) Library() ([]Shared, error) {
	b, err := f.root.ReadFile(libraryFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, f.setAside(fmt.Errorf("read what is shared: %w", err))
	}
	list, err := parseLibrary(b, f.path)
	if err != nil {
		return nil, f.setAside(err)
	}
	return list, nil
}

// setAside moves library.json to a name that no file has, and returns err, which is why, with
// that name.
func (f *Folder) setAside(err error) error {
	aside := libraryFile + ".damaged"
	for i := 2; f.has(aside); i++ {
		aside = fmt.Sprintf("%s.damaged.%d", libraryFile, i)
	}
	if moving := f.root.Rename(libraryFile, aside); moving != nil {
		return fmt.Errorf("%w; move it aside: %w", err, moving)
	}
	return fmt.Errorf("%w (kept as %s; send the files again)", err, f.File(aside))
}

func (f *Folder) has(name string) bool {
	_, err := f.root.Lstat(name)
	return err == nil
}

// parseLibrary reads library.json and refuses what SaveLibrary cannot have written. In
// a list of version 1 the files in folder, where downloads go, count as downloaded.
func parseLibrary(b []byte, folder string) ([]Shared, error) {
	var l library
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLibrary, err)
	}
	if l.Version < 1 || l.Version > libraryVersion {
		return nil, fmt.Errorf("%w: version %d, want 1 to %d", ErrLibrary, l.Version, libraryVersion)
	}
	seen := make(map[torrent.Hash]bool, len(l.Shared))
	for i, s := range l.Shared {
		switch {
		case s.InfoHash.IsZero() || seen[s.InfoHash]:
			return nil, fmt.Errorf("%w: info-hash %s", ErrLibrary, s.InfoHash)
		case !filepath.IsAbs(s.Path):
			return nil, fmt.Errorf("%w: path %q", ErrLibrary, s.Path)
		case s.Size < 0:
			return nil, fmt.Errorf("%w: size %d", ErrLibrary, s.Size)
		}
		seen[s.InfoHash] = true
		if l.Version == 1 {
			l.Shared[i].Downloaded = filepath.Dir(s.Path) == folder
		}
	}
	return l.Shared, nil
}

// SaveLibrary remembers the list.
func (f *Folder) SaveLibrary(list []Shared) error {
	b, err := json.MarshalIndent(library{Version: libraryVersion, Shared: list}, "", "  ")
	if err != nil {
		return fmt.Errorf("remember what is shared: %w", err)
	}
	if err := atomicfile.WriteFileIn(f.root, libraryFile, append(b, '\n'), 0o666); err != nil {
		return Explain("remember what is shared in", f.File(libraryFile), err)
	}
	return nil
}

// Torrent returns the copy of a .torrent that SaveTorrent kept.
func (f *Folder) Torrent(h torrent.Hash) (*torrent.Torrent, error) {
	b, err := f.root.ReadFile(torrentFile(h))
	if err != nil {
		return nil, fmt.Errorf("read the torrent %s: %w", h, err)
	}
	t, err := torrent.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("read the torrent %s: %w", h, err)
	}
	if t.InfoHash != h {
		return nil, fmt.Errorf("read the torrent %s: the copy is of %s", h, t.InfoHash)
	}
	return t, nil
}

// SaveTorrent keeps a copy of a .torrent. One that is there already is not written
// again: a full disk must not keep a download from being resumed.
func (f *Folder) SaveTorrent(t *torrent.Torrent) error {
	name := torrentFile(t.InfoHash)
	if old, err := f.root.ReadFile(name); err == nil && bytes.Equal(old, t.Bytes()) {
		return nil
	}
	if err := atomicfile.WriteFileIn(f.root, name, t.Bytes(), 0o666); err != nil {
		return Explain("keep the torrent of "+t.Name+" as", f.File(name), err)
	}
	return nil
}

// TorrentPath returns the absolute path of the copy of a .torrent.
func (f *Folder) TorrentPath(h torrent.Hash) string { return f.File(torrentFile(h)) }

func torrentFile(h torrent.Hash) string {
	return filepath.Join(stateDir, torrentDir, h.String()+".torrent")
}
