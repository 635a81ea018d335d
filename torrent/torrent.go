// Package torrent makes, reads and checks .torrent files: the metainfo of BEP 3,
// version 1, for a single file. It reads files through io.ReaderAt only.
//
// A .torrent file is a bencoded dictionary:
//
//	announce        the URL of the tracker
//	created by      the program that made it
//	info
//	  length        bytes in the file
//	  name          the name of the file
//	  piece length  bytes in each piece but the last
//	  pieces        the SHA-1 of each piece, one after the other
//	  sha1          the SHA-1 of the whole file; optional, not in BEP 3
//
// The SHA-1 of info is the info-hash, which names the torrent everywhere.
package torrent

import (
	"crypto/sha1"

	"udptorrent/torrent/bencode"
)

// Limits of what Parse reads and Create makes.
const (
	// MaxSize is the most bytes that a .torrent file may have.
	MaxSize = 32 << 20

	// MaxLength is the most bytes that a shared file may have. Below it no sum
	// of a length and a piece length overflows.
	MaxLength = 1 << 62

	// MaxPieceLength is the most bytes that a piece may have, since whoever
	// downloads a piece holds it in memory. The least is one byte.
	MaxPieceLength = 64 << 20

	// MaxPieces is the most pieces that a torrent may have: with room for the
	// other keys, their hashes fill a .torrent file of MaxSize.
	MaxPieces = 3 << 19
)

// A Torrent is the metainfo of one shared file. It comes from Parse or from Create
// and, but for Announce, is not to be changed: Bytes writes the info dictionary as
// it was.
type Torrent struct {
	Announce    string // URL of the tracker; may be empty
	Name        string // of the file, by the rules of CheckName
	Length      int64  // of the file, in bytes
	PieceLength int64  // of each piece but the last, in bytes
	Pieces      []Hash // of each piece
	SHA1        Hash   // of the whole file; zero if the torrent has none
	InfoHash    Hash   // of the info dictionary

	createdBy string
	info      bencode.Value // as it was read or made
}

// NumPieces returns the number of pieces; an empty file has none.
func (t *Torrent) NumPieces() int { return len(t.Pieces) }

// Piece returns where piece i lies in the file: its offset and its length, in
// bytes. There must be a piece i.
func (t *Torrent) Piece(i int) (off, n int64) {
	off = int64(i) * t.PieceLength
	return off, min(t.PieceLength, t.Length-off)
}

// BytesOf returns the length of some of its pieces together, in bytes.
func (t *Torrent) BytesOf(have Bitfield) (bytes int64) {
	for i := range have.All() {
		_, n := t.Piece(i)
		bytes += n
	}
	return bytes
}

// numPieces returns how many pieces a file has.
func numPieces(length, pieceLength int64) int64 {
	return (length + pieceLength - 1) / pieceLength
}

// PieceLength returns the piece length for a file of length bytes. It is a power
// of two from 16 KiB to MaxPieceLength: the least that makes at most 1,024 pieces,
// but not above 1 MiB as long as there are at most 65,536 of those. Files to 64 GiB
// so have pieces that are cheap to hold in memory and to fetch again.
func PieceLength(length int64) int64 {
	const (
		shortest  = 16 << 10
		ordinary  = 1 << 20
		fewPieces = 1024
		allPieces = 65536
	)
	n := int64(shortest)
	for n < ordinary && numPieces(length, n) > fewPieces {
		n *= 2
	}
	for n < MaxPieceLength && numPieces(length, n) > allPieces {
		n *= 2
	}
	return n
}

// Bytes returns the .torrent file, always the same for the same Torrent. The info dictionary is byte for byte the one
// that was parsed, unknown keys included; of the keys beside it, announce and
// created by remain.
func (t *Torrent) Bytes() []byte {
	entries := map[string]bencode.Value{"info": t.info}
	if t.Announce != "" {
		entries["announce"] = bencode.String(t.Announce)
	}
	if t.createdBy != "" {
		entries["created by"] = bencode.String(t.createdBy)
	}
	return bencode.Dict(entries).Raw()
}

// setInfo gives t the info dictionary of its fields, and their info-hash.
func (t *Torrent) setInfo() {
	entries := map[string]bencode.Value{
		"length":       bencode.Int(t.Length),
		"name":         bencode.String(t.Name),
		"piece length": bencode.Int(t.PieceLength),
		"pieces":       bencode.String(joinHashes(t.Pieces)),
	}
	if !t.SHA1.IsZero() {
		entries["sha1"] = bencode.String(t.SHA1[:])
	}
	t.info = bencode.Dict(entries)
	t.InfoHash = sha1.Sum(t.info.Raw())
}

func joinHashes(hashes []Hash) []byte {
	b := make([]byte, 0, len(hashes)*len(Hash{}))
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}
