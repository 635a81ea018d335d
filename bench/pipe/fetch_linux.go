package main

import (
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"udptorrent/internal/nowait"
	"udptorrent/torrent"
)

// asked is how many bytes one request asks for.
const asked = 256 << 10

// result is what is printed.
type result struct {
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"`
	Again   int     `json:"again"` // requests that were repeated
}

// A piece is in memory until it is hashed.
type piece struct {
	index int
	off   int64
	buf   []byte
	left  int // bytes that have not come
}

// A request is outstanding.
type request struct {
	piece *piece
	off   int64
	n     int
	left  int
	round uint32 // of asking, so that what comes twice counts once
	to    int
}

// A fetcher owns all that is outstanding. Pieces pass through the hashers and come
// back empty.
type fetcher struct {
	fd       int
	owners   []*unix.SockaddrInet4
	tor      *torrent.Torrent
	datagram int
	window   int
	unit     int64 // bytes that one request asks for, at most

	requests map[int64]*request // by offset
	next     int64              // offset to ask for
	flying   int
	turn     int
	current  *piece
	again    int

	full   chan *piece
	empty  chan *piece
	hashed sync.WaitGroup
	failed chan error
}

// fetch gets the file of a torrent from addrs into path.
func fetch(torrentPath, path string, addrs []string, datagram, window, hashers int) (result, error) {
	b, err := os.ReadFile(torrentPath)
	if err != nil {
		return result{}, err
	}
	f := &fetcher{datagram: datagram, window: window, requests: make(map[int64]*request), failed: make(chan error, 1)}
	if f.tor, err = torrent.Parse(b); err != nil {
		return result{}, err
	}
	f.unit = min(asked, f.tor.PieceLength)
	for _, a := range addrs {
		addr, err := netip.ParseAddrPort(a)
		if err != nil {
			return result{}, err
		}
		f.owners = append(f.owners, &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())})
	}
	var out *os.File
	if path != "" {
		if out, err = os.Create(path); err != nil {
			return result{}, err
		}
		defer out.Close()
	}
	if f.fd, _, err = open(); err != nil {
		return result{}, err
	}
	if err := patience(f.fd, 100*time.Millisecond); err != nil {
		return result{}, err
	}
	began := time.Now()
	f.start(out, hashers)
	if err := f.run(); err != nil {
		return result{}, err
	}
	return result{time.Since(began).Seconds(), f.tor.Length, f.again}, nil
}

// start makes the buffers and the hashers, which write what is right to out.
func (f *fetcher) start(out *os.File, hashers int) {
	pieces := f.window/int(f.tor.PieceLength) + 2 + 2*hashers
	var file *nowait.File
	if out != nil {
		file = nowait.NewFile(out)
	}
	f.full, f.empty = make(chan *piece, pieces), make(chan *piece, pieces)
	for range pieces {
		f.empty <- &piece{buf: make([]byte, f.tor.PieceLength)}
	}
	for range hashers {
		f.hashed.Go(func() {
			for p := range f.full {
				err := error(nil)
				if sha1.Sum(p.buf) != f.tor.Pieces[p.index] {
					err = fmt.Errorf("piece %d is wrong", p.index)
				} else if file != nil {
					_, err = file.WriteAt(p.buf, p.off)
				}
				if err != nil {
					select {
					case f.failed <- err:
					default:
					}
				}
				f.empty <- p
			}
		})
	}
}

// run fetches it all.
func (f *fetcher) run() error {
	in := make([]byte, 1<<16)
	control := make([]byte, unix.CmsgSpace(4))
	for {
		if err := f.ask(); err != nil {
			return err
		}
		if f.flying == 0 && f.next == f.tor.Length {
			break
		}
		var err error
		if wholePages(f.datagram) {
			err = f.receivePages(in)
		} else {
			err = f.receive(in, control)
		}
		if err == unix.EAGAIN {
			err = f.askAgain()
		}
		if err != nil && err != unix.EINTR {
			return err
		}
	}
	close(f.full)
	f.hashed.Wait()
	select {
	case err := <-f.failed:
		return err
	default:
		return nil
	}
}

// ask fills the window.
func (f *fetcher) ask() error {
	for f.next < f.tor.Length && f.flying+int(f.unit) <= f.window {
		if f.current == nil {
			p := f.free()
			if p == nil {
				return nil
			}
			p.index = int(f.next / f.tor.PieceLength)
			off, n := f.tor.Piece(p.index)
			p.off, p.left, p.buf = off, int(n), p.buf[:n]
			f.current = p
		}
		p := f.current
		end := p.off + int64(len(p.buf))
		r := &request{piece: p, off: f.next, n: int(min(f.unit, end-f.next)), to: f.turn % len(f.owners)}
		f.turn++
		if f.next += int64(r.n); f.next == end {
			f.current = nil
		}
		f.flying += r.n
		if err := f.send(r); err != nil {
			return err
		}
	}
	return nil
}

// free returns an empty piece. It waits for one only if nothing could come meanwhile.
func (f *fetcher) free() *piece {
	if f.flying == 0 {
		return <-f.empty
	}
	select {
	case p := <-f.empty:
		return p
	default:
		return nil
	}
}

func (f *fetcher) send(r *request) error {
	r.left = r.n
	f.requests[r.off] = r
	b := binary.BigEndian.AppendUint64(nil, uint64(r.off))
	b = binary.BigEndian.AppendUint32(b, uint32(r.n))
	b = binary.BigEndian.AppendUint32(b, uint32(f.datagram))
	b = binary.BigEndian.AppendUint32(b, r.round)
	return unix.Sendto(f.fd, b, 0, f.owners[r.to])
}

// askAgain repeats whole requests: a pipe that loses now and then may be slow.
func (f *fetcher) askAgain() error {
	const hopeless = 100
	if f.again++; f.again > hopeless {
		return errors.New("nothing comes any more")
	}
	for _, r := range f.requests {
		r.piece.left += r.n - r.left
		r.round++
		if err := f.send(r); err != nil {
			return err
		}
	}
	return nil
}

// receive takes in one message.
func (f *fetcher) receive(in, control []byte) error {
	n, m, _, _, err := unix.Recvmsg(f.fd, in, control, 0)
	if err == nil {
		f.take(in[:n], merged(control[:m], n))
	}
	return err
}

// take puts what came, datagrams of size bytes, into its pieces.
func (f *fetcher) take(b []byte, size int) {
	for len(b) > headerSize {
		d := b[:min(size, len(b))]
		b = b[len(d):]
		off := int64(binary.BigEndian.Uint64(d))
		if r := f.request(off, d); r != nil {
			f.arrived(r, copy(r.piece.buf[off-r.piece.off:], d[headerSize:]))
		}
	}
}

// request returns the request that a datagram of bytes at off answers, nil if none does any more.
func (f *fetcher) request(off int64, header []byte) *request {
	r := f.requests[off/f.unit*f.unit]
	if r == nil || r.round != binary.BigEndian.Uint32(header[8:]) {
		return nil
	}
	return r
}

// arrived counts n bytes that are in their place.
func (f *fetcher) arrived(r *request, n int) {
	r.left -= n
	r.piece.left -= n
	if r.left == 0 {
		f.flying -= r.n
		delete(f.requests, r.off)
	}
	if r.piece.left == 0 {
		f.full <- r.piece
	}
}
