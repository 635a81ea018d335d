package segment

import (
	"encoding/binary"
)

// MaxReceipt is the most bytes that a receipt may have.
const MaxReceipt = 512

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
