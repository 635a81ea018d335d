package torrent

import (
	"encoding/json"
	"strings"
	"testing"
)

const someHash = "0123456789abcdef0123456789abcdefdeadbeef"

func TestHashReadsItsOwnText(t *testing.T) {
	h, err := ParseHash(strings.ToUpper(someHash))
	if err != nil {
		t.Fatal(err)
	}
	if h.String() != someHash || h.IsZero() || h[0] != 0x01 || h[19] != 0xef {
		t.Errorf("hash is %v", h)
	}
	text, err := json.Marshal(map[Hash]Hash{h: h})
	if err != nil {
		t.Fatal(err)
	}
	var back map[Hash]Hash
	if err := json.Unmarshal(text, &back); err != nil || back[h] != h {
		t.Errorf("%s became %v, %v", text, back, err)
	}
}

func TestParseHashRefusesAnythingElse(t *testing.T) {
	for _, s := range []string{"", someHash[:39], someHash + "0", "g" + someHash[1:], "0x" + someHash[2:], " " + someHash[1:]} {
		if h, err := ParseHash(s); err == nil || !h.IsZero() {
			t.Errorf("ParseHash(%q) = %v, %v", s, h, err)
		}
	}
}
