package node

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"udptorrent/internal/atomicfile"
	"udptorrent/node/disk"
	"udptorrent/torrent"
)

// torrentSuffix is what a .torrent is called after the name of its file.
const torrentSuffix = ".torrent"

// namesTorrent reports whether a path is what a .torrent is called.
func namesTorrent(path string) bool {
	return strings.HasSuffix(strings.ToLower(path), torrentSuffix)
}

// beside returns the path of what belongs to the file at path: its name and a suffix.
// A name that leaves no room for one is cut, and told apart by its hash.
func beside(path, suffix string) string {
	folder, name := filepath.Split(path)
	if len(name)+len(suffix) <= torrent.MaxName {
		return path + suffix
	}
	sum := sha1.Sum([]byte(name))
	id := fmt.Sprintf("~%x", sum[:4])
	cut := torrent.MaxName - len(id) - len(suffix)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return folder + name[:cut] + id + suffix
}

// freeBeside is beside with the first suffix that no file has: suffix, suffix.2, suffix.3 and so on.
func freeBeside(path, suffix string) string {
	free := beside(path, suffix)
	for i := 2; ; i++ {
		if _, err := os.Lstat(free); err != nil {
			return free
		}
		free = beside(path, fmt.Sprintf("%s.%d", suffix, i))
	}
}

// writeBeside puts the .torrent beside the file at path, unless it is there. One that
// is of something else is moved out of the way first, to kept; what is no file is left alone.
func writeBeside(path string, t *torrent.Torrent) (kept string, _ error) {
	to := beside(path, torrentSuffix)
	if info, err := os.Lstat(to); err == nil {
		old, err := readTorrent(to)
		if err == nil && old.InfoHash == t.InfoHash {
			return "", nil
		}
		if !info.Mode().IsRegular() {
			return "", fmt.Errorf("%s is in the way, and no regular file; move it away and send again", to)
		}
		kept = freeBeside(path, torrentSuffix+".old")
		if err := os.Rename(to, kept); err != nil {
			return "", fmt.Errorf("move the old %s aside: %w", to, err)
		}
	}
	if err := atomicfile.WriteFile(to, t.Bytes(), 0o666); err != nil {
		err = disk.Explain("write", to, err)
		if !errors.Is(err, disk.ErrFull) {
			err = fmt.Errorf("%w; send a file that lies where you may write", err)
		}
		return kept, err
	}
	return kept, nil
}

// readTorrent reads a .torrent file.
func readTorrent(path string) (*torrent.Torrent, error) {
	file, info, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info.Size() > torrent.MaxSize {
		return nil, fmt.Errorf("%s: %d bytes is too long for a .torrent", path, info.Size())
	}
	b := make([]byte, info.Size())
	if _, err := file.ReadAt(b, 0); err != nil && len(b) > 0 {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	t, err := torrent.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}
