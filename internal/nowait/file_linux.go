package nowait

import (
	"math/bits"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wide says that offsets fit into one word, as raw system calls expect here.
const wide = bits.UintSize == 64

// onMemory reports whether a file is on a tmpfs: it has no disk to wait for, but for swap, and
// cannot be asked not to wait.
func onMemory(file *os.File) bool {
	var fs unix.Statfs_t
	return wide && unix.Fstatfs(int(file.Fd()), &fs) == nil && fs.Type == unix.TMPFS_MAGIC
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
