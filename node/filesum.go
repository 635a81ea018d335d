package node

import (
	"context"
	"crypto/sha1"
	"errors"
	"hash"
	"io"
	"sync"

	"udptorrent/torrent"
)

// A fileSum computes the SHA-1 of a whole file while its pieces still come. SHA-1 goes from the
// first byte to the last, so it follows the verified beginning of the file: what is left to hash
// when the last piece has come is what lies behind that piece.
type fileSum struct {
	file   beginning
	length int64
	labour *labour

	// The goroutine of follow owns these until end or stop has waited for it.
	hash hash.Hash
	at   int64 // bytes that are hashed
	buf  []byte

	grown     chan struct{} // holds one: there may be more to hash
	following sync.WaitGroup
	cancel    context.CancelFunc
}

// beginning is a file that grows together in any order; a disk.Part is one.
type beginning interface {
	io.ReaderAt
	Beginning() int64 // bytes from the first on that can be read
}

// followFile starts to hash a file of so many bytes. The caller must call end or stop.
func followFile(ctx context.Context, file beginning, length int64, l *labour) *fileSum {
	s := &fileSum{
		file: file, length: length, labour: l, hash: sha1.New(), buf: make([]byte, 256<<10),
		grown: make(chan struct{}, 1),
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.following.Go(func() { s.follow(ctx) })
	return s
}

// grow says that a piece has come. It does not wait, and may be called of nil.
func (s *fileSum) grow() {
	if s == nil {
		return
	}
	select {
	case s.grown <- struct{}{}:
	default:
	}
}

// follow hashes what is there, until ctx ends or the file cannot be read: end comes to the
// same place and says why.
func (s *fileSum) follow(ctx context.Context) {
	for {
		if s.advance(ctx) != nil {
			return
		}
		select {
		case <-s.grown:
		case <-ctx.Done():
			return
		}
	}
}

// advance hashes up to where the file's beginning ends.
func (s *fileSum) advance(ctx context.Context) error {
	if s.file.Beginning()-s.at > bulk {
		defer s.labour.begin()()
	}
	for s.at < s.file.Beginning() {
		rest := s.file.Beginning() - s.at
		n, err := s.file.ReadAt(s.buf[:min(int64(len(s.buf)), rest)], s.at)
		s.hash.Write(s.buf[:n])
		s.at += int64(n)
		if err == io.EOF && n > 0 {
			err = nil // io.ReaderAt may return it with the last bytes
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// end returns the SHA-1 of the file, which is there as a whole.
func (s *fileSum) end(ctx context.Context) (torrent.Hash, error) {
	s.stop()
	if err := s.advance(ctx); err != nil {
		return torrent.Hash{}, err
	}
	if s.at != s.length {
		return torrent.Hash{}, io.ErrUnexpectedEOF
	}
	return torrent.Hash(s.hash.Sum(nil)), nil
}

// stop ends the hashing. It may be called again, and of nil.
func (s *fileSum) stop() {
	if s == nil {
		return
	}
	s.cancel()
	s.following.Wait()
}
