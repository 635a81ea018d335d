package segment

import (
	"encoding/binary"
	"fmt"
)

// Sizes of the messages, in bytes. An answer to an address that is not proven
// is never larger than what came from it: COOKIE and REFUSE fit into HELLO and
// into the smallest REQUEST, TAKEN and COOKIE into the smallest RECEIPT.
const (
	helloSize      = 64
	cookieSize     = headerSize + 28
	requestFixed   = headerSize + 40
	rangeSize      = 16
	dataOverhead   = headerSize + 12
	busySize       = headerSize + 8
	refuseSize     = headerSize + 4
	receiptFixed   = headerSize + 40
	takenSize      = headerSize + 4
	maxRanges      = 32
	minBlock       = 256                  // a REQUEST for smaller ones is work without use
	maxBlock       = 65507 - dataOverhead // the largest UDP payload over IPv4
	minReceiptBody = 1
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
//	header (small: lifetime in seconds) | number 4 | cookie 16 | most in a REQUEST 4 | most in the queue 4
type grant struct {
	nonce      uint64
	lifetime   uint16 // seconds that the cookie is good for
	number     uint32 // of the HELLO that it answers
	cookie     cookie
	maxRequest uint32 // most bytes that one REQUEST may ask for
	maxQueue   uint32 // most bytes that the owner queues for one address
}

func appendGrant(b []byte, m grant) []byte {
	start := len(b)
	b = appendHeader(b, header{kindCookie, m.lifetime, m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = append(b, m.cookie[:]...)
	b = binary.BigEndian.AppendUint32(b, m.maxRequest)
	b = binary.BigEndian.AppendUint32(b, m.maxQueue)
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
	}
	copy(m.cookie[:], b[4:])
	return m, nil
}

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
//	header (small: block size) | cookie 16 | info-hash 20 | flags 1 | zeros 3 | ranges
//	range: offset 8 | length 4 | number of its first block 4
type request struct {
	nonce  uint64
	block  int // payload bytes of each DATA
	cookie cookie
	hash   InfoHash
	flags  uint8
	ranges []span // 1 to maxRanges
}

// flagPlain in a REQUEST: send every datagram by itself, without segmentation
// offload, which some paths do not carry.
const flagPlain = 1

func appendRequest(b []byte, m request) []byte {
	start := len(b)
	b = appendHeader(b, header{kindRequest, uint16(m.block), m.nonce})
	b = append(b, m.cookie[:]...)
	b = append(b, m.hash[:]...)
	b = append(b, m.flags, 0, 0, 0)
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

// data is one block of a file. Its payload goes behind the header, as the Body
// of the same Datagram.
//
//	header (small: held) | number 4 | offset 8 | payload
type data struct {
	nonce   uint64
	held    uint16 // how long its REQUEST waited at the owner, in heldUnits
	number  uint32
	off     int64
	payload []byte
}

// appendDataHead appends all of a DATA segment but its payload.
func appendDataHead(b []byte, m data) []byte {
	start := len(b)
	b = appendHeader(b, header{kindData, m.held, m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = binary.BigEndian.AppendUint64(b, uint64(m.off))
	seal(b[start:], m.payload)
	return b
}

func parseData(h header, b []byte) (data, error) {
	if len(b) <= dataOverhead-headerSize {
		return data{}, errShort
	}
	off := binary.BigEndian.Uint64(b[4:])
	if off > 1<<62 {
		return data{}, errFormat
	}
	return data{h.nonce, h.small, binary.BigEndian.Uint32(b), int64(off), b[12:]}, nil
}

// busy says that blocks number to number+count-1 will not come, and that the
// asker should ask again after a while.
//
//	header (small: wait in milliseconds) | number 4 | count 4
type busy struct {
	nonce  uint64
	wait   uint16
	number uint32
	count  uint32
}

func appendBusy(b []byte, m busy) []byte {
	start := len(b)
	b = appendHeader(b, header{kindBusy, m.wait, m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = binary.BigEndian.AppendUint32(b, m.count)
	seal(b[start:], nil)
	return b
}

func parseBusy(h header, b []byte) (busy, error) {
	if len(b) != busySize-headerSize {
		return busy{}, errFormat
	}
	return busy{h.nonce, h.small, binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}, nil
}

// reason is why an owner refuses.
type reason uint16

// The reasons of REFUSE.
const (
	reasonUnknown reason = iota + 1 // the torrent is not shared here
	reasonChanged                   // the file changed on disk since it was shared
	reasonRange                     // the range lies outside the file
	reasonFailed                    // the owner cannot read its file
	reasonLeaving                   // the owner is shutting down
)

// refuse ends a session: the owner will serve none of it.
//
//	header (small: reason) | number 4, of the HELLO or of the range that it answers
type refuse struct {
	nonce  uint64
	reason reason
	number uint32
}

func appendRefuse(b []byte, m refuse) []byte {
	start := len(b)
	b = appendHeader(b, header{kindRefuse, uint16(m.reason), m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	seal(b[start:], nil)
	return b
}

func parseRefuse(h header, b []byte) (refuse, error) {
	if len(b) != refuseSize-headerSize {
		return refuse{}, errFormat
	}
	return refuse{h.nonce, reason(h.small), binary.BigEndian.Uint32(b)}, nil
}

// receipt carries a downloader's thanks; what it says is not this package's.
//
//	header (small: length) | cookie 16 | info-hash 20 | number 4 | receipt
type receipt struct {
	nonce  uint64
	cookie cookie
	hash   InfoHash
	number uint32
	body   []byte // 1 to MaxReceipt bytes
}

func appendReceipt(b []byte, m receipt) []byte {
	start := len(b)
	b = appendHeader(b, header{kindReceipt, uint16(len(m.body)), m.nonce})
	b = append(b, m.cookie[:]...)
	b = append(b, m.hash[:]...)
	b = binary.BigEndian.AppendUint32(b, m.number)
	b = append(b, m.body...)
	seal(b[start:], nil)
	return b
}

func parseReceipt(h header, b []byte) (receipt, error) {
	n := len(b) - (receiptFixed - headerSize)
	if n < minReceiptBody {
		return receipt{}, errShort
	}
	if n != int(h.small) || n > MaxReceipt {
		return receipt{}, errFormat
	}
	m := receipt{nonce: h.nonce, number: binary.BigEndian.Uint32(b[36:]), body: b[40:]}
	copy(m.cookie[:], b)
	copy(m.hash[:], b[16:])
	return m, nil
}

// taken acknowledges a RECEIPT.
//
//	header (small: 0) | number 4
type taken struct {
	nonce  uint64
	number uint32
}

func appendTaken(b []byte, m taken) []byte {
	start := len(b)
	b = appendHeader(b, header{kindTaken, 0, m.nonce})
	b = binary.BigEndian.AppendUint32(b, m.number)
	seal(b[start:], nil)
	return b
}

func parseTaken(h header, b []byte) (taken, error) {
	if len(b) != takenSize-headerSize {
		return taken{}, errFormat
	}
	return taken{h.nonce, binary.BigEndian.Uint32(b)}, nil
}
