package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// If a datagram has whole pages of the file, nobody needs to copy them but the kernel, once: the
// sender puts them behind the header from the file's cache (MSG_MORE and sendfile), and the
// receiver looks at the header in the queue (MSG_PEEK) to have them received where they belong.

const pageSize = 4 << 10

// wholePages reports whether datagrams of size bytes carry whole pages.
func wholePages(size int) bool {
	return bits.UintSize == 64 && // sendfile has other offsets elsewhere
		size > headerSize && (size-headerSize)%pageSize == 0
}

// sendPages sends n bytes of file at off, in datagrams of size bytes.
func (a *answer) sendPages(file *os.File, off int64, n, size int, round []byte, to unix.Sockaddr) error {
	for end := off + int64(n); off < end; {
		block := min(size-headerSize, int(end-off))
		a.headers = binary.BigEndian.AppendUint64(a.headers[:0], uint64(off))
		a.headers = append(a.headers, round...)
		// Segmentation into one segment, or the kernel would compute a checksum.
		control := segmented(headerSize + block)
		if _, err := unix.SendmsgN(a.fd, a.headers, control, to, unix.MSG_MORE); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		for left := block; left > 0; {
			sent, _, errno := syscall.RawSyscall6(unix.SYS_SENDFILE, uintptr(a.fd), file.Fd(), uintptr(unsafe.Pointer(&off)), uintptr(left), 0, 0)
			switch {
			case errno != 0:
				return fmt.Errorf("send the file: %w", errno)
			case sent == 0:
				return fmt.Errorf("send the file: %w", io.ErrUnexpectedEOF)
			}
			left -= int(sent)
		}
	}
	return nil
}

// receivePages receives one datagram into its piece.
func (f *fetcher) receivePages(in []byte) error {
	_, _, err := unix.Recvfrom(f.fd, in[:headerSize], unix.MSG_PEEK)
	if err != nil {
		return err
	}
	header, off := in[:headerSize], int64(binary.BigEndian.Uint64(in))
	var room []byte
	r := f.request(off, header)
	if r != nil {
		room = r.piece.buf[off-r.piece.off:]
	}
	n, _, _, _, err := unix.RecvmsgBuffers(f.fd, [][]byte{header, room}, nil, 0)
	if err == nil && r != nil {
		f.arrived(r, n-headerSize)
	}
	return err
}
