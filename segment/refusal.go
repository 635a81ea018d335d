package segment

import (
	"encoding/binary"
)

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
