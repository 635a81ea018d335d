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
func recheck(ctx context.Context, r io.ReaderAt, t *torrent.Torrent, claimed torrent.Bitfield, progress func(done int64)) (torrent.Bitfield, error) {
	right := torrent.NewBitfield(t.NumPieces())
	pieces := make(chan int)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex // guards right, done and calls to progress
		done int64
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			buf := make([]byte, 256<<10)
			for i := range pieces {
				off, n := t.Piece(i)
				sum, err := hashRange(r, off, n, buf)
				mu.Lock()
				if err == nil && sum == t.Pieces[i] {
					right.Set(i)
				}
				if done += n; progress != nil {
					progress(done)
				}
				mu.Unlock()
			}
		})
	}
	for i := 0; i < claimed.Len() && ctx.Err() == nil; i++ {
		if claimed.Has(i) {
			pieces <- i
		}
	}
	close(pieces)
	wg.Wait()
	return right, ctx.Err()
}

// hashRange returns the SHA-1 of n bytes at off. An error means that they cannot
// be read, so they are not right either.
func hashRange(r io.ReaderAt, off, n int64, buf []byte) (torrent.Hash, error) {
	h := sha1.New()
	// The wrapping hides hash.Hash's and SectionReader's own copying, which would
	// not use buf.
	_, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{io.NewSectionReader(r, off, n)}, buf)
	return torrent.Hash(h.Sum(nil)), err
}
