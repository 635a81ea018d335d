package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"udptorrent/torrent"
)

// A File is what is transferred.
type File struct {
	Path    string
	Torrent string // path of a .torrent, for the peers
	Length  int64
	Meta    *torrent.Torrent
}

// Name returns the base name.
func (f *File) Name() string { return filepath.Base(f.Path) }

// File makes a file of random bytes; the same seed makes the same bytes. A sparse one
// takes no room and is all zeros.
func (r *Rig) File(ctx context.Context, name string, length int64, sparse bool) (*File, error) {
	folder := filepath.Join(r.Folder, "files")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	f := &File{Path: filepath.Join(folder, name), Torrent: filepath.Join(r.Folder, name+".torrent"), Length: length}
	file, err := os.Create(f.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if sparse {
		err = file.Truncate(length)
	} else {
		_, err = io.CopyN(file, rand.NewChaCha8([32]byte{byte(len(name))}), length)
	}
	if err != nil {
		return nil, err
	}
	if f.Meta, err = torrent.Create(ctx, file, length, torrent.CreateOptions{Name: name}); err != nil {
		return nil, err
	}
	return f, os.WriteFile(f.Torrent, f.Meta.Bytes(), 0o644)
}

// Announced writes the torrent with another announce URL, and returns its path.
func (f *File) Announced(url, dir string) (string, error) {
	t := *f.Meta
	t.Announce = url
	path := filepath.Join(dir, f.Name()+".torrent")
	return path, os.WriteFile(path, t.Bytes(), 0o644)
}

// Remove takes the file and its torrent away.
func (f *File) Remove() {
	os.Remove(f.Path)
	os.Remove(f.Path + ".torrent")
	os.Remove(f.Torrent)
}

// Same returns an error unless path has the same bytes.
func (f *File) Same(path string) error {
	want, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	defer want.Close()
	got, err := os.Open(path)
	if err != nil {
		return err
	}
	defer got.Close()
	a, b := make([]byte, 1<<20), make([]byte, 1<<20)
	for off := int64(0); ; {
		n, err := io.ReadFull(want, a)
		m, errGot := io.ReadFull(got, b)
		if n != m || !bytes.Equal(a[:n], b[:m]) {
			return fmt.Errorf("%s is wrong after %d bytes", path, off)
		}
		off += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err := errors.Join(err, errGot); err != nil {
			return err
		}
	}
}
