package nowait

import (
	"math/bits"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wide says that offsets fit into one word, as the calls below expect.
const wide = bits.UintSize == 64

// onMemory reports whether a file is on a tmpfs: it has no disk to wait for, but for swap, and
// cannot be asked not to wait.
func onMemory(file *os.File) bool {
	var fs unix.Statfs_t
	return unix.Fstatfs(int(file.Fd()), &fs) == nil && fs.Type == unix.TMPFS_MAGIC
}

// A Reader tells whether parts of files can be read without waiting. It belongs to one goroutine.
// The zero value is ready.
type Reader struct {
	iovec  unix.Iovec
	read   [1]byte
	file   *os.File // that was asked about last, if its file system does not say what is cached
	memory bool     // it is on a tmpfs
}

// Cached reports whether the n bytes at off of file are in memory, which their first and their
// last show: files are read ahead, and forgotten, in order. If it errs, who reads waits all the same.
func (r *Reader) Cached(file *os.File, off int64, n int) bool {
	if !wide || n <= 0 {
		return false
	}
	if file == r.file {
		return r.memory
	}
	switch r.at(file, off) {
	case 0:
		return r.at(file, off+int64(n)-1) == 0
	case unix.EOPNOTSUPP:
		r.file, r.memory = file, onMemory(file)
		return r.memory
	}
	return false
}

// at reads one byte; EAGAIN says that it would have waited, EOPNOTSUPP that the file system cannot tell.
func (r *Reader) at(file *os.File, off int64) syscall.Errno {
	r.iovec.Base = &r.read[0]
	r.iovec.SetLen(1)
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREADV2, file.Fd(), uintptr(unsafe.Pointer(&r.iovec)), 1,
		uintptr(off), 0, unix.RWF_NOWAIT)
	if errno == 0 && n != 1 {
		return unix.EAGAIN // the file ended
	}
	return errno
}

// A Writer writes to one file. Any goroutine may use it.
type Writer struct {
	file   *os.File
	memory syscall.RawConn // nil: the file is not on a tmpfs, so that a write may wait
}

// NewWriter returns a writer to file, which stays the caller's to close.
func NewWriter(file *os.File) *Writer {
	w := &Writer{file: file}
	if wide && onMemory(file) {
		w.memory, _ = file.SyscallConn()
	}
	return w
}

// WriteAt is that of os.File. Disks are always waited for: to ask them not to (RWF_NOWAIT) is of no
// use for bytes that a file does not have yet, with ext4, XFS and Btrfs.
func (w *Writer) WriteAt(b []byte, off int64) (int, error) {
	done := 0
	if w.memory != nil {
		w.memory.Control(func(fd uintptr) { done = write(fd, b, off) })
	}
	if done == len(b) {
		return done, nil
	}
	n, err := w.file.WriteAt(b[done:], off+int64(done)) // which says what is wrong, if anything is
	return done + n, err
}

// write writes what it can.
func write(fd uintptr, b []byte, off int64) (done int) {
	for done < len(b) {
		n, _, errno := syscall.RawSyscall6(unix.SYS_PWRITE64, fd, uintptr(unsafe.Pointer(&b[done])), uintptr(len(b)-done),
			uintptr(off)+uintptr(done), 0, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 || n == 0 {
			break
		}
		done += int(n)
	}
	return done
}
