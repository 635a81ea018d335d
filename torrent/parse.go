package torrent

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"udptorrent/torrent/bencode"
)

// maxText is the most bytes that the announce URL may have, and the most of
// created by that is kept.
const maxText = 4096

// Parse reads a .torrent file, strictly: canonical bencode, a single file, and
// numbers that agree with each other, within the limits above. The error says what
// is wrong, and is ErrName if it is the name. A sha1 that is not 20 bytes counts as
// none. Parse keeps nothing of b.
func Parse(b []byte) (*Torrent, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf(".torrent file has %d bytes, at most %d are allowed", len(b), MaxSize)
	}
	top, err := bencode.Parse(b, bencode.Limits{Size: MaxSize})
	if err != nil {
		return nil, fmt.Errorf("not a .torrent file: %w", err)
	}
	info := top.Get("info")
	if info.Kind() != bencode.KindDict {
		return nil, errors.New("not a .torrent file: it has no info dictionary")
	}
	t := &Torrent{info: info.Clone(), InfoHash: sha1.Sum(info.Raw())}
	if err := t.readTop(top); err != nil {
		return nil, err
	}
	if err := t.readInfo(info); err != nil {
		return nil, fmt.Errorf(".torrent file: %w", err)
	}
	return t, nil
}

// readTop reads what stands beside the info dictionary.
func (t *Torrent) readTop(top bencode.Value) error {
	if announce := top.Get("announce"); announce.Kind() != bencode.KindNone {
		url, ok := announce.Bytes()
		t.Announce = string(url)
		if !ok || !isText(t.Announce) {
			return fmt.Errorf(".torrent file: announce is not a line of text of at most %d bytes", maxText)
		}
	}
	if by, ok := top.Get("created by").Bytes(); ok && isText(string(by)) {
		t.createdBy = string(by)
	}
	return nil
}

// isText reports whether s is short enough and prints on one line.
func isText(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func (t *Torrent) readInfo(info bencode.Value) error {
	if err := checkKind(info); err != nil {
		return err
	}
	name, ok := info.Get("name").Bytes()
	if !ok {
		return errors.New("name is missing or not a string")
	}
	t.Name = string(name)
	if err := CheckName(t.Name); err != nil {
		return err
	}
	if err := t.readLengths(info); err != nil {
		return err
	}
	if sum, ok := info.Get("sha1").Bytes(); ok && len(sum) == len(t.SHA1) {
		t.SHA1 = Hash(sum)
	}
	return t.readPieces(info)
}

// checkKind refuses torrents that are well made but not of a single v1 file.
func checkKind(info bencode.Value) error {
	version, _ := info.Get("meta version").Int()
	switch {
	case info.Get("files").Kind() != bencode.KindNone:
		return errors.New("it is for several files; only single-file torrents can be used")
	case version >= 2 && info.Get("pieces").Kind() == bencode.KindNone:
		return errors.New("it is a BitTorrent v2 torrent; only v1 and hybrid torrents can be used")
	}
	return nil
}

func (t *Torrent) readLengths(info bencode.Value) error {
	var ok bool
	if t.Length, ok = info.Get("length").Int(); !ok {
		return errors.New("length is missing or not a 64-bit integer")
	}
	if t.PieceLength, ok = info.Get("piece length").Int(); !ok {
		return errors.New("piece length is missing or not a 64-bit integer")
	}
	return checkLengths(t.Length, t.PieceLength)
}

// checkLengths checks what Parse and Create demand of a file and its pieces.
func checkLengths(length, pieceLength int64) error {
	switch {
	case length < 0 || length > MaxLength:
		return fmt.Errorf("length is %d bytes; 0 to 2^62 are allowed", length)
	case pieceLength < 1 || pieceLength > MaxPieceLength:
		return fmt.Errorf("piece length is %d bytes; 1 to %d are allowed", pieceLength, MaxPieceLength)
	case numPieces(length, pieceLength) > MaxPieces:
		return fmt.Errorf("%d bytes are %d pieces of %d bytes; at most %d pieces are allowed",
			length, numPieces(length, pieceLength), pieceLength, MaxPieces)
	}
	return nil
}

func (t *Torrent) readPieces(info bencode.Value) error {
	sums, ok := info.Get("pieces").Bytes()
	if !ok {
		return errors.New("pieces is missing or not a string")
	}
	n := numPieces(t.Length, t.PieceLength)
	if want := n * int64(len(Hash{})); int64(len(sums)) != want {
		return fmt.Errorf("pieces has %d bytes; a file of %d bytes in pieces of %d has %d pieces, %d bytes",
			len(sums), t.Length, t.PieceLength, n, want)
	}
	t.Pieces = make([]Hash, n)
	for i := range t.Pieces {
		t.Pieces[i] = Hash(sums[i*len(Hash{}):])
	}
	return nil
}
