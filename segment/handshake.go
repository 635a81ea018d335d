package segment

import (
	"encoding/binary"
)

// cookie proves that its bearer can receive at the address it was made for.
type cookie [16]byte

// hello asks for a cookie, and whether the owner has the torrent.
//
//	header (small: 0) | info-hash 20 | number 4 | zeros to 64 bytes
type hello struct {
	nonce  uint64
	hash   InfoHash
	number uint32 // counts this session's HELLOs; COOKIE echoes it, for the RTT
}

func appendHello(b []byte, m hello) []byte {
	start := len(b)
	b = appendHeader(b, header{kindHello, 0, m.nonce})
	b = append(b, m.hash[:]...)
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = append(b, make([]byte, helloSize-(len(b)-start))...)
	seal(b[start:], nil)
	return b
}

func parseHello(h header, b []byte) (hello, error) {
	if len(b) < helloSize-headerSize {
		return hello{}, errShort
	}
	m := hello{nonce: h.nonce, number: binary.BigEndian.Uint32(b[20:])}
	copy(m.hash[:], b)
	return m, nil
}

// grant is the COOKIE message.
//
//	header (small: lifetime in seconds) | number 4 | cookie 16 | most in a REQUEST 4 |
//	most in the queue 4 | flags 1 | zeros 3
type grant struct {
	nonce      uint64
	lifetime   uint16 // seconds that the cookie is good for
	number     uint32 // of the HELLO that it answers
	cookie     cookie
	maxRequest uint32 // most bytes that one REQUEST may ask for
	maxQueue   uint32 // most bytes that the owner queues for one address
	flags      uint8
}

// flagOpen in a COOKIE: the owner has everything, and it may be asked for at once. If
// not, an INTEREST comes before the first REQUEST.
const flagOpen = 1

func appendGrant(b []byte, m grant) []byte {
	start := len(b)
	b = appendHeader(b, header{kindCookie, m.lifetime, m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = append(b, m.cookie[:]...)
	b = binary.BigEndian.AppendUint32(b, m.maxRequest)
	b = binary.BigEndian.AppendUint32(b, m.maxQueue)
	b = append(b, m.flags, 0, 0, 0)
	seal(b[start:], nil)
	return b
}

func parseGrant(h header, b []byte) (grant, error) {
	if len(b) != cookieSize-headerSize {
		return grant{}, errFormat
	}
	m := grant{
		nonce:      h.nonce,
		lifetime:   h.small,
		number:     binary.BigEndian.Uint32(b),
		maxRequest: binary.BigEndian.Uint32(b[20:]),
		maxQueue:   binary.BigEndian.Uint32(b[24:]),
		flags:      b[28],
	}
	copy(m.cookie[:], b[4:])
	return m, nil
}
