package main

import (
	"encoding/binary"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A request names a range of the file, and the size of the datagrams to send it in:
//
//	offset u64 | length u32 | datagram u32 | round u32
//
// A datagram of data has a header as well:
//
//	offset u64 | round u32
const (
	requestSize = 20
	headerSize  = 12

	// most is what one message may carry, and how many datagrams (UDP_MAX_SEGMENTS
	// of older kernels).
	most         = 64000
	mostSegments = 64
)

// open returns a UDP socket on 127.0.0.1 with large buffers, and its address.
func open() (fd int, addr *unix.SockaddrInet4, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, err
	}
	const buffer = 8 << 20
	for _, option := range []int{unix.SO_RCVBUF, unix.SO_SNDBUF, unix.SO_RCVBUFFORCE, unix.SO_SNDBUFFORCE} {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, buffer) // what is refused stays as it is
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1); err != nil {
		return 0, nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, nil, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, nil, err
	}
	return fd, name.(*unix.SockaddrInet4), nil
}

// receiveFrom waits for a message, behind the back of Go's scheduler.
func receiveFrom(fd int, in []byte) (n int, from *unix.SockaddrInet4, err error) {
	var name unix.RawSockaddrInet4
	size := uint32(unix.SizeofSockaddrInet4)
	got, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&in[0])), uintptr(len(in)), 0,
		uintptr(unsafe.Pointer(&name)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, nil, errno
	}
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	return int(got), &unix.SockaddrInet4{Addr: name.Addr, Port: int(port)}, nil
}

// patience ends a read after d, so that what was lost can be asked for again.
func patience(fd int, d time.Duration) error {
	tv := unix.NsecToTimeval(int64(d))
	return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
}

// segmented returns the control message that cuts one message into datagrams of size bytes.
func segmented(size int) []byte {
	b := make([]byte, unix.CmsgSpace(2))
	binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(2)))
	binary.NativeEndian.PutUint32(b[8:], unix.SOL_UDP)
	binary.NativeEndian.PutUint32(b[12:], unix.UDP_SEGMENT)
	binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], uint16(size))
	return b
}

// merged returns the size of the datagrams in a message of n bytes.
func merged(control []byte, n int) int {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return n
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_UDP && m.Header.Type == unix.UDP_GRO && len(m.Data) >= 4 {
			return int(binary.NativeEndian.Uint32(m.Data))
		}
	}
	return n
}
