package segment

import (
	"encoding/hex"
	"errors"
	"net/netip"

	"go.uber.org/zap"
)

// Why an owner may refuse, beside ErrUnknown and ErrChanged.
var (
	errRange   = errors.New("asked for bytes outside the file")
	errFailed  = errors.New("cannot read its file")
	ErrLeaving = errors.New("owner is shutting down")
)

// reasons pairs what goes over the wire with the errors of both its ends.
var reasons = []struct {
	reason reason
	err    error
}{
	{reasonUnknown, ErrUnknown},
	{reasonChanged, ErrChanged},
	{reasonRange, errRange},
	{reasonLeaving, ErrLeaving},
}

// reasonFor returns the reason that an error is sent as.
func reasonFor(err error) reason {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	return reasonFailed
}

// err returns the error that a reason is reported as.
func (r reason) err() error {
	for _, known := range reasons {
		if known.reason == r {
			return known.err
		}
	}
	return errFailed
}

// The fields that every log line of the package uses.

func hashField(h InfoHash) zap.Field          { return zap.String("torrent", hex.EncodeToString(h[:])) }
func peerField(addr netip.AddrPort) zap.Field { return zap.Stringer("peer", addr) }
