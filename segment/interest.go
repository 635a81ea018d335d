package segment

import (
	"encoding/binary"
	"time"
)

// interest says what an asker wants and has. It is sent at first contact, when
// something has changed, and every second: what it says is forgotten without it.
//
//	header (small: flags) | cookie 16 | info-hash 20 | number 4 | node id 4 | port 2 |
//	count of news 2 | pieces that it has 4 | shortest round trip in microseconds 4 | bytes asked 8 |
//	list 4 | position in it 4 | page 4 | position of its news 4 |
//	rate of its turns 4 | news 4 each
type interest struct {
	nonce  uint64
	flags  uint16
	cookie cookie
	hash   InfoHash
	number uint32 // counts the session's INTERESTs; HAVE echoes it
	node   uint32
	port   uint16 // where it serves the torrent; 0: nowhere
	has    uint32
	minRTT time.Duration
	asked  uint64   // as in REQUEST
	list   uint32   // of which owner's list
	at     uint32   // so many entries it knows
	page   uint32   // of the bits that it wants, or noPage
	newsAt uint32   // place of news among all pieces that it got
	rate   uint32   // at which the best of its last turns came, in bytes per second; 0: none yet
	news   []uint32 // at most maxNews
}

// The flags of INTEREST.
const (
	flagWants  = 1 // there is something to ask of the owner
	flagPasses = 2 // there is not, and so it gives back its turn
)

const (
	interestFixed = headerSize + 84
	maxNews       = 256 // pieces in one INTEREST, or listed in one HAVE

	// pageBits is how many pieces a page of bits has, 1024 bytes.
	pageBits = 8192
	noPage   = 1<<32 - 1
)

func appendInterest(b []byte, m interest) []byte {
	start := len(b)
	b = appendHeader(b, header{kindInterest, m.flags, m.nonce})
	b = append(b, m.cookie[:]...)
	b = append(b, m.hash[:]...)
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = binary.BigEndian.AppendUint32(b, m.node)
	b = binary.BigEndian.AppendUint16(b, m.port)
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.news)))
	b = binary.BigEndian.AppendUint32(b, m.has)
	b = binary.BigEndian.AppendUint32(b, uint32(min(m.minRTT.Microseconds(), 1<<32-1)))
	b = binary.BigEndian.AppendUint64(b, m.asked)
	for _, v := range [...]uint32{m.list, m.at, m.page, m.newsAt, m.rate} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	b = appendPieces(b, m.news)
	seal(b[start:], nil)
	return b
}

// parseInterest appends the news to m.news[:0], so that a caller can reuse m.
func parseInterest(m *interest, h header, b []byte) error {
	const fixed = interestFixed - headerSize
	if len(b) < fixed {
		return errShort
	}
	news, err := parsePieces(m.news[:0], b[fixed:], int(binary.BigEndian.Uint16(b[46:])))
	if err != nil {
		return err
	}
	*m = interest{
		nonce:  h.nonce,
		flags:  h.small,
		number: binary.BigEndian.Uint32(b[36:]),
		node:   binary.BigEndian.Uint32(b[40:]),
		port:   binary.BigEndian.Uint16(b[44:]),
		has:    binary.BigEndian.Uint32(b[48:]),
		minRTT: time.Duration(binary.BigEndian.Uint32(b[52:])) * time.Microsecond,
		asked:  binary.BigEndian.Uint64(b[56:]),
		list:   binary.BigEndian.Uint32(b[64:]),
		at:     binary.BigEndian.Uint32(b[68:]),
		page:   binary.BigEndian.Uint32(b[72:]),
		newsAt: binary.BigEndian.Uint32(b[76:]),
		rate:   binary.BigEndian.Uint32(b[80:]),
		news:   news,
	}
	copy(m.cookie[:], b)
	copy(m.hash[:], b[16:])
	return nil
}

func appendPieces(b []byte, pieces []uint32) []byte {
	for _, i := range pieces {
		b = binary.BigEndian.AppendUint32(b, i)
	}
	return b
}

// parsePieces appends n pieces, which fill b, to list. They hold no promise about the file.
func parsePieces(list []uint32, b []byte, n int) ([]uint32, error) {
	if len(b) != 4*n || n > maxNews {
		return list, errFormat
	}
	for ; len(b) > 0; b = b[4:] {
		list = append(list, binary.BigEndian.Uint32(b))
	}
	return list, nil
}
