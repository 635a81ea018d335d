package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Version is the version of the protocol, the fifth byte of every segment.
const Version = 1

// Every segment starts with the same 16 bytes, in network byte order:
//
//	 0               1               2               3
//	+---------------+---------------+---------------+---------------+
//	| checksum: CRC-32C (RFC 3720, B.4) of all bytes after it, but  |
//	|           for the file bytes of LOCAL                         |
//	+---------------+---------------+---------------+---------------+
//	| version       | type          | small: a number of the type   |
//	+---------------+---------------+---------------+---------------+
//	| nonce: drawn by the downloader, names the session             |
//	|        and stands in every segment of it, both ways           |
//	+---------------------------------------------------------------+
//
// The checksum is there because UDP's has 16 bits and is often not computed at
// all: with it a damaged segment is a lost one, and bytes that do not match
// their SHA-1 are the owner's fault and not the path's.
const headerSize = 16

// kind is the type of a segment.
type kind uint8

// The types of segments. Zero is none, so that a datagram of zeros is not one.
const (
	kindHello kind = iota + 1
	kindCookie
	kindRequest
	kindData
	kindBusy
	kindRefuse
	kindReceipt
	kindTaken
	kindInterest
	kindHave
	kindLocal
)

var kindNames = [...]string{"none", "HELLO", "COOKIE", "REQUEST", "DATA", "BUSY", "REFUSE", "RECEIPT", "TAKEN", "INTEREST", "HAVE", "LOCAL"}

// String returns the name that docs/protocol.md uses.
func (k kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("type %d", uint8(k))
}

// What can be wrong with a datagram. All of them are dropped without an answer.
var (
	errShort    = errors.New("segment: datagram too short")
	errChecksum = errors.New("segment: checksum does not match")
	errVersion  = errors.New("segment: unknown version")
	errKind     = errors.New("segment: unknown type")
	errFormat   = errors.New("segment: malformed")
)

// Sizes of the messages, in bytes. An answer to an address that is not proven
// is never larger than what came from it: COOKIE and REFUSE fit into HELLO and
// into the smallest REQUEST, TAKEN and COOKIE into the smallest RECEIPT.
const (
	helloSize      = 64
	cookieSize     = headerSize + 32
	requestFixed   = headerSize + 48
	rangeSize      = 16
	dataOverhead   = headerSize + 4
	busySize       = headerSize + 8
	refuseSize     = headerSize + 4
	receiptFixed   = headerSize + 40
	takenSize      = headerSize + 4
	maxRanges      = 32
	minBlock       = 256                  // a REQUEST for smaller ones is work without use
	maxBlock       = 65507 - dataOverhead // the largest UDP payload over IPv4
	minReceiptBody = 1
)

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is the common part of all segments.
type header struct {
	kind  kind
	small uint16
	nonce uint64
}

// appendHeader appends h with the checksum left open for seal.
func appendHeader(b []byte, h header) []byte {
	b = append(b, 0, 0, 0, 0, Version, byte(h.kind))
	b = binary.BigEndian.AppendUint16(b, h.small)
	return binary.BigEndian.AppendUint64(b, h.nonce)
}

// seal fills in the checksum of the segment that head and body make up together.
func seal(head, body []byte) {
	sum := crc32.Update(0, castagnoli, head[4:])
	if len(body) > 0 {
		sum = crc32.Update(sum, castagnoli, body)
	}
	binary.BigEndian.PutUint32(head, sum)
}

// parseHeader checks a datagram's checksum and version, and returns its header
// and what follows.
func parseHeader(b []byte) (header, []byte, error) {
	if len(b) < headerSize {
		return header{}, nil, errShort
	}
	if b[4] != Version {
		return header{}, nil, errVersion
	}
	covered := b
	if kind(b[5]) == kindLocal {
		covered = b[:min(len(b), dataOverhead)]
	}
	if binary.BigEndian.Uint32(b) != crc32.Update(0, castagnoli, covered[4:]) {
		return header{}, nil, errChecksum
	}
	h := header{
		kind:  kind(b[5]),
		small: binary.BigEndian.Uint16(b[6:]),
		nonce: binary.BigEndian.Uint64(b[8:]),
	}
	if h.kind < kindHello || h.kind > kindLocal {
		return header{}, nil, errKind
	}
	return h, b[headerSize:], nil
}
