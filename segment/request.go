package segment

import (
	"encoding/binary"
	"fmt"
)

// span is a byte range of a file whose blocks carry consecutive transmission
// numbers: block k has number+k, modulo 2^32.
type span struct {
	off    int64
	n      int
	number uint32
}

// request asks for byte ranges, each cut into blocks of one size; the last block
// of a range may be shorter.
//
//	header (small: block size) | cookie 16 | info-hash 20 | flags 1 | port 2 | zero 1 |
//	bytes asked 8 | ranges
//	range: offset 8 | length 4 | number of its first block 4
type request struct {
	nonce  uint64
	block  int // payload bytes of each DATA
	cookie cookie
	hash   InfoHash
	flags  uint8
	port   uint16 // where an owner on the same machine answers to; 0: to where it was asked from
	asked  uint64 // bytes of the session asked for so far, these included; repeats do not count
	ranges []span // 1 to maxRanges
}

// Flags of a REQUEST.
const (
	// flagPlain: send every datagram by itself, without segmentation offload, which
	// some paths do not carry.
	flagPlain = 1

	// flagLocal: the owner is on the asker's machine, and may answer with LOCAL.
	flagLocal = 2
)

func appendRequest(b []byte, m request) []byte {
	start := len(b)
	b = appendHeader(b, header{kindRequest, uint16(m.block), m.nonce})
	b = append(b, m.cookie[:]...)
	b = append(b, m.hash[:]...)
	b = append(b, m.flags)
	b = binary.BigEndian.AppendUint16(b, m.port)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint64(b, m.asked)
	for _, r := range m.ranges {
		b = binary.BigEndian.AppendUint64(b, uint64(r.off))
		b = binary.BigEndian.AppendUint32(b, uint32(r.n))
		b = binary.BigEndian.AppendUint32(b, r.number)
	}
	seal(b[start:], nil)
	return b
}

// parseRequest appends the ranges to m.ranges[:0], so that a caller can reuse m.
// The ranges hold no promise about the file: offset plus length fits an int64,
// and that is all.
func parseRequest(m *request, h header, b []byte) error {
	const fixed = requestFixed - headerSize
	if len(b) < fixed+rangeSize {
		return errShort
	}
	n := (len(b) - fixed) / rangeSize
	if (len(b)-fixed)%rangeSize != 0 || n > maxRanges {
		return errFormat
	}
	if h.small < minBlock || int(h.small) > maxBlock {
		return fmt.Errorf("%w: block of %d bytes", errFormat, h.small)
	}
	m.nonce, m.block, m.flags = h.nonce, int(h.small), b[36]
	m.port = binary.BigEndian.Uint16(b[37:])
	m.asked = binary.BigEndian.Uint64(b[40:])
	copy(m.cookie[:], b)
	copy(m.hash[:], b[16:])
	m.ranges = m.ranges[:0]
	for b = b[fixed:]; len(b) > 0; b = b[rangeSize:] {
		off := binary.BigEndian.Uint64(b)
		length := binary.BigEndian.Uint32(b[8:])
		if length == 0 || length > 1<<31-1 || off > 1<<62 {
			return fmt.Errorf("%w: range of %d bytes at %d", errFormat, length, off)
		}
		m.ranges = append(m.ranges, span{int64(off), int(length), binary.BigEndian.Uint32(b[12:])})
	}
	return nil
}

// data is one block of a file: DATA, or LOCAL, which is the same with a checksum that ends
// before the payload. Its payload goes behind the header, as the Body of the same Datagram.
//
//	header (small: held) | number 4 | payload
//
// Where the payload belongs is not in it: that is what the number was asked for.
type data struct {
	kind    kind
	nonce   uint64
	held    uint16 // how long its REQUEST waited at the owner, in heldUnits
	number  uint32
	payload []byte
}

// appendDataHead appends all of a DATA or LOCAL segment but its payload.
func appendDataHead(b []byte, m data) []byte {
	start := len(b)
	b = appendHeader(b, header{m.kind, m.held, m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	if m.kind == kindLocal {
		m.payload = nil
	}
	seal(b[start:], m.payload)
	return b
}

// parseData reads a DATA or LOCAL of which b follows the header, and payload is what was put in a
// place of its own, if it was.
func parseData(h header, b, payload []byte) (data, error) {
	m, behind, err := parseDataHead(h, b)
	if err != nil {
		return data{}, err
	}
	if m.payload = behind; payload != nil {
		m.payload = payload
	}
	if len(m.payload) == 0 {
		return data{}, errShort
	}
	return m, nil
}

// parseDataHead reads all but the payload, and returns what is behind it.
func parseDataHead(h header, b []byte) (m data, behind []byte, err error) {
	const fixed = dataOverhead - headerSize
	if len(b) < fixed {
		return data{}, nil, errShort
	}
	return data{kind: h.kind, nonce: h.nonce, held: h.small, number: binary.BigEndian.Uint32(b)}, b[fixed:], nil
}
