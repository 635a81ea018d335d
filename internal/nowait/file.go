package nowait

import (
	"os"
	"syscall"
)

// A File is an open file. Any goroutine may use it.
type File struct {
	*os.File
	memory syscall.RawConn // nil: the file is not on a tmpfs, so that a write may wait
}

// NewFile returns a File that is file, and closes with it.
func NewFile(file *os.File) *File {
	f := &File{File: file}
	if onMemory(file) {
		f.memory, _ = file.SyscallConn()
	}
	return f
}

// WriteAt is that of os.File. Disks are always waited for: to ask them not to (RWF_NOWAIT) is of no
// use for bytes that a file does not have yet, with ext4, XFS and Btrfs.
func (f *File) WriteAt(b []byte, off int64) (int, error) {
	done := 0
	if f.memory != nil {
		f.memory.Control(func(fd uintptr) { done = write(fd, b, off) })
	}
	if done == len(b) {
		return done, nil
	}
	n, err := f.File.WriteAt(b[done:], off+int64(done)) // which says what is wrong, if anything is
	return done + n, err
}
