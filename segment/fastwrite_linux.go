package segment

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"udptorrent/internal/nowait"
)

// fastWriter is the writing half of a fastSocket.
type fastWriter struct {
	iovecs   []unix.Iovec
	names    [sendMessages]unix.RawSockaddrInet6
	controls [sendMessages]ancillary
	messages [sendMessages]message
	parts    [sendMessages][]Datagram // what each message is made of
	count    int                      // messages that are filled
	sent     int                      // of them
	errno    syscall.Errno
	transmit func(fd uintptr) bool

	// of WriteFile
	more  uintptr // MSG_MORE while headers wait for what is behind them
	file  *os.File
	off   int64 // in it
	left  int   // bytes of it for the message
	short bool  // the file ended before
	pages nowait.Sender
	join  func(fd uintptr) bool
}

func (w *fastWriter) init() {
	w.iovecs = make([]unix.Iovec, 0, 2*maxSegments*sendMessages)
	for i := range w.messages {
		w.messages[i].hdr.Name = (*byte)(unsafe.Pointer(&w.names[i]))
	}
	w.join = w.sendFile
	w.transmit = func(fd uintptr) bool {
		for w.sent < w.count {
			n, _, errno := syscall.RawSyscall6(unix.SYS_SENDMMSG, fd,
				uintptr(unsafe.Pointer(&w.messages[w.sent])), uintptr(w.count-w.sent), unix.MSG_DONTWAIT|w.more, 0, 0)
			switch errno {
			case 0:
				w.sent += int(n)
			case syscall.EINTR:
			case syscall.EAGAIN:
				return false
			default:
				w.errno = errno
				return true
			}
		}
		return true
	}
}

// Write sends the datagrams, as many as fit with each system call.
func (s *fastSocket) Write(ds []Datagram) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.writer
	for len(ds) > 0 {
		ds = w.fill(ds, s.inet6, s.offload.Load())
		for w.sent < w.count {
			w.errno = 0
			if err := s.raw.Write(w.transmit); err != nil {
				return net.ErrClosed
			}
			if w.errno != 0 {
				s.refused(w.errno)
			}
		}
		w.release()
	}
	return nil
}

// refused deals with the message that the kernel would not take: it is sent in
// single datagrams if it was made of many, and is lost otherwise. EIO says that
// no message of many will ever go this way.
func (s *fastSocket) refused(errno syscall.Errno) {
	w := &s.writer
	parts := w.parts[w.sent]
	w.sent++
	if errno == syscall.EIO {
		s.offload.Store(false)
	}
	if len(parts) > 1 {
		s.udpSocket.Write(parts)
	}
}

// fill makes messages of the first datagrams and returns the rest.
func (w *fastWriter) fill(ds []Datagram, inet6, offload bool) []Datagram {
	w.count, w.sent, w.iovecs = 0, 0, w.iovecs[:0]
	for len(ds) > 0 && w.count < sendMessages {
		n := 1
		if offload {
			n = together(ds)
		}
		w.add(ds[:n], inet6)
		ds = ds[n:]
	}
	return ds
}

// together returns how many of the first datagrams can be one message: to one
// address, all of one size but for a shorter last one.
func together(ds []Datagram) int {
	size, total := ds[0].Size(), ds[0].Size()
	n := 1
	for n < len(ds) && n < maxSegments && !ds[0].Alone {
		d := ds[n]
		if d.Addr != ds[0].Addr || d.Size() > size || total+d.Size() > maxGather {
			break
		}
		n++
		total += d.Size()
		if d.Size() < size {
			break
		}
	}
	return n
}

// add makes the next message of ds.
func (w *fastWriter) add(ds []Datagram, inet6 bool) {
	i := w.count
	w.count++
	w.parts[i] = ds
	first := len(w.iovecs)
	for _, d := range ds {
		w.gather(d.Head)
		w.gather(d.Body)
	}
	h := &w.messages[i].hdr
	h.Iov, h.Control = nil, nil
	if len(w.iovecs) > first {
		h.Iov = &w.iovecs[first]
	}
	h.SetIovlen(len(w.iovecs) - first)
	h.SetControllen(0)
	h.Namelen = destination(&w.names[i], ds[0].Addr, inet6)
	if len(ds) > 1 {
		w.segment(i, ds[0].Size())
	}
}

// segment has message i cut into datagrams of size bytes.
func (w *fastWriter) segment(i, size int) {
	h := &w.messages[i].hdr
	h.Control = &w.controls[i][0]
	h.SetControllen(unix.CmsgSpace(2))
	c := (*unix.Cmsghdr)(unsafe.Pointer(h.Control))
	c.Level, c.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	c.SetLen(unix.CmsgLen(2))
	*(*uint16)(unsafe.Pointer(&w.controls[i][unix.CmsgLen(0)])) = uint16(size)
}

func (w *fastWriter) gather(b []byte) {
	if len(b) > 0 {
		v := unix.Iovec{Base: &b[0]}
		v.SetLen(len(b))
		w.iovecs = append(w.iovecs, v)
	}
}

// release drops the pointers to the caller's memory.
func (w *fastWriter) release() {
	clear(w.iovecs)
	clear(w.parts[:])
}

// destination writes an address for the kernel and returns its length: 0, which
// the kernel refuses, for an IPv6 address on a socket that is bound to an IPv4 one.
func destination(name *unix.RawSockaddrInet6, to netip.AddrPort, inet6 bool) uint32 {
	*name = unix.RawSockaddrInet6{}
	if !inet6 {
		if !to.Addr().Unmap().Is4() {
			return 0
		}
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		v4.Family = unix.AF_INET
		v4.Addr = to.Addr().Unmap().As4()
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&v4.Port))[:], to.Port())
		return unix.SizeofSockaddrInet4
	}
	name.Family = unix.AF_INET6
	name.Addr = to.Addr().As16()
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], to.Port())
	if zone := to.Addr().Zone(); zone != "" {
		if ifc, err := net.InterfaceByName(zone); err == nil {
			name.Scope_id = uint32(ifc.Index)
		}
	}
	return unix.SizeofSockaddrInet6
}
