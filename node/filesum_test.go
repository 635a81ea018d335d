package node

import (
	"context"
	"crypto/sha1"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/torrent"
)

// growing is a file whose beginning grows.
type growing struct {
	content []byte
	here    atomic.Int64
	read    atomic.Int64 // bytes
	fails   atomic.Bool
}

var errUnreadable = errors.New("cannot be read")

func (g *growing) Beginning() int64 { return g.here.Load() }

func (g *growing) ReadAt(b []byte, off int64) (int, error) {
	if g.fails.Load() {
		return 0, errUnreadable
	}
	n := copy(b, g.content[off:])
	g.read.Add(int64(n))
	if off+int64(n) == int64(len(g.content)) {
		return n, io.EOF // as io.ReaderAt may
	}
	return n, nil
}

func newGrowing(n int) *growing {
	g := &growing{content: make([]byte, n)}
	rand.NewChaCha8([32]byte{7}).Read(g.content)
	return g
}

func TestAFileIsHashedWhileItComes(t *testing.T) {
	for _, n := range []int{0, 1, 256 << 10, 3<<20 + 17} {
		synctest.Test(t, func(t *testing.T) {
			g := newGrowing(n)
			s := followFile(t.Context(), g, int64(n), nil)
			for _, here := range []int{n / 3, n / 3, n - n/5} {
				g.here.Store(int64(here))
				s.grow()
				s.grow()
				synctest.Wait()
				if got := g.read.Load(); got != int64(here) {
					t.Errorf("of %d bytes, when %d were there %d had been read", n, here, got)
				}
			}
			g.here.Store(int64(n))
			sum, err := s.end(t.Context())
			if want := torrent.Hash(sha1.Sum(g.content)); err != nil || sum != want {
				t.Errorf("of %d bytes: %s, %v; want %s", n, sum, err, want)
			}
			if got := g.read.Load(); got != int64(n) {
				t.Errorf("of %d bytes %d were read", n, got)
			}
		})
	}
}

func TestAFileThatCannotBeReadForAWhileIsHashedAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGrowing(1 << 20)
		g.fails.Store(true)
		s := followFile(t.Context(), g, 1<<20, nil)
		g.here.Store(1 << 20)
		s.grow()
		synctest.Wait()
		if _, err := s.end(t.Context()); !errors.Is(err, errUnreadable) {
			t.Errorf("unreadable: %v", err)
		}
		g.fails.Store(false)
		sum, err := s.end(t.Context())
		if want := torrent.Hash(sha1.Sum(g.content)); err != nil || sum != want {
			t.Errorf("%s, %v; want %s", sum, err, want)
		}
	})
}

func TestHashingOfAFileEndsWithItsDownload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g := newGrowing(1 << 20)
		s := followFile(ctx, g, 1<<20, nil)
		time.Sleep(2 * time.Second)
		g.here.Store(1 << 20)
		s.grow()
		synctest.Wait()
		if got := g.read.Load(); got > 0 {
			t.Errorf("%d bytes were read after the end", got)
		}
		if _, err := s.end(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("end: %v", err)
		}
		s.stop()

		short := followFile(t.Context(), g, 2<<20, nil)
		if _, err := short.end(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a file that is too short: %v", err)
		}
		var none *fileSum
		none.grow()
		none.stop()
	})
}

func TestWhatCameOfAPartIsHashedInItsOrder(t *testing.T) {
	b := newBooth(t)
	part := b.partial()
	s := followFile(t.Context(), part, b.tor.Length, nil)
	order := rand.New(rand.NewPCG(1, 2)).Perm(b.tor.NumPieces())
	for _, i := range order {
		b.write(part, i)
		s.grow()
	}
	sum, err := s.end(t.Context())
	if want := torrent.Hash(sha1.Sum(b.content)); err != nil || sum != want {
		t.Errorf("%s, %v; want %s", sum, err, want)
	}
}
