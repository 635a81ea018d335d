package torrent

import (
	"cmp"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
)

// ErrShrank is what Create returns when the file ends before its length.
var ErrShrank = errors.New("file shrank while it was read")

// CreateOptions say what a new torrent is to hold.
type CreateOptions struct {
	Name     string // of the file, by the rules of CheckName
	Announce string // URL of the tracker; may be empty

	// PieceLength is in bytes, from 1 to MaxPieceLength; 0 means that of the
	// function PieceLength. Some programs read powers of two from 16 KiB only.
	PieceLength int64

	// Progress is called, if not nil, with the number of bytes that have been
	// hashed: more each time, and length at the end. It is called by the
	// goroutine that called Create.
	Progress func(done int64)
}

// Create makes the torrent of the first length bytes of r, in one pass. It returns
// ctx.Err() when ctx ends and ErrShrank if r is shorter. The same file and options
// always give the same torrent.
func Create(ctx context.Context, r io.ReaderAt, length int64, o CreateOptions) (*Torrent, error) {
	if err := CheckName(o.Name); err != nil {
		return nil, err
	}
	if !isText(o.Announce) {
		return nil, fmt.Errorf("announce %.80q is not a line of text of at most %d bytes", o.Announce, maxText)
	}
	t := &Torrent{
		Announce:    o.Announce,
		Name:        o.Name,
		Length:      length,
		PieceLength: cmp.Or(o.PieceLength, PieceLength(length)),
		createdBy:   "udptorrent",
	}
	if err := checkLengths(t.Length, t.PieceLength); err != nil {
		return nil, err
	}
	if err := t.hashFile(ctx, r, o.Progress); err != nil {
		return nil, err
	}
	t.setInfo()
	return t, nil
}

// The memory of one Create is so many spans of so many bytes, whatever the file.
const (
	spanSize = 256 << 10
	maxSpans = 8
)

// hashFile sets the hashes of t's pieces and of the whole file.
//
// Three goroutines stand in a row and pass spans of the file along: one reads, one
// hashes the whole file, one (the caller's) hashes pieces and hands the span back
// to the first. Whoever has a span owns it. The hash of the whole is one chain that
// no second core can shorten, so it sets the pace, and one core for the pieces keeps
// up with it.
func (t *Torrent) hashFile(ctx context.Context, r io.ReaderAt, progress func(done int64)) error {
	spans := int(min(maxSpans, numPieces(t.Length, spanSize)))

	// No channel can hold more than all spans, so no goroutine waits to send.
	// Each closes its output when its input is at an end.
	free := make(chan []byte, spans)
	read := make(chan []byte, spans)
	hashed := make(chan []byte, spans)
	for range spans {
		free <- make([]byte, min(spanSize, t.Length))
	}

	var readErr error // the reader's until it closes read
	go func() {
		defer close(read)
		readErr = readSpans(ctx, r, t.Length, free, read)
	}()
	go func() {
		defer close(hashed)
		whole := sha1.New()
		for span := range read {
			whole.Write(span)
			hashed <- span
		}
		t.SHA1 = sumOf(whole)
	}()

	pieces := newPieceHasher(t.PieceLength, int(numPieces(t.Length, t.PieceLength)))
	var done int64
	for span := range hashed {
		pieces.Write(span)
		done += int64(len(span))
		if progress != nil && ctx.Err() == nil {
			progress(done)
		}
		free <- span[:cap(span)]
	}
	t.Pieces = pieces.finish()
	return readErr
}

// readSpans reads length bytes of r from the start into the spans it gets from
// free, and passes them on to read.
func readSpans(ctx context.Context, r io.ReaderAt, length int64, free <-chan []byte, read chan<- []byte) error {
	for off := int64(0); off < length; {
		span := <-free
		if err := ctx.Err(); err != nil {
			return err
		}
		span = span[:min(int64(len(span)), length-off)]
		n, err := r.ReadAt(span, off)
		switch {
		case n == len(span): // whatever err is
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: it ends at byte %d of %d", ErrShrank, off+int64(n), length)
		default:
			return fmt.Errorf("reading at byte %d: %w", off+int64(n), err)
		}
		off += int64(n)
		read <- span
	}
	return nil
}
