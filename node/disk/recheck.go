package disk

import (
	"context"
	"crypto/sha1"
	"io"
	"runtime"
	"sync"

	"udptorrent/torrent"
)

// recheck hashes the claimed pieces on all cores and returns those that are right.
// It reads only what is claimed, so a sparse file costs nothing where it is empty.
// A piece that cannot be read may be right all the same: that is an error.
func recheck(ctx context.Context, r io.ReaderAt, t *torrent.Torrent, claimed torrent.Bitfield, progress func(done int64)) (torrent.Bitfield, error) {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := checker{t: t, r: r, right: torrent.NewBitfield(t.NumPieces()), progress: progress}
	pieces := make(chan int)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			buf := make([]byte, 256<<10)
			for i := range pieces {
				if err := c.check(i, buf); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range claimed.All() {
		if working.Err() != nil {
			break
		}
		pieces <- i
	}
	close(pieces)
	wg.Wait()
	if ctx.Err() != nil {
		return c.right, ctx.Err()
	}
	return c.right, context.Cause(working)
}

// A checker is what the goroutines of one recheck share.
type checker struct {
	t *torrent.Torrent
	r io.ReaderAt

	mu       sync.Mutex // guards the rest, and calls to progress
	right    torrent.Bitfield
	done     int64
	progress func(done int64) // may be nil
}

// check hashes piece i.
func (c *checker) check(i int, buf []byte) error {
	off, n := c.t.Piece(i)
	sum, err := hashRange(c.r, off, n, buf)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if sum == c.t.Pieces[i] {
		c.right.Set(i)
	}
	if c.done += n; c.progress != nil {
		c.progress(c.done)
	}
	return nil
}

// hashRange returns the SHA-1 of n bytes at off, or of what there is of them if the file
// ends before.
func hashRange(r io.ReaderAt, off, n int64, buf []byte) (torrent.Hash, error) {
	h := sha1.New()
	// The wrapping hides hash.Hash's and SectionReader's own copying, which would
	// not use buf.
	_, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{io.NewSectionReader(r, off, n)}, buf)
	return torrent.Hash(h.Sum(nil)), err
}
