// Package disk keeps what a node has on disk: its own folder, the partly fetched
// files in it, and what the node must remember between runs.
//
// A folder looks like this:
//
//	node_files/node4/
//	    lab.iso                     a finished file
//	    lab.iso.part                a file that is being fetched; sparse, full length
//	    lab.iso.part.map            which of its pieces are verified
//	    .udptorrent/lock            held while a node uses the folder
//	    .udptorrent/secret          what the tracker gave us, mode 0600
//	    .udptorrent/library.json    which files are shared
//	    .udptorrent/torrents/       a copy of the .torrent of each
//
// Everything is opened through os.Root: no name, however odd, leads out of the
// folder.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"udptorrent/internal/atomicfile"
)

// stateDir holds what is the node's own and no file of the user's.
const stateDir = ".udptorrent"

// ErrLocked says that another process holds the folder.
var ErrLocked = errors.New("another node uses it")

// A Folder is a node's own folder, held by a lock. Its methods may be called from
// any goroutine.
type Folder struct {
	root *os.Root
	path string
	lock *flock.Flock
}

// OpenFolder opens the folder at path, makes it if there is none, and locks it.
// The error wraps ErrLocked when another node holds it.
func OpenFolder(path string) (*Folder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("node folder %s: %w", path, err)
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("node folder %s: a file is in the way; move it away, or choose another place with -files", path)
	}
	if err := os.MkdirAll(abs, 0o777); err != nil {
		return nil, fmt.Errorf("%w; choose another place with -files", Explain("make node folder", path, err))
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("node folder %s: %w", path, err)
	}
	f := &Folder{root: root, path: abs}
	if err := f.acquire(); err != nil {
		root.Close()
		return nil, fmt.Errorf("node folder %s: %w", path, err)
	}
	return f, nil
}

// acquire makes the state directory, takes the lock in it, and removes what a node that
// was killed has half-written there.
func (f *Folder) acquire() error {
	if err := f.root.MkdirAll(filepath.Join(stateDir, torrentDir), 0o777); err != nil {
		return unwritable(err)
	}
	f.lock = flock.New(filepath.Join(f.path, stateDir, "lock"))
	ok, err := f.lock.TryLock()
	if err != nil {
		return unwritable(err)
	}
	if !ok {
		return fmt.Errorf("%w; give this one another -node_id", ErrLocked)
	}
	for _, dir := range []string{stateDir, filepath.Join(stateDir, torrentDir)} {
		_ = atomicfile.RemoveTempsIn(f.root, dir) // what stays does no harm
	}
	return nil
}

func unwritable(err error) error {
	return fmt.Errorf("it must be writable: %w; choose another place with -files", err)
}

// Close releases the lock.
func (f *Folder) Close() error {
	return errors.Join(f.lock.Close(), f.root.Close())
}

// Path returns the absolute path of the folder.
func (f *Folder) Path() string { return f.path }

// File returns the absolute path that a file of this name has in the folder.
func (f *Folder) File(name string) string { return filepath.Join(f.path, name) }

// CheckName says why a file of this name cannot be kept in a node's folder, beyond
// what torrent.CheckName refuses.
func CheckName(name string) error {
	if strings.EqualFold(name, stateDir) {
		return fmt.Errorf("the name %q is taken: nodes keep their state there", name)
	}
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, dataSuffix) || strings.HasSuffix(lower, tableSuffix) {
		return fmt.Errorf("the name %q is taken: nodes keep what they are fetching under names that end in %s and %s",
			name, dataSuffix, tableSuffix)
	}
	return nil
}

// secretFile holds the tracker's secret.
var secretFile = filepath.Join(stateDir, "secret")

// Secret returns the secret that the tracker gave this node, or "" if there is none.
func (f *Folder) Secret() (string, error) {
	b, err := f.root.ReadFile(secretFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the node's secret: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// SetSecret remembers the secret; nobody but the user who runs the node can read it.
func (f *Folder) SetSecret(secret string) error {
	if err := atomicfile.WriteFileIn(f.root, secretFile, []byte(secret+"\n"), 0o600); err != nil {
		return Explain("keep the node's secret as", f.File(secretFile), err)
	}
	return nil
}
