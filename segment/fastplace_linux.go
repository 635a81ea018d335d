package segment

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// To place a payload takes two system calls, one that looks (MSG_PEEK) and one that receives. That
// is worth it for large datagrams only. They come in long rows: whoever has received one expects another.

// fastPlacer is what a fastReader needs to put payloads in their places.
type fastPlacer struct {
	place func(head []byte, n int) []byte // nil: everything goes to buffers
	large bool                            // among the last datagrams was a large one

	head   [dataOverhead]byte // of the message that is looked at
	iovec  unix.Iovec
	glance unix.Msghdr
	places [readMessages][]byte // where the payload of each message went; nil: behind its head
}

func (p *fastPlacer) init() {
	p.iovec.Base = &p.head[0]
	p.iovec.SetLen(len(p.head))
	p.glance.Iov = &p.iovec
	p.glance.SetIovlen(1)
}

// PlaceWith implements placer.
func (s *fastSocket) PlaceWith(place func(head []byte, n int) []byte) { s.reader.place = place }

// placed receives the messages that are there one by one, each payload where it belongs. It
// returns false if there are none.
func (r *fastReader) placed(fd uintptr) bool {
	r.errno = 0
	for r.count = 0; r.count < r.most && r.errno == 0; {
		n, errno := recvmsg(fd, &r.glance, unix.MSG_PEEK|unix.MSG_TRUNC)
		if errno == 0 {
			errno = r.receiveOne(fd, r.count, n)
		}
		switch errno {
		case 0:
			r.count++
		case syscall.EINTR:
		case syscall.EAGAIN:
			return r.count > 0
		default:
			r.errno = errno
		}
	}
	if r.count > 0 {
		r.errno = 0 // it comes again
	}
	return true
}

// receiveOne receives the message that was looked at, of n bytes, as the ith.
func (r *fastReader) receiveOne(fd uintptr, i, n int) syscall.Errno {
	var room []byte
	if n >= manyPages {
		room = r.place(r.head[:], n-len(r.head))
	}
	m, v := &r.messages[i], &r.iovecs[i]
	m.hdr.Namelen = unix.SizeofSockaddrInet6
	m.hdr.SetControllen(len(r.controls[i]))
	if len(room) > 0 {
		v[0].SetLen(len(r.head))
		v[1].Base = &room[0]
		v[1].SetLen(len(room))
		m.hdr.SetIovlen(2)
		defer func() {
			v[0].SetLen(readSize)
			v[1] = unix.Iovec{}
			m.hdr.SetIovlen(1)
		}()
	}
	n, errno := recvmsg(fd, &m.hdr, 0)
	if errno == 0 {
		m.n, r.places[i] = uint32(n), room
	}
	return errno
}

// recvmsg receives one message without waiting, and returns its size.
func recvmsg(fd uintptr, h *unix.Msghdr, flags uintptr) (n int, errno syscall.Errno) {
	got, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(h)), flags|unix.MSG_DONTWAIT)
	return int(got), errno
}
