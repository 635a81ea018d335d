package segment

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Linux sends a part of a file as a datagram with two system calls: sendmmsg with MSG_MORE
// takes the header and waits for more, sendfile adds pages of the file's cache, by reference, and
// lets the datagram go. The kernel would compute a checksum of such a datagram byte by byte, though
// it does not for others on the loopback interface; with UDP_SEGMENT at the datagram's own
// size, which segments nothing, it leaves that to the interface again.

// SendsFiles implements fileSender.
func (s *fastSocket) SendsFiles(to netip.AddrPort) bool {
	if s.noFiles.Load() {
		return false
	}
	if to.Addr().Unmap().Is4() {
		return sendsFiles4()
	}
	return sendsFiles6()
}

// What this kernel can is tried once.
var (
	sendsFiles4 = sync.OnceValue(func() bool { return trySendFile("127.0.0.1:0") })
	sendsFiles6 = sync.OnceValue(func() bool { return trySendFile("[::1]:0") })
)

// trySendFile sends a part of a file from one socket to another, and reports whether it came.
func trySendFile(addr string) bool {
	const block = 15 * pageSize
	var ends [2]*fastSocket
	for i := range ends {
		sock, err := UDPConfig{Addr: netip.MustParseAddrPort(addr), Buffer: -1}.Open()
		if err != nil {
			return false
		}
		defer sock.Close()
		fast, ok := sock.(*fastSocket)
		if !ok {
			return false
		}
		ends[i] = fast
	}
	fd, err := unix.MemfdCreate("udptorrent", unix.MFD_CLOEXEC)
	if err != nil {
		return false
	}
	file := os.NewFile(uintptr(fd), "probe")
	defer file.Close()
	want := bytes.Repeat([]byte("0123456789"), pageSize+block/10)
	if _, err := file.Write(want); err != nil {
		return false
	}
	head := Datagram{Addr: ends[1].LocalAddr(), Head: make([]byte, dataOverhead)}
	if ends[0].WriteFile([]Datagram{head}, file, pageSize, block, block) != nil || ends[0].noFiles.Load() {
		return false
	}
	ends[1].SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	got, err := ends[1].Read()
	return err == nil && len(got) == 1 && bytes.Equal(got[0].Head, append(head.Head, want[pageSize:pageSize+block]...))
}

// WriteFile implements fileSender.
func (s *fastSocket) WriteFile(ds []Datagram, file *os.File, off int64, n, block int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.writer
	w.more, w.file, w.off = unix.MSG_MORE, file, off
	defer func() {
		w.more, w.file = 0, nil
		w.release()
	}()
	for i := range ds {
		w.left = min(block, n-i*block)
		w.count, w.sent, w.iovecs, w.errno, w.short = 0, 0, w.iovecs[:0], 0, false
		w.add(ds[i:i+1], s.inet6)
		w.segment(0, ds[i].Size()+w.left)
		if err := s.raw.Write(w.join); err != nil {
			return net.ErrClosed
		}
		if w.errno != 0 {
			s.noFiles.Store(true) // what is asked for again is sent the other way
		}
		if w.short {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// sendFile sends the first message with what is left of the file behind it. It returns false if
// the socket has no room for the message.
func (w *fastWriter) sendFile(fd uintptr) bool {
	if !w.transmit(fd) {
		return false
	}
	for w.left > 0 && w.errno == 0 {
		n, err := w.pages.SendFile(fd, w.file, &w.off, w.left)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			w.errno, _ = err.(syscall.Errno)
			w.letGo(fd)
		case n == 0:
			w.short = true
			w.letGo(fd)
			return true
		}
		w.left -= n
	}
	return true
}

// letGo has a datagram leave that waits for more: too short for who gets it, which drops it.
func (w *fastWriter) letGo(fd uintptr) {
	unix.Sendto(int(fd), nil, unix.MSG_DONTWAIT, nil)
}
