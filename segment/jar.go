package segment

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"net/netip"
	"time"
)

// cookieEpoch is how long one key makes cookies. A cookie is honoured in the
// epoch that made it and in the next, so it lives for at least one epoch.
const cookieEpoch = 60 * time.Second

// A jar makes and checks cookies without remembering any. A cookie is one byte
// that names its epoch and 15 bytes of HMAC-SHA-256 over the address, under a
// key that exists only in this jar. Not safe for concurrent use.
type jar struct {
	start time.Time
	epoch int64        // since start
	keys  [2]hash.Hash // of this epoch and the one before, by parity; nil: none
	buf   [sha256.Size]byte
}

// turn moves to the epoch of now and draws keys for it.
func (j *jar) turn(now time.Time) {
	if j.start.IsZero() {
		j.start, j.epoch = now, -1
	}
	epoch := int64(now.Sub(j.start) / cookieEpoch)
	if epoch <= j.epoch {
		return
	}
	if epoch > j.epoch+1 {
		j.keys = [2]hash.Hash{}
	}
	var key [sha256.Size]byte
	rand.Read(key[:]) // never fails since Go 1.24
	j.keys[epoch&1] = hmac.New(sha256.New, key[:])
	j.epoch = epoch
}

// bake returns the cookie of addr.
func (j *jar) bake(addr netip.AddrPort, now time.Time) cookie {
	j.turn(now)
	return j.make(addr, j.epoch)
}

// check reports whether c was made for addr, in this epoch or the one before.
func (j *jar) check(c cookie, addr netip.AddrPort, now time.Time) bool {
	j.turn(now)
	epoch := j.epoch
	if c[0] != byte(epoch) {
		epoch--
	}
	if c[0] != byte(epoch) || epoch < 0 || j.keys[epoch&1] == nil {
		return false
	}
	want := j.make(addr, epoch)
	return subtle.ConstantTimeCompare(c[:], want[:]) == 1
}

func (j *jar) make(addr netip.AddrPort, epoch int64) cookie {
	mac := j.keys[epoch&1]
	mac.Reset()
	ip := addr.Addr().As16()
	copy(j.buf[:], ip[:])
	binary.BigEndian.PutUint16(j.buf[16:], addr.Port())
	mac.Write(j.buf[:18])
	c := cookie{byte(epoch)}
	copy(c[1:], mac.Sum(j.buf[:0]))
	return c
}
