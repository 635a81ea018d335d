package torrent

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"testing"
)

func TestVerifyFindsAWholeFileWhole(t *testing.T) {
	for _, size := range sizes {
		data := randomBytes(size.length)
		made := create(t, string(data), int64(size.pieceLength))
		have, err := Verify(context.Background(), bytes.NewReader(data), made, nil)
		if err != nil || have.Len() != made.NumPieces() || !have.Full() {
			t.Errorf("%+v: %d of %d pieces, %v", size, have.Count(), have.Len(), err)
		}
	}
}

func TestVerifyFindsEachWrongByte(t *testing.T) {
	data := randomBytes(1000)
	made := create(t, string(data), 64)
	for i := range data {
		data[i]++
		have, err := Verify(context.Background(), bytes.NewReader(data), made, nil)
		data[i]--
		if err != nil {
			t.Fatal(err)
		}
		if have.Has(i/64) || have.Count() != made.NumPieces()-1 {
			t.Errorf("byte %d: piece %v, %d of %d pieces", i, have.Has(i/64), have.Count(), have.Len())
		}
	}
}

func TestVerifyOfAShortFileLacksPieces(t *testing.T) {
	data := randomBytes(3*runSize + 100)
	for _, pieceLength := range []int64{30_000, 1 << 20, 2 << 20} {
		made := create(t, string(data), pieceLength)
		for _, n := range []int{0, 1, 29_999, 30_000, 30_001, runSize, 2*runSize + 5, len(data) - 1} {
			var seen []int64
			have, err := Verify(context.Background(), bytes.NewReader(data[:n]), made,
				func(done int64) { seen = append(seen, done) })
			if err != nil {
				t.Fatal(err)
			}
			if want := n / int(pieceLength); have.Count() != want || (want > 0 && !have.Has(want-1)) {
				t.Errorf("%d bytes in pieces of %d: %d pieces, want the first %d", n, pieceLength, have.Count(), want)
			}
			checkProgress(t, seen, made.Length)
		}
	}
}

// A torrent can carry the hash of a part of a piece. That part is still no piece.
func TestVerifyTakesNoPartForAPiece(t *testing.T) {
	made := create(t, "0123456789", 4)
	made.Pieces[1] = sha1.Sum([]byte("45"))
	have, err := Verify(context.Background(), bytes.NewReader([]byte("012345")), made, nil)
	if err != nil || have.Count() != 1 || !have.Has(0) {
		t.Errorf("%08b, %v", have.Bytes(), err)
	}
}

func TestVerifyReturnsTheErrorOfItsReader(t *testing.T) {
	broken := errors.New("disk on fire")
	made := create(t, string(make([]byte, 5*runSize)), 16<<10)
	for _, good := range []int64{0, 3 * runSize} {
		have, err := Verify(context.Background(), failing{good, broken}, made, nil)
		if !errors.Is(err, broken) || have.Len() != 0 {
			t.Errorf("after %d bytes: %d pieces, %v", good, have.Len(), err)
		}
	}
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	made := parsed(t, 50*gib, mib)
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := Verify(ctx, zeros{}, made, func(int64) {
		calls++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%v after %d calls of progress", err, calls)
	}
}
