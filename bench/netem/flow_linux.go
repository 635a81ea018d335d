package netem

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Flow is a TCP connection from one host to another that always has something to send.
type Flow struct {
	received atomic.Int64
	conns    []net.Conn
}

// Flow starts a flow with a congestion control of TCP, such as "cubic".
func (s *Star) Flow(from, to int, congestion string) (*Flow, error) {
	var l net.Listener
	if err := s.In(to, func() (err error) {
		l, err = net.Listen("tcp4", s.Addr(to).String()+":0")
		return err
	}); err != nil {
		return nil, err
	}
	defer l.Close()
	dialer := net.Dialer{Timeout: 5 * time.Second, Control: func(_, _ string, c syscall.RawConn) (err error) {
		c.Control(func(fd uintptr) {
			err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion)
		})
		return err
	}}
	var source net.Conn
	if err := s.In(from, func() (err error) {
		source, err = dialer.DialContext(context.Background(), "tcp4", l.Addr().String())
		return err
	}); err != nil {
		return nil, fmt.Errorf("TCP %s: %w", congestion, err)
	}
	sink, err := l.Accept()
	if err != nil {
		source.Close()
		return nil, err
	}
	f := &Flow{conns: []net.Conn{source, sink}}
	go f.send(source)
	go io.Copy(f, sink)
	return f, nil
}

func (f *Flow) send(conn net.Conn) {
	zeros := make([]byte, 64<<10)
	for {
		if _, err := conn.Write(zeros); err != nil {
			return
		}
	}
}

// Write counts what arrives.
func (f *Flow) Write(b []byte) (int, error) {
	f.received.Add(int64(len(b)))
	return len(b), nil
}

// Received returns how many bytes have arrived.
func (f *Flow) Received() int64 { return f.received.Load() }

// Close ends the flow.
func (f *Flow) Close() {
	for _, c := range f.conns {
		c.Close()
	}
}
