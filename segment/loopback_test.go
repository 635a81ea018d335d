package segment_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"udptorrent/segment"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func openUDP(t testing.TB) segment.Socket {
	sock, err := segment.OpenUDP(loopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	return sock
}

// counter is a sink that wants n bytes in order and keeps none of them.
type counter struct {
	n, next, got int64
	done         func()
}

func (c *counter) Next(owner, max int, now time.Time) (int64, int) {
	off, n := c.next, min(int64(max), c.n-c.next)
	c.next += n
	return off, int(n)
}
func (c *counter) Wanted(owner int, off int64, n int) bool { return true }
func (c *counter) Arrived(owner int, off int64, data []byte, now time.Time) {
	if c.got += int64(len(data)); c.got >= c.n {
		c.done()
	}
}
func (c *counter) Connected(int, time.Time)   {}
func (c *counter) Gone(int, error, time.Time) {}

// zeros is a content of n zero bytes.
type zeros int64

func (z zeros) ReadAt(b []byte, off int64) (int, error) { clear(b); return len(b), nil }
func (z zeros) Size() int64                             { return int64(z) }

// BenchmarkLoopback moves 64 MiB from three owners over real sockets, in one process.
func BenchmarkLoopback(b *testing.B) {
	const size = 64 << 20
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var addrs []netip.AddrPort
	for range 3 {
		sock := openUDP(b)
		server := segment.NewServer(sock, segment.ServerConfig{Library: library{zeros(size)}})
		go server.Run(ctx)
		addrs = append(addrs, sock.LocalAddr())
	}
	b.SetBytes(size)
	for b.Loop() {
		sock := openUDP(b)
		sink := &counter{n: size}
		fetch := segment.NewFetch(sock, segment.FetchConfig{InfoHash: hash, Sink: sink})
		var lost, asked int64
		sink.done = func() {
			for i := range addrs {
				lost += fetch.Stats(i).Lost
				asked += fetch.Stats(i).Asked
			}
			fetch.Stop()
		}
		fetch.Do(func(time.Time) {
			for i, addr := range addrs {
				fetch.Connect(i, addr)
			}
		})
		if err := fetch.Run(ctx); err != nil {
			b.Fatal(err)
		}
		sock.Close()
		b.ReportMetric(100*float64(lost)/float64(asked), "%lost")
	}
}
