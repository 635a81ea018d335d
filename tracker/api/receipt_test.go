package api

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// golden is a receipt as it stands on the wire. Other implementations rely on it.
const golden = "01" + "00000004" + "00000001" +
	"000102030405060708090a0b0c0d0e0f10111213" +
	"00000000000000ff" + "0000000000040000" +
	"e390f3dba0c26a1995d743ef34ccab455a827dc48a86bf78a821cac112efc50f"

func sampleReceipt() Receipt {
	r := Receipt{Downloader: 4, Owner: 1, Serial: 255, Bytes: 256 << 10}
	for i := range r.InfoHash {
		r.InfoHash[i] = byte(i)
	}
	return r
}

func TestReceiptHasItsGoldenBytes(t *testing.T) {
	got := SignReceipt("secret of node 4", sampleReceipt())
	if hex.EncodeToString(got) != golden {
		t.Errorf("got  %x\nwant %s", got, golden)
	}
	if len(got) > MaxReceipt {
		t.Errorf("%d bytes, at most %d may travel", len(got), MaxReceipt)
	}
}

func TestReceiptSurvivesTheWire(t *testing.T) {
	b := SignReceipt("secret", sampleReceipt())
	r, err := ParseReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(AppendReceipt(nil, r), b) {
		t.Errorf("%x became %x", b, AppendReceipt(nil, r))
	}
	if !r.SignedBy("secret") {
		t.Error("the signature is not recognised")
	}
	if r.SignedBy("secret ") || r.SignedBy("") {
		t.Error("another secret is taken for the signer's")
	}
}

func TestEveryFieldOfAReceiptIsSigned(t *testing.T) {
	signed, err := ParseReceipt(SignReceipt("secret", sampleReceipt()))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r *Receipt){
		"downloader": func(r *Receipt) { r.Downloader++ },
		"owner":      func(r *Receipt) { r.Owner++ },
		"info-hash":  func(r *Receipt) { r.InfoHash[19]++ },
		"serial":     func(r *Receipt) { r.Serial++ },
		"bytes":      func(r *Receipt) { r.Bytes++ },
		"MAC":        func(r *Receipt) { r.MAC[31]++ },
	} {
		forged := signed
		change(&forged)
		if forged.SignedBy("secret") {
			t.Errorf("a changed %s goes unnoticed", name)
		}
	}
}

func TestParseReceiptRefuses(t *testing.T) {
	good := SignReceipt("secret", sampleReceipt())
	set := func(at int, value ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], value)
		return b
	}
	for _, test := range []struct {
		name string
		b    []byte
		want string
	}{
		{"a longer one", append(bytes.Clone(good), 0), "bytes"},
		{"another version", set(0, 2), "version"},
		{"downloader 0", set(1, 0, 0, 0, 0), "node id"},
		{"downloader 2^31", set(1, 0x80, 0, 0, 0), "node id"},
		{"owner 0", set(5, 0, 0, 0, 0), "node id"},
		{"no bytes", set(37, 0, 0, 0, 0, 0, 0, 0, 0), "bytes"},
		{"negative bytes", set(37, 0x80), "bytes"},
	} {
		if _, err := ParseReceipt(test.b); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error about %s", test.name, err, test.want)
		}
	}
	for n := range good {
		if _, err := ParseReceipt(good[:n]); err == nil {
			t.Errorf("a receipt cut to %d bytes is read", n)
		}
	}
}

func TestSerialsGrowOverRestarts(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	first := NewSerials(now)
	a, b := first.Next(), first.Next()
	if b != a+1 {
		t.Errorf("%d follows %d", b, a)
	}
	// Those before numbered from the seconds times 2^24.
	for name, before := range map[string]uint64{"a restart": b, "an update": uint64(now.Unix())<<24 + 1<<24} {
		if c := NewSerials(now.Add(time.Millisecond)).Next(); c <= before {
			t.Errorf("%d after %s, %d before", c, name, before)
		}
	}
}

func FuzzParseReceipt(f *testing.F) {
	f.Add(SignReceipt("secret", sampleReceipt()))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		if !bytes.Equal(AppendReceipt(nil, r), b) {
			t.Errorf("%x became %x", b, AppendReceipt(nil, r))
		}
		if r.Downloader < 1 || r.Downloader > MaxNodeID || r.Owner < 1 || r.Owner > MaxNodeID || r.Bytes < 1 {
			t.Errorf("out of range: %+v", r)
		}
	})
}
