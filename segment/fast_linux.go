package segment

import (
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// Linux moves many datagrams with one system call: sendmmsg and recvmmsg take a
// list of messages; with segmentation offload (UDP_SEGMENT, GSO) one message is
// many datagrams of equal size, which the kernel carries as one as far as it
// can; and with UDP_GRO it hands them over as one. A message gathers its bytes from
// many places, so that file bytes are not copied behind their headers.
//
// Neither call ever waits, so Go's scheduler is not told of them (syscall.RawSyscall6): each
// time that it is told by a process that was idle, it wakes a thread to watch how long the
// call takes, and that thread then wakes every 20 µs or more until the process is idle again.
const (
	readMessages = 64        // of one recvmmsg, each up to readSize
	readSize     = 64 << 10  // bytes of one message
	sendMessages = 8         // of one sendmmsg
	maxSegments  = 64        // datagrams of one message: UDP_MAX_SEGMENTS of older kernels
	maxGather    = 64 * 1000 // bytes of one message
)

// message is the kernel's struct mmsghdr.
type message struct {
	hdr unix.Msghdr
	n   uint32 // bytes received
}

// ancillary is room for the ancillary data of a message, aligned as the kernel wants.
type ancillary [64]byte

// fastSocket is Linux's socket. It falls back to single datagrams, for good, if
// the kernel or a device proves unable to segment.
type fastSocket struct {
	*udpSocket
	raw   syscall.RawConn
	inet6 bool

	offload atomic.Bool // segmentation offload works; cleared at run time by EIO
	noFiles atomic.Bool // the kernel would not send a part of a file

	reader fastReader // the reading goroutine's

	mu     sync.Mutex // guards writer: writers may be many
	writer fastWriter
}

// newFastSocket wraps s, or returns nil if the kernel lacks what it takes. One of many has
// buffers for less at once.
func newFastSocket(s *udpSocket, oneOfMany bool) Socket {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return nil
	}
	f := &fastSocket{udpSocket: s, raw: raw}
	err = raw.Control(func(fd uintptr) {
		domain, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		f.inet6 = domain == unix.AF_INET6
		if _, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT); err == nil {
			f.offload.Store(true)
		}
		unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_GRO, 1)        // or each comes alone
		unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1) // or drops stay unknown
	})
	if err != nil {
		return nil
	}
	f.reader.most = readMessages
	if oneOfMany {
		f.reader.most = spreadMessages
	}
	f.reader.init()
	f.writer.init()
	return f
}
