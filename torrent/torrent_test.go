package torrent

import (
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	kib = int64(1) << 10
	mib = int64(1) << 20
	gib = int64(1) << 30
	tib = int64(1) << 40
)

// randomBytes returns n bytes that are the same on every run.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// create makes the torrent of data in pieces of the given length.
func create(t testing.TB, data string, pieceLength int64) *Torrent {
	t.Helper()
	made, err := Create(context.Background(), strings.NewReader(data), int64(len(data)),
		CreateOptions{Name: "file", Announce: "http://localhost:12345", PieceLength: pieceLength})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestPieceLengthGrowsWithTheFile(t *testing.T) {
	for _, test := range []struct{ length, want int64 }{
		{0, 16 * kib}, {1, 16 * kib}, {5 * mib, 16 * kib},
		{16 * mib, 16 * kib}, {16*mib + 1, 32 * kib},
		{100_000_000, 128 * kib}, {gib - 1, mib}, {gib, mib}, {5 * gib, mib}, {20 * gib, mib},
		{64 * gib, mib}, {64*gib + 1, 2 * mib}, {128 * gib, 2 * mib}, {tib, 16 * mib},
		{4 * tib, 64 * mib}, {5 * tib, 64 * mib}, {MaxLength, 64 * mib},
	} {
		if got := PieceLength(test.length); got != test.want {
			t.Errorf("PieceLength(%d) = %d, want %d", test.length, got, test.want)
		}
	}
}

func TestPieceLengthKeepsThePiecesFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.Int64Range(0, 4*tib).Draw(t, "length")
		n := PieceLength(length)
		pieces := numPieces(length, n)
		switch {
		case bits.OnesCount64(uint64(n)) != 1 || n < 16*kib:
			t.Fatalf("piece length %d", n)
		case length <= 64*gib && n > mib:
			t.Fatalf("piece length %d for %d bytes", n, length)
		case n > 16*kib && n <= mib/2 && (pieces <= 512 || pieces > 1024):
			t.Fatalf("%d pieces of %d", pieces, n)
		case pieces > 65536:
			t.Fatalf("%d pieces", pieces)
		}
	})
}

// parsed returns the torrent of zeros of a length that no test would hash.
func parsed(t *testing.T, length, pieceLength int64) *Torrent {
	t.Helper()
	pieces := strings.Repeat("x", int(numPieces(length, pieceLength))*20)
	made, err := Parse(fmt.Appendf(nil, "d4:infod6:lengthi%de4:name4:file12:piece lengthi%de6:pieces%d:%see",
		length, pieceLength, len(pieces), pieces))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestPiecesCoverTheFileOnceAndInOrder(t *testing.T) {
	for _, length := range []int64{
		0, 1, 16*kib - 1, 16 * kib, 16*kib + 1, 4*gib - 1, 4 * gib, 4*gib + 1, 5*gib + 123, 20 * gib, 70*gib + 1, tib + 5,
	} {
		made := parsed(t, length, PieceLength(length))
		var at int64
		for i := range made.NumPieces() {
			off, n := made.Piece(i)
			if off != at || n < 1 || n > made.PieceLength {
				t.Fatalf("length %d, piece %d: %d bytes at %d, want it at %d", length, i, n, off, at)
			}
			at += n
		}
		if at != length {
			t.Errorf("length %d: pieces end at %d", length, at)
		}
	}
}

func TestPiecesPastFourGibibytes(t *testing.T) {
	made := parsed(t, 5*gib+3, mib)
	if off, n := made.Piece(5 * 1024); off != 5*gib || n != 3 || made.NumPieces() != 5*1024+1 {
		t.Errorf("last of %d pieces has %d bytes at %d", made.NumPieces(), n, off)
	}
	if off, n := made.Piece(4096); off != 4*gib || n != mib {
		t.Errorf("piece 4096 has %d bytes at %d", n, off)
	}
}
