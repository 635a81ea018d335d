package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"udptorrent/torrent"
)

// A part map tells which pieces of a .part file are verified:
//
//	offset  size
//	     0     8  magic, "udpt-map"
//	     8    20  info-hash
//	    28     4  number of pieces, big endian
//	    32     n  a bit for each piece, first piece in the highest bit of the
//	              first byte, spare bits zero (the order of BEP 3)
//
// A bit is set by overwriting its byte, after the piece has been written.
const (
	mapMagic  = "udpt-map"
	mapHeader = len(mapMagic) + len(torrent.Hash{}) + 4
)

// errMap says that bytes are no part map.
var errMap = errors.New("damaged map")

// appendPartMap appends the map of a torrent to b.
func appendPartMap(b []byte, h torrent.Hash, bits torrent.Bitfield) []byte {
	b = append(b, mapMagic...)
	b = append(b, h[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(bits.Len()))
	return append(b, bits.Bytes()...)
}

// foreign reports whether b is no part map, and not one that a power failure has torn
// either: of such a one there is only the beginning, or there are zeros in its place.
func foreign(b []byte) bool {
	head := b[:min(len(b), len(mapMagic))]
	return !strings.HasPrefix(mapMagic, string(head)) && len(bytes.Trim(b, "\x00")) > 0
}

// parsePartMap is the reverse of appendPartMap. Of a damaged map it may still return the
// info-hash.
func parsePartMap(b []byte) (h torrent.Hash, bits torrent.Bitfield, err error) {
	if len(b) < mapHeader || string(b[:len(mapMagic)]) != mapMagic {
		return h, bits, errMap
	}
	copy(h[:], b[len(mapMagic):])
	n := binary.BigEndian.Uint32(b[mapHeader-4:])
	if int64(len(b)-mapHeader) != (int64(n)+7)/8 {
		return h, bits, errMap
	}
	bits, err = torrent.ParseBitfield(b[mapHeader:], int(n))
	if err != nil {
		return h, bits, fmt.Errorf("%w: %w", errMap, err)
	}
	return h, bits, nil
}

// mapByte returns one byte of the bits, the one to overwrite in the map.
func mapByte(bits torrent.Bitfield, at int) []byte {
	var b byte
	for i := at * 8; i < min(at*8+8, bits.Len()); i++ {
		if bits.Has(i) {
			b |= 0x80 >> (i % 8)
		}
	}
	return []byte{b}
}
