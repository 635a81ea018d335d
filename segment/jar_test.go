package segment

import (
	"net/netip"
	"testing"
	"time"
)

func TestCookieIsGoodForItsAddressAndTwoEpochs(t *testing.T) {
	var j jar
	now := time.Unix(1000, 0)
	addr := netip.MustParseAddrPort("10.1.2.3:4000")
	c := j.bake(addr, now)
	for _, test := range []struct {
		name  string
		addr  string
		after time.Duration
		want  bool
	}{
		{"at once", "10.1.2.3:4000", 0, true},
		{"another port", "10.1.2.3:4001", 0, false},
		{"another address", "10.1.2.4:4000", 0, false},
		{"one epoch later", "10.1.2.3:4000", cookieEpoch, true},
		{"at the end of the next epoch", "10.1.2.3:4000", 2*cookieEpoch - 1, true},
		{"two epochs later", "10.1.2.3:4000", 2 * cookieEpoch, false},
		{"256 epochs later, when its first byte comes again", "10.1.2.3:4000", 256 * cookieEpoch, false},
	} {
		if got := j.check(c, netip.MustParseAddrPort(test.addr), now.Add(test.after)); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestCookieOfAnotherJarIsRefused(t *testing.T) {
	var a, b jar
	now := time.Unix(1000, 0)
	addr := netip.MustParseAddrPort("[2001:db8::1]:4000")
	if c := a.bake(addr, now); b.check(c, addr, now) {
		t.Error("a cookie of another owner, or of before a restart, was honoured")
	}
	if a.check(cookie{}, addr, now) {
		t.Error("a cookie of zeros was honoured")
	}
}

// Keys must not be found again after a pause in which no cookie was made.
func TestKeysArePassedOverEpochsWithoutWork(t *testing.T) {
	var j jar
	now := time.Unix(1000, 0)
	addr := netip.MustParseAddrPort("10.1.2.3:4000")
	old := j.bake(addr, now)
	now = now.Add(3 * cookieEpoch)
	j.bake(addr, now)
	if forged := (cookie{byte(2)}); j.check(old, addr, now) || j.check(forged, addr, now) {
		t.Error("a cookie of an epoch without keys was honoured")
	}
}
