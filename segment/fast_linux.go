package segment

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Linux moves many datagrams with one system call: sendmmsg and recvmmsg take a
// list of messages; with segmentation offload (UDP_SEGMENT, GSO) one message is
// many datagrams of equal size, which the kernel carries as one as far as it
// can; and with UDP_GRO it hands them over as one. A message gathers its bytes from
// many places, so that file bytes are not copied behind their headers.
const (
	readMessages  = 8         // of one recvmmsg, each up to readSize
	readSize      = 64 << 10  // bytes of one message
	readDatagrams = 8 * 64    // that they can be
	sendMessages  = 8         // of one sendmmsg
	maxSegments   = 64        // datagrams of one message: UDP_MAX_SEGMENTS of older kernels
	maxGather     = 64 * 1000 // bytes of one message
)

// message is the kernel's struct mmsghdr.
type message struct {
	hdr unix.Msghdr
	n   uint32 // bytes received
}

// control is room for the ancillary data of a message, aligned as the kernel wants.
type ancillary [64]byte

// fastSocket is Linux's socket. It falls back to single datagrams, for good, if
// the kernel or a device proves unable to segment.
type fastSocket struct {
	*udpSocket
	raw   syscall.RawConn
	inet6 bool

	offload atomic.Bool // segmentation offload works; cleared at run time by EIO

	reader fastReader // the reading goroutine's

	mu     sync.Mutex // guards writer: writers may be many
	writer fastWriter
}

type fastReader struct {
	buffers  [readMessages][]byte
	iovecs   [readMessages]unix.Iovec
	names    [readMessages]unix.RawSockaddrInet6
	controls [readMessages]ancillary
	messages [readMessages]message
	got      []Datagram
	count    int
	dropped  atomic.Uint32 // datagrams that the full buffer dropped; read by any goroutine
	errno    syscall.Errno
	receive  func(fd uintptr) bool
}

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
}

// newFastSocket wraps s, or returns nil if the kernel lacks what it takes.
func newFastSocket(s *udpSocket) Socket {
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
	f.reader.init()
	f.writer.init()
	return f
}

func (r *fastReader) init() {
	for i := range r.messages {
		r.buffers[i] = make([]byte, readSize)
		r.iovecs[i].Base = &r.buffers[i][0]
		r.iovecs[i].SetLen(readSize)
		h := &r.messages[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		h.Iov = &r.iovecs[i]
		h.SetIovlen(1)
		h.Control = &r.controls[i][0]
	}
	r.got = make([]Datagram, 0, readDatagrams)
	r.receive = func(fd uintptr) bool {
		for i := range r.messages {
			h := &r.messages[i].hdr
			h.Namelen = unix.SizeofSockaddrInet6
			h.SetControllen(len(r.controls[i]))
		}
		for {
			n, _, errno := syscall.Syscall6(unix.SYS_RECVMMSG, fd,
				uintptr(unsafe.Pointer(&r.messages[0])), readMessages, unix.MSG_DONTWAIT, 0, 0)
			r.count, r.errno = int(n), errno
			switch errno {
			case syscall.EINTR:
			case syscall.EAGAIN:
				return false
			default:
				return true
			}
		}
	}
}

// Read returns what one recvmmsg finds.
func (s *fastSocket) Read() ([]Datagram, error) {
	r := &s.reader
	if err := s.raw.Read(r.receive); err != nil {
		return nil, err
	}
	if r.errno != 0 {
		return nil, r.errno
	}
	r.got = r.got[:0]
	for i := range r.count {
		m := &r.messages[i]
		addr := sourceOf(&r.names[i])
		payload := r.buffers[i][:m.n]
		size := r.ancillary(r.controls[i][:m.hdr.Controllen])
		if size <= 0 {
			size = max(len(payload), 1)
		}
		for len(payload) > size {
			r.got = append(r.got, Datagram{Addr: addr, Head: payload[:size]})
			payload = payload[size:]
		}
		r.got = append(r.got, Datagram{Addr: addr, Head: payload})
	}
	return r.got, nil
}

// sourceOf reads an address as the kernel wrote it.
func sourceOf(name *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
	}
	ip := netip.AddrFrom16(name.Addr).Unmap()
	if name.Scope_id != 0 && ip.Is6() {
		if ifc, err := net.InterfaceByIndex(int(name.Scope_id)); err == nil {
			ip = ip.WithZone(ifc.Name)
		}
	}
	return netip.AddrPortFrom(ip, port)
}

// ancillary reads what the kernel says about a message: it returns the size of the
// datagrams that were merged into it, 0 if it is a single one, and notes the drops.
func (r *fastReader) ancillary(control []byte) (size int) {
	for len(control) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
		n := int(h.Len)
		if n < unix.CmsgLen(4) || n > len(control) {
			break
		}
		value := *(*uint32)(unsafe.Pointer(&control[unix.CmsgLen(0)]))
		switch {
		case h.Level == unix.SOL_UDP && h.Type == unix.UDP_GRO:
			size = int(value)
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL:
			r.dropped.Store(value)
		}
		control = control[min(unix.CmsgSpace(n-unix.CmsgLen(0)), len(control)):]
	}
	return size
}

// Dropped implements dropCounter.
func (s *fastSocket) Dropped() uint32 { return s.reader.dropped.Load() }

func (w *fastWriter) init() {
	w.iovecs = make([]unix.Iovec, 0, 2*maxSegments*sendMessages)
	for i := range w.messages {
		w.messages[i].hdr.Name = (*byte)(unsafe.Pointer(&w.names[i]))
	}
	w.transmit = func(fd uintptr) bool {
		for w.sent < w.count {
			n, _, errno := syscall.Syscall6(unix.SYS_SENDMMSG, fd,
				uintptr(unsafe.Pointer(&w.messages[w.sent])), uintptr(w.count-w.sent), unix.MSG_DONTWAIT, 0, 0)
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
		h.Control = &w.controls[i][0]
		h.SetControllen(unix.CmsgSpace(2))
		c := (*unix.Cmsghdr)(unsafe.Pointer(h.Control))
		c.Level, c.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
		*(*uint16)(unsafe.Pointer(&w.controls[i][unix.CmsgLen(0)])) = uint16(ds[0].Size())
	}
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
