package torrent

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// runSize is about how many bytes a core hashes before it reports: whole pieces,
// at least one.
const runSize = 1 << 20

// Verify reads the file r, hashes its pieces on all cores, and returns which of
// them are those of t. A file that is too short lacks pieces, which is no error; one
// that is too long does not show here. r is read by several goroutines at a time,
// and not after Verify has returned.
//
// progress, if not nil, is called with the number of bytes that have been looked
// at, there or not: more each time, and t.Length at the end. It is called by the
// goroutine that called Verify.
//
// The error is ctx.Err() when ctx ends, or what r fails with.
func Verify(ctx context.Context, r io.ReaderAt, t *Torrent, progress func(done int64)) (Bitfield, error) {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	perRun := int(max(1, runSize/t.PieceLength))
	v := verifier{t: t, r: r, perRun: perRun, runs: (t.NumPieces() + perRun - 1) / perRun}
	results := make(chan run)
	var workers sync.WaitGroup
	for range min(runtime.NumCPU(), v.runs) {
		workers.Go(func() { v.work(working, cancel, results) })
	}
	go func() {
		workers.Wait()
		close(results)
	}()

	have := NewBitfield(t.NumPieces())
	var done int64
	for run := range results {
		for _, piece := range run.good {
			have.Set(piece)
		}
		done += run.size
		if progress != nil && working.Err() == nil {
			progress(done)
		}
	}
	if ctx.Err() != nil {
		return Bitfield{}, ctx.Err()
	}
	if working.Err() != nil {
		return Bitfield{}, context.Cause(working)
	}
	return have, nil
}

// A verifier hands out runs of pieces to the workers of one Verify.
type verifier struct {
	t      *Torrent
	r      io.ReaderAt
	perRun int          // pieces in each run but the last
	runs   int          // in all
	next   atomic.Int64 // run to hand out; shared by the workers
}

// A run is some pieces in a row, hashed by one worker.
type run struct {
	size int64 // bytes
	good []int // the pieces whose hash is right
}

// work hashes runs until there are no more, ctx ends, or r fails, with which it
// then cancels the others.
func (v *verifier) work(ctx context.Context, cancel context.CancelCauseFunc, results chan<- run) {
	pieces := newPieceHasher(v.t.PieceLength, v.perRun)
	buf := make([]byte, spanSize)
	for ctx.Err() == nil {
		i := int(v.next.Add(1)) - 1
		if i >= v.runs {
			return
		}
		result, err := v.check(i, pieces, buf)
		if err != nil {
			cancel(err)
			return
		}
		results <- result
	}
}

// check hashes run i.
func (v *verifier) check(i int, pieces *pieceHasher, buf []byte) (run, error) {
	first := i * v.perRun
	last := min(first+v.perRun, v.t.NumPieces()) - 1
	off, _ := v.t.Piece(first)
	lastOff, lastSize := v.t.Piece(last)
	size := lastOff + lastSize - off

	pieces.reset()
	n, err := io.CopyBuffer(pieces, io.NewSectionReader(v.r, off, size), buf)
	if err != nil {
		return run{}, fmt.Errorf("reading at byte %d: %w", off+n, err)
	}
	sums := pieces.finish()
	if n < size { // the file ends here: what is left of a piece is no piece
		sums = sums[:n/v.t.PieceLength]
	}
	result := run{size: size}
	for j, sum := range sums {
		if sum == v.t.Pieces[first+j] {
			result.good = append(result.good, first+j)
		}
	}
	return result, nil
}
