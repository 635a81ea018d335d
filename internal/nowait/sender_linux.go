package nowait

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Sender sends parts of files. It belongs to one goroutine. The zero value is ready.
type Sender struct {
	iovec  unix.Iovec
	read   [1]byte
	file   *os.File // that was asked about last, if its file system does not say what is cached
	memory bool     // it is on a tmpfs
}

// SendFile is sendfile(2): it sends n bytes of file, or the first of them, to a socket that does not
// block, moves off behind them and returns how many they are, 0 at the end of the file. The error is
// a syscall.Errno.
func (s *Sender) SendFile(socket uintptr, file *os.File, off *int64, n int) (int, error) {
	if !s.cached(file, *off, n) {
		sent, err := unix.Sendfile(int(socket), int(file.Fd()), off, n)
		return max(sent, 0), err
	}
	sent, _, errno := syscall.RawSyscall6(unix.SYS_SENDFILE, socket, file.Fd(), uintptr(unsafe.Pointer(off)), uintptr(n), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(sent), nil
}

// cached reports whether the n bytes at off of file are in memory, which their first and their
// last show: files are read ahead, and forgotten, in order. If it errs, who reads waits all the same.
func (s *Sender) cached(file *os.File, off int64, n int) bool {
	if !wide || n <= 0 {
		return false
	}
	if file == s.file {
		return s.memory
	}
	switch s.at(file, off) {
	case 0:
		return s.at(file, off+int64(n)-1) == 0
	case unix.EOPNOTSUPP:
		s.file, s.memory = file, onMemory(file)
		return s.memory
	}
	return false
}

// at reads one byte; EAGAIN says that it would have waited, EOPNOTSUPP that the file system cannot tell.
func (s *Sender) at(file *os.File, off int64) syscall.Errno {
	s.iovec.Base = &s.read[0]
	s.iovec.SetLen(1)
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREADV2, file.Fd(), uintptr(unsafe.Pointer(&s.iovec)), 1,
		uintptr(off), 0, unix.RWF_NOWAIT)
	if errno == 0 && n != 1 {
		return unix.EAGAIN // the file ended
	}
	return errno
}
