package torrent

import (
	"crypto/sha1"
	"hash"
)

// A pieceHasher cuts the bytes that are written to it into pieces and makes the
// hash of each.
type pieceHasher struct {
	pieceLength int64
	h           hash.Hash
	n           int64 // bytes of the piece in hand
	sums        []Hash
}

// newPieceHasher returns a hasher with room for the given number of pieces.
func newPieceHasher(pieceLength int64, pieces int) *pieceHasher {
	return &pieceHasher{pieceLength: pieceLength, h: sha1.New(), sums: make([]Hash, 0, pieces)}
}

// Write takes the next bytes of the file. It does not fail.
func (p *pieceHasher) Write(b []byte) (int, error) {
	written := len(b)
	for len(b) > 0 {
		part := b[:min(int64(len(b)), p.pieceLength-p.n)]
		p.h.Write(part)
		p.n += int64(len(part))
		b = b[len(part):]
		if p.n == p.pieceLength {
			p.end()
		}
	}
	return written, nil
}

// finish ends the last piece, which may be short, and returns the hash of each
// piece since the hasher was made or reset. They are valid until the next Write.
func (p *pieceHasher) finish() []Hash {
	if p.n > 0 {
		p.end()
	}
	return p.sums
}

// reset begins anew.
func (p *pieceHasher) reset() {
	p.h.Reset()
	p.n = 0
	p.sums = p.sums[:0]
}

// end ends the piece in hand.
func (p *pieceHasher) end() {
	p.sums = append(p.sums, sumOf(p.h))
	p.h.Reset()
	p.n = 0
}

// sumOf returns what a SHA-1 has come to.
func sumOf(h hash.Hash) (sum Hash) {
	h.Sum(sum[:0])
	return sum
}
