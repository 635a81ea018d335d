package segmenttest

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"udptorrent/segment"
)

// TestSocket checks that sockets do what [segment.Socket] promises. open returns
// two that can reach each other and are closed when the test ends.
func TestSocket(t *testing.T, open func(t *testing.T) (a, b segment.Socket)) {
	t.Run("a batch arrives in order, with the sender's address", func(t *testing.T) {
		a, b := open(t)
		var batch []segment.Datagram
		for i := range 10 {
			batch = append(batch, segment.Datagram{Addr: b.LocalAddr(), Head: []byte{byte(i), 1}, Body: []byte{2, 3}})
		}
		if err := a.Write(batch); err != nil {
			t.Fatal(err)
		}
		for i, d := range readAll(t, b, 10) {
			if want := []byte{byte(i), 1, 2, 3}; !bytes.Equal(d.Head, want) || d.Body != nil {
				t.Errorf("datagram %d is %v + %v, want %v", i, d.Head, d.Body, want)
			}
			if d.Addr != a.LocalAddr() {
				t.Errorf("datagram %d came from %v, want %v", i, d.Addr, a.LocalAddr())
			}
		}
	})
	t.Run("a datagram of 1472 bytes is one", func(t *testing.T) {
		a, b := open(t)
		want := bytes.Repeat([]byte("ab"), 736)
		a.Write([]segment.Datagram{{Addr: b.LocalAddr(), Head: want}})
		if got := readAll(t, b, 1); !bytes.Equal(got[0].Head, want) {
			t.Errorf("got %d bytes, want %d", len(got[0].Head), len(want))
		}
	})
	t.Run("a deadline that passes ends Read, and a later one lets it read again", func(t *testing.T) {
		a, b := open(t)
		b.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := b.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("got %v, want %v", err, os.ErrDeadlineExceeded)
		}
		b.SetReadDeadline(time.Time{})
		a.Write([]segment.Datagram{{Addr: b.LocalAddr(), Head: []byte("x")}})
		readAll(t, b, 1)
	})
	t.Run("a deadline set by another goroutine ends a waiting Read", func(t *testing.T) {
		_, b := open(t)
		failed := make(chan error)
		go func() {
			_, err := b.Read()
			failed <- err
		}()
		b.SetReadDeadline(time.Unix(1, 0))
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
		}
	})
	t.Run("Close ends Read and Write", func(t *testing.T) {
		a, b := open(t)
		failed := make(chan error)
		go func() {
			_, err := b.Read()
			failed <- err
		}()
		b.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read: got %v, want %v", err, net.ErrClosed)
		}
		if err := b.Write([]segment.Datagram{{Addr: a.LocalAddr(), Head: []byte("x")}}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write: got %v, want %v", err, net.ErrClosed)
		}
	})
}

// readAll reads n datagrams and copies them.
func readAll(t *testing.T, s segment.Socket, n int) (all []segment.Datagram) {
	t.Helper()
	s.SetReadDeadline(time.Now().Add(5 * time.Second))
	for len(all) < n {
		got, err := s.Read()
		if err != nil {
			t.Fatalf("after %d of %d datagrams: %v", len(all), n, err)
		}
		for _, d := range got {
			d.Head = bytes.Clone(d.Head)
			all = append(all, d)
		}
	}
	return all
}
