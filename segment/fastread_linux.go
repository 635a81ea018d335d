package segment

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fastReader is the reading half of a fastSocket.
type fastReader struct {
	fastPlacer
	buffers  [readMessages][]byte
	iovecs   [readMessages][2]unix.Iovec // a buffer, and where a payload belongs
	names    [readMessages]unix.RawSockaddrInet6
	controls [readMessages]ancillary
	messages [readMessages]message
	most     int // messages at once, up to readMessages
	got      []Datagram
	count    int
	dropped  atomic.Uint32 // datagrams that the full buffer dropped; read by any goroutine
	errno    syscall.Errno
	receive  func(fd uintptr) bool
}

func (r *fastReader) init() {
	r.fastPlacer.init()
	for i := range r.most {
		r.buffers[i] = make([]byte, readSize)
		r.iovecs[i][0].Base = &r.buffers[i][0]
		r.iovecs[i][0].SetLen(readSize)
		h := &r.messages[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		h.Iov = &r.iovecs[i][0]
		h.SetIovlen(1)
		h.Control = &r.controls[i][0]
	}
	r.got = make([]Datagram, 0, r.most*maxSegments)
	r.receive = func(fd uintptr) bool {
		if r.place != nil && r.large {
			return r.placed(fd)
		}
		for i := range r.most {
			h := &r.messages[i].hdr
			h.Namelen = unix.SizeofSockaddrInet6
			h.SetControllen(len(r.controls[i]))
		}
		for {
			n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, fd,
				uintptr(unsafe.Pointer(&r.messages[0])), uintptr(r.most), unix.MSG_DONTWAIT, 0, 0)
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
	return r.unpack(), nil
}

// unpack returns the datagrams of the messages that have come.
func (r *fastReader) unpack() []Datagram {
	r.got = r.got[:0]
	r.large = false
	for i := range r.count {
		m := &r.messages[i]
		addr := sourceOf(&r.names[i])
		size := r.ancillary(r.controls[i][:m.hdr.Controllen])
		if room := r.places[i]; room != nil {
			n := min(int(m.n), dataOverhead)
			r.got = append(r.got, Datagram{Addr: addr, Head: r.buffers[i][:n], Body: room[:int(m.n)-n]})
			r.places[i], r.large = nil, true
			continue
		}
		payload := r.buffers[i][:m.n]
		if size <= 0 {
			size = max(len(payload), 1)
		}
		for len(payload) > size {
			r.got = append(r.got, Datagram{Addr: addr, Head: payload[:size]})
			payload = payload[size:]
		}
		r.got = append(r.got, Datagram{Addr: addr, Head: payload})
		r.large = r.large || len(payload) >= manyPages
	}
	return r.got
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

// ReadBatch implements batchReader.
func (s *fastSocket) ReadBatch() int { return s.reader.most }

// Dropped implements dropCounter.
func (s *fastSocket) Dropped() uint32 { return s.reader.dropped.Load() }
