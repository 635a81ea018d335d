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

// socketPair returns two sockets that are connected; the first does not block.
func socketPair(t *testing.T) [2]int {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(ends[0], true)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ends[0]); unix.Close(ends[1]) })
	return ends
}

// receive reads n bytes.
func receive(t *testing.T, socket, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	for got := 0; got < n; {
		more, err := unix.Read(socket, b[got:])
		if err != nil || more == 0 {
			t.Fatalf("received %d of %d bytes: %v", got, n, err)
		}
		got += more
	}
	return b
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
	var s Sender
	if onMemory(f) || !s.cached(f, 0, page) {
		t.Skip("this file system does not say what is cached")
	}
	if s.cached(f, 1<<20-page, 2*page) {
		t.Error("what is behind the end is cached")
	}
	forget(t, f)
	if s.cached(f, 1<<19, page) {
		t.Error("what was forgotten is cached")
	}
	if _, err := f.ReadAt(make([]byte, page), 1<<19); err != nil {
		t.Fatal(err)
	}
	if !s.cached(f, 1<<19, page) {
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
	var s Sender
	for range 2 {
		if !s.cached(memory, 0, page) {
			t.Error("not cached")
		}
		if other != nil {
			forget(t, other)
			if s.cached(other, 0, page) {
				t.Error("another file is taken for the one in memory")
			}
		}
	}
}

func TestWhatIsSentIsThePartOfTheFile(t *testing.T) {
	const length = 5*page + 100
	for name, dir := range folders(t) {
		f := create(t, dir)
		want := randomBytes(length)
		if _, err := f.Write(want); err != nil {
			t.Fatal(err)
		}
		for _, cached := range []bool{true, false} {
			if !cached {
				forget(t, f)
			}
			ends := socketPair(t)
			var s Sender
			off := int64(page / 2)
			for _, step := range []struct{ ask, get int }{{3 * page, 3 * page}, {length, length - page/2 - 3*page}, {page, 0}} {
				from := off
				n, err := s.SendFile(uintptr(ends[0]), f, &off, step.ask)
				if n != step.get || err != nil || off != from+int64(n) {
					t.Fatalf("%s, cached %v: %d bytes of %d, now at %d, %v", name, cached, n, step.ask, off, err)
				}
				if got := receive(t, ends[1], n); !bytes.Equal(got, want[from:off]) {
					t.Fatalf("%s, cached %v: other bytes from %d on", name, cached, from)
				}
			}
		}
	}
}

func TestSendErrorsAreTheSystems(t *testing.T) {
	for name, dir := range folders(t) {
		f := create(t, dir)
		if _, err := f.Write(randomBytes(4 << 20)); err != nil {
			t.Fatal(err)
		}
		ends := socketPair(t)
		var s Sender
		var off int64
		for off < 4<<20 {
			n, err := s.SendFile(uintptr(ends[0]), f, &off, 4<<20)
			if n > 0 {
				continue
			}
			if n < 0 || !errors.Is(err, unix.EAGAIN) {
				t.Errorf("%s, a full socket: %d bytes, %v", name, n, err)
			}
			break
		}
		if off == 4<<20 {
			t.Errorf("%s: the socket took it all", name)
		}
		unix.Shutdown(ends[1], unix.SHUT_RDWR)
		if n, err := s.SendFile(uintptr(ends[0]), f, &off, page); n != 0 || !errors.Is(err, unix.EPIPE) {
			t.Errorf("%s, a socket without its other end: %d bytes, %v", name, n, err)
		}
	}
}

func TestAllIsWrittenWhereItBelongs(t *testing.T) {
	for name, dir := range folders(t) {
		f := create(t, dir)
		w := NewFile(f)
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
		w.Close()
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
	if n, err := NewFile(full).WriteAt([]byte("x"), 0); n != 0 || !errors.Is(err, unix.ENOSPC) {
		t.Errorf("a full disk: %d bytes, %v", n, err)
	}
	for name, dir := range folders(t) {
		f := create(t, dir)
		readOnly, err := os.Open(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		defer readOnly.Close()
		if n, err := NewFile(readOnly).WriteAt([]byte("x"), 0); n != 0 || !errors.Is(err, unix.EBADF) {
			t.Errorf("%s, opened to be read: %d bytes, %v", name, n, err)
		}
	}
}
