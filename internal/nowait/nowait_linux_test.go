package nowait

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

const page = 4 << 10

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// folders are one on a tmpfs and one where tests are, which is likely to be another file system.
func folders(t *testing.T) map[string]string {
	all := map[string]string{"temporary": t.TempDir()}
	if dir, err := os.MkdirTemp("/dev/shm", "udptorrent-*"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		all["memory"] = dir
	}
	return all
}

func create(t *testing.T, dir string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// forget has the system drop a file from its cache.
func forget(t *testing.T, f *os.File) {
	t.Helper()
	if err := errors.Join(f.Sync(), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)); err != nil {
		t.Fatal(err)
	}
}

func TestWhatADiskMustBeWaitedForIsNotCached(t *testing.T) {
	f := create(t, t.TempDir())
	if _, err := f.Write(randomBytes(1 << 20)); err != nil {
		t.Fatal(err)
	}
	var r Reader
	if onMemory(f) || !r.Cached(f, 0, page) {
		t.Skip("this file system does not say what is cached")
	}
	if r.Cached(f, 1<<20-page, 2*page) {
		t.Error("what is behind the end is cached")
	}
	forget(t, f)
	if r.Cached(f, 1<<19, page) {
		t.Error("what was forgotten is cached")
	}
	if _, err := f.ReadAt(make([]byte, page), 1<<19); err != nil {
		t.Fatal(err)
	}
	if !r.Cached(f, 1<<19, page) {
		t.Error("what was read is not cached")
	}
}

func TestATmpfsIsMemory(t *testing.T) {
	var memory, other *os.File
	for _, dir := range folders(t) {
		f := create(t, dir)
		if _, err := f.Write(randomBytes(page)); err != nil {
			t.Fatal(err)
		}
		if onMemory(f) {
			memory = f
		} else {
			other = f
		}
	}
	if memory == nil {
		t.Skip("no tmpfs here")
	}
	var r Reader
	for range 2 {
		if !r.Cached(memory, 0, page) {
			t.Error("not cached")
		}
		if other != nil {
			forget(t, other)
			if r.Cached(other, 0, page) {
				t.Error("another file is taken for the one in memory")
			}
		}
	}
}

func TestAllIsWrittenWhereItBelongs(t *testing.T) {
	for name, dir := range folders(t) {
		f := create(t, dir)
		w := NewWriter(f)
		want := randomBytes(5 << 20)
		var writers sync.WaitGroup
		for off := 0; off < len(want); off += 1 << 20 {
			writers.Go(func() {
				if n, err := w.WriteAt(want[off:off+1<<20], int64(off)); n != 1<<20 || err != nil {
					t.Errorf("%s: %d bytes, %v", name, n, err)
				}
			})
		}
		writers.Wait()
		if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the file has other bytes (%v)", name, err)
		}
		f.Close()
		if n, err := w.WriteAt(want, 0); n != 0 || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s, closed: %d bytes, %v", name, n, err)
		}
	}
}

func TestWriteErrorsAreTheSystems(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	if n, err := NewWriter(full).WriteAt([]byte("x"), 0); n != 0 || !errors.Is(err, unix.ENOSPC) {
		t.Errorf("a full disk: %d bytes, %v", n, err)
	}
	for name, dir := range folders(t) {
		f := create(t, dir)
		readOnly, err := os.Open(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		defer readOnly.Close()
		if n, err := NewWriter(readOnly).WriteAt([]byte("x"), 0); n != 0 || !errors.Is(err, unix.EBADF) {
			t.Errorf("%s, opened to be read: %d bytes, %v", name, n, err)
		}
	}
}
