package segment

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A spread is several sockets that are used as one. A program without privileges gets a receive
// buffer that holds less than comes while it waits for a processor; it may have as many of them as
// it wants. Each peer is spoken to from one of them, and answers to it; but peers on this
// machine may be told to send to any.
//
// One system call tells which of them have something: they are in an epoll instance, which Go's
// own waits for as it does for a socket.
type spread struct {
	socks []*fastSocket
	ports []uint16

	mu    sync.Mutex             // guards homes: writers may be many
	homes map[netip.AddrPort]int // which of socks a peer is told from

	poll   *os.File
	raw    syscall.RawConn
	events [mostBuffers]unix.EpollEvent
	ready  int // of events
	wait   func(fd uintptr) bool
	got    []Datagram
}

// wantSpread is the size of all receive buffers of a spread, as Linux counts.
const wantSpread = 2 * wantBuffer

// spreadMessages is how many messages each of them receives at once.
const spreadMessages = 8

// spreads reports whether the system gave a socket a smaller buffer than it was to have, and others
// may help.
func (c UDPConfig) spreads(s *udpSocket) bool {
	return c.Spread && c.Addr.Port() == 0 && s.buffer > 0 && s.buffer < wantSpread
}

// widen returns a spread of sock and others like it; or, if that fails, sock itself.
func (c UDPConfig) widen(sock Socket) Socket {
	first, ok := sock.(*fastSocket)
	if !ok {
		return sock
	}
	one := c
	one.Spread, one.oneOfMany = false, true
	s, err := newSpread(first)
	if err != nil {
		return sock
	}
	for len(s.socks) < min((wantSpread+first.buffer-1)/first.buffer, mostBuffers) {
		another, err := one.Open()
		if err != nil {
			break
		}
		if err := s.add(another.(*fastSocket)); err != nil {
			another.Close()
			break
		}
	}
	return s
}

func newSpread(first *fastSocket) (*spread, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that os.File waits for it
		unix.Close(fd)
		return nil, err
	}
	s := &spread{homes: make(map[netip.AddrPort]int), poll: os.NewFile(uintptr(fd), "sockets")}
	if s.raw, err = s.poll.SyscallConn(); err == nil {
		err = s.poll.SetReadDeadline(time.Time{}) // or it cannot be waited for
	}
	if err == nil {
		err = s.add(first)
	}
	if err != nil {
		s.poll.Close()
		return nil, err
	}
	s.wait = func(fd uintptr) bool {
		n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&s.events[0])), mostBuffers, 0, 0, 0)
		s.ready = int(n)
		return errno == 0 && n > 0
	}
	return s, nil
}

// add has s use another socket, and close it at its end.
func (s *spread) add(sock *fastSocket) (err error) {
	e := s.raw.Control(func(poll uintptr) {
		ee := sock.raw.Control(func(fd uintptr) {
			err = unix.EpollCtl(int(poll), unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(s.socks))})
		})
		err = errors.Join(err, ee)
	})
	if err = errors.Join(err, e); err == nil {
		s.socks, s.ports = append(s.socks, sock), append(s.ports, sock.LocalAddr().Port())
	}
	return err
}

// Read implements Socket.
func (s *spread) Read() ([]Datagram, error) {
	for s.got = s.got[:0]; len(s.got) == 0; {
		if err := s.raw.Read(s.wait); errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		} else if err != nil {
			return nil, net.ErrClosed
		}
		for _, e := range s.events[:s.ready] {
			s.got = append(s.got, s.socks[e.Fd].readNow()...)
		}
	}
	return s.got, nil
}

// readNow returns what has come, if anything has.
func (s *fastSocket) readNow() []Datagram {
	r := &s.reader
	r.count = 0
	s.raw.Control(func(fd uintptr) { r.receive(fd) })
	if r.count <= 0 {
		return nil
	}
	return r.unpack()
}

// Write implements Socket. A peer is always told from the same socket.
func (s *spread) Write(ds []Datagram) error {
	for len(ds) > 0 {
		home, n := s.BufferOf(ds[0].Addr), 1
		for n < len(ds) && s.BufferOf(ds[n].Addr) == home {
			n++
		}
		if err := s.socks[home].Write(ds[:n]); err != nil {
			return err
		}
		ds = ds[n:]
	}
	return nil
}

// BufferOf implements divided.
func (s *spread) BufferOf(addr netip.AddrPort) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	home, known := s.homes[addr]
	if !known {
		home = len(s.homes) % len(s.socks)
		s.homes[addr] = home
	}
	return home
}

// SetReadDeadline implements Socket.
func (s *spread) SetReadDeadline(t time.Time) error { return s.poll.SetReadDeadline(t) }

// LocalAddr returns the address of the first socket.
func (s *spread) LocalAddr() netip.AddrPort { return s.socks[0].LocalAddr() }

// ReadBuffer implements Socket, for who does not know that there are several: it is that of one.
func (s *spread) ReadBuffer() int { return s.socks[0].ReadBuffer() }

// Buffers implements divided.
func (s *spread) Buffers() (n, size int) { return len(s.socks), s.socks[0].ReadBuffer() }

// PortOf implements divided.
func (s *spread) PortOf(buffer int) uint16 { return s.ports[buffer] }

// PlaceWith implements placer.
func (s *spread) PlaceWith(place func(head []byte, n int) []byte) {
	for _, sock := range s.socks {
		sock.PlaceWith(place)
	}
}

// ReadBatch implements batchReader.
func (s *spread) ReadBatch() int { return len(s.socks) * spreadMessages }

// Dropped implements dropCounter.
func (s *spread) Dropped() (n uint32) {
	for _, sock := range s.socks {
		n += sock.Dropped()
	}
	return n
}

// Close implements Socket.
func (s *spread) Close() error {
	err := s.poll.Close()
	for _, sock := range s.socks {
		err = errors.Join(err, sock.Close())
	}
	return err
}
