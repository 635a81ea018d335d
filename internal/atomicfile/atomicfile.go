// Package atomicfile replaces files whole: whoever reads one finds the old content
// or the new, never a part, whatever crashes in between. SyncFolder is for files
// that are written otherwise: their names must reach the disk too.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// tempPrefix begins the names of files that are being written. What a crash leaves of them
// is for the owner of the folder to remove, with RemoveTemps.
const tempPrefix = ".tmp-"

// WriteFile replaces the file at path by data, or makes it. perm is for the new
// file, less the umask; a symbolic link is replaced, not followed. After nil, data
// is on disk and stays there through a power failure, as far as the system can
// promise it. After an error, the file is as it was; only if the last step failed,
// the sync of the folder, it is the new one already. The error is an *fs.PathError
// that names path.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return failed(path, err)
	}
	defer root.Close()
	if err := replace(root, filepath.Base(path), data, perm); err != nil {
		return failed(path, err)
	}
	return nil
}

// WriteFileIn is WriteFile for the file of the given name inside root. The name may
// have folders in it, which must exist.
func WriteFileIn(root *os.Root, name string, data []byte, perm fs.FileMode) error {
	if err := replace(root, name, data, perm); err != nil {
		return failed(name, err)
	}
	return nil
}

func replace(root *os.Root, name string, data []byte, perm fs.FileMode) error {
	folder := path.Dir(filepath.ToSlash(name))
	temp := path.Join(folder, tempPrefix+rand.Text())
	err := writeNew(root, temp, data, perm)
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp) // it may not be there
		return err
	}
	return SyncFolderIn(root, folder)
}

// failed is the error of a file that could not be written. Those of the steps to it
// name others, which come and go.
func failed(name string, err error) error {
	if step := (*fs.PathError)(nil); errors.As(err, &step) {
		err = step.Err
	} else if step := (*os.LinkError)(nil); errors.As(err, &step) {
		err = step.Err
	}
	return &fs.PathError{Op: "write", Path: name, Err: err}
}

// writeNew makes a file and waits until its content is on disk.
func writeNew(root *os.Root, name string, data []byte, perm fs.FileMode) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// RemoveTemps removes from the folder at path what was being written there when a
// process was killed. Nobody may be writing there.
func RemoveTemps(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return RemoveTempsIn(root, ".")
}

// RemoveTempsIn is RemoveTemps for a folder inside root.
func RemoveTempsIn(root *os.Root, folder string) error {
	folder = filepath.ToSlash(folder)
	entries, err := fs.ReadDir(root.FS(), folder)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), tempPrefix) {
			err = errors.Join(err, root.Remove(path.Join(folder, entry.Name())))
		}
	}
	return err
}

// SyncFolder puts the names in the folder at path on disk: files that were made,
// renamed or removed there. It does so where the system can: Windows has no way to, and
// some file systems refuse.
func SyncFolder(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return SyncFolderIn(root, ".")
}

// SyncFolderIn is SyncFolder for a folder inside root.
func SyncFolderIn(root *os.Root, folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := root.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}
