package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"udptorrent/torrent"
)

// MaxReceipt is the most bytes that any version of a receipt may have, so that the
// datagrams which carry one can leave room for it.
const MaxReceipt = 512

// A Receipt is a downloader's word that an owner delivered it a chunk. The downloader
// signs it and hands it to the owner, which shows it to the tracker; a rank rests on
// receipts, and only a downloader's own secret makes one. Its layout, big endian:
//
//	 0  1  version, 1
//	 1  4  downloader, node id
//	 5  4  owner, node id
//	 9 20  info-hash
//	29  8  serial
//	37  8  bytes delivered
//	45 32  MAC: HMAC-SHA-256 over the 45 bytes before it
//
// The key of the MAC is HMAC-SHA-256(secret, "udptorrent receipt 1"), so that the
// secret itself signs nothing.
type Receipt struct {
	Downloader int // who signs
	Owner      int // who delivered
	InfoHash   torrent.Hash

	// Serial is unique among the receipts of a downloader and grows; see Serials.
	Serial uint64

	// Bytes that the chunk had, 1 or more.
	Bytes int64

	MAC [sha256.Size]byte
}

const (
	receiptVersion = 1
	signedSize     = 45
	receiptSize    = signedSize + sha256.Size
	receiptContext = "udptorrent receipt 1"
)

// SignReceipt returns r in binary form, with the MAC of the downloader's secret.
func SignReceipt(secret string, r Receipt) []byte {
	r.MAC = r.sum(secret)
	return AppendReceipt(nil, r)
}

// SignedBy reports whether the MAC of r was made with secret.
func (r Receipt) SignedBy(secret string) bool {
	want := r.sum(secret)
	return hmac.Equal(want[:], r.MAC[:])
}

func (r Receipt) sum(secret string) (sum [sha256.Size]byte) {
	derive := hmac.New(sha256.New, []byte(secret))
	derive.Write([]byte(receiptContext))
	mac := hmac.New(sha256.New, derive.Sum(nil))
	mac.Write(appendSigned(nil, r))
	mac.Sum(sum[:0])
	return sum
}

// AppendReceipt appends the binary form of r to b.
func AppendReceipt(b []byte, r Receipt) []byte {
	return append(appendSigned(b, r), r.MAC[:]...)
}

func appendSigned(b []byte, r Receipt) []byte {
	b = append(b, receiptVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(r.Downloader))
	b = binary.BigEndian.AppendUint32(b, uint32(r.Owner))
	b = append(b, r.InfoHash[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Serial)
	return binary.BigEndian.AppendUint64(b, uint64(r.Bytes))
}

// ParseReceipt reads a receipt that fills b. It checks form and ranges, not the MAC.
func ParseReceipt(b []byte) (Receipt, error) {
	var r Receipt
	if len(b) != receiptSize {
		return r, fmt.Errorf("a receipt has %d bytes, this has %d", receiptSize, len(b))
	}
	if b[0] != receiptVersion {
		return r, fmt.Errorf("receipt of version %d, this program reads %d", b[0], receiptVersion)
	}
	downloader, owner := binary.BigEndian.Uint32(b[1:]), binary.BigEndian.Uint32(b[5:])
	size := binary.BigEndian.Uint64(b[37:])
	if downloader-1 >= MaxNodeID || owner-1 >= MaxNodeID {
		return r, errors.New("receipt with an impossible node id")
	}
	if size < 1 || size > math.MaxInt64 {
		return r, errors.New("receipt for an impossible number of bytes")
	}
	r.Downloader, r.Owner = int(downloader), int(owner)
	r.InfoHash = torrent.Hash(b[9:29])
	r.Serial = binary.BigEndian.Uint64(b[29:])
	r.Bytes = int64(size)
	r.MAC = [sha256.Size]byte(b[signedSize:])
	return r, nil
}

// Serials numbers the receipts of one downloader. Its numbers are dense, as the
// tracker's replay window wants them, and those of a process that starts later are
// greater, so nothing need be kept on disk: nobody signs a receipt each nanosecond.
// It is safe for concurrent use.
type Serials struct{ last atomic.Uint64 }

// NewSerials returns serials that begin at the Unix time of now, in nanoseconds.
func NewSerials(now time.Time) *Serials {
	s := new(Serials)
	s.last.Store(uint64(now.UnixNano()))
	return s
}

// Next returns the next serial.
func (s *Serials) Next() uint64 { return s.last.Add(1) }
