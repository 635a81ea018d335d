package segment

import (
	"encoding/binary"
)

// have answers an INTEREST, and comes unasked when the owner has got pieces or deals
// out a turn.
//
//	header (small: flags) | number 4 | serial 4 | credit 8 | list 4 | length of it 4 |
//	first 4 | news seen 4 | bytes that follow 2 | zeros 2 | pieces 4 each, or bits
type have struct {
	nonce  uint64
	flags  uint16
	number uint32   // of the INTEREST that it answers; 0: none
	serial uint32   // counts the session's HAVEs: the credit of the latest counts
	credit uint64   // bytes of the session that may be asked; unlimited: all
	list   uint32   // names the owner's list
	length uint32   // entries of the list
	first  uint32   // place in the list of the first piece; with flagBits, the page
	seen   uint32   // so many of the asker's own news are known
	pieces []uint32 // at most maxNews
	bits   []byte   // at most pageBits / 8
}

// The flags of HAVE.
const (
	flagAll  = 1 // the owner has, or will say no more than, all pieces
	flagNews = 2 // the asker is to say which pieces it gets
	flagBits = 4 // what follows are bits and no list
)

// unlimited is the credit of an asker that need not wait for its turn.
const unlimited = 1<<64 - 1

const haveFixed = headerSize + 36

func appendHave(b []byte, m have) []byte {
	start := len(b)
	b = appendHeader(b, header{kindHave, m.flags, m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = binary.BigEndian.AppendUint32(b, m.serial)
	b = binary.BigEndian.AppendUint64(b, m.credit)
	for _, v := range [...]uint32{m.list, m.length, m.first, m.seen} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(4*len(m.pieces)+len(m.bits)))
	b = append(b, 0, 0)
	b = append(appendPieces(b, m.pieces), m.bits...)
	seal(b[start:], nil)
	return b
}

// parseHave appends the pieces to m.pieces[:0]. m.bits is a part of b.
func parseHave(m *have, h header, b []byte) error {
	const fixed = haveFixed - headerSize
	if len(b) < fixed {
		return errShort
	}
	pieces := m.pieces[:0]
	*m = have{
		nonce:  h.nonce,
		flags:  h.small,
		number: binary.BigEndian.Uint32(b),
		serial: binary.BigEndian.Uint32(b[4:]),
		credit: binary.BigEndian.Uint64(b[8:]),
		list:   binary.BigEndian.Uint32(b[16:]),
		length: binary.BigEndian.Uint32(b[20:]),
		first:  binary.BigEndian.Uint32(b[24:]),
		seen:   binary.BigEndian.Uint32(b[28:]),
		pieces: pieces,
	}
	follow := int(binary.BigEndian.Uint16(b[32:]))
	if b = b[fixed:]; len(b) != follow {
		return errFormat
	}
	if m.flags&flagBits == 0 {
		var err error
		m.pieces, err = parsePieces(pieces, b, follow/4)
		return err
	}
	if len(b) > pageBits/8 || m.first > 1<<31/pageBits {
		return errFormat
	}
	m.bits = b
	return nil
}
