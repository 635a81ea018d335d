package disk

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"udptorrent/torrent"
)

func FuzzParsePartMap(f *testing.F) {
	for _, n := range []int{0, 1, 8, 9, 1000} {
		bits := torrent.NewBitfield(n)
		for i := 0; i < n; i += 3 {
			bits.Set(i)
		}
		f.Add(appendPartMap(nil, torrent.Hash{1, 2}, bits))
	}
	f.Add([]byte(mapMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, bits, err := parsePartMap(b)
		if err != nil {
			return
		}
		if again := appendPartMap(nil, h, bits); !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x", b, again)
		}
		for at := range len(bits.Bytes()) {
			if got := mapByte(bits, at)[0]; got != bits.Bytes()[at] {
				t.Errorf("byte %d is written as %x, want %x", at, got, bits.Bytes()[at])
			}
		}
	})
}

func FuzzParseLibrary(f *testing.F) {
	good, _ := json.Marshal(library{Version: libraryVersion, Shared: []Shared{{InfoHash: torrent.Hash{1}, Path: "/a", Size: 3}}})
	f.Add(good)
	f.Add([]byte(`{"version":1,"shared":[{"info_hash":"00","path":"a","size":-1}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseLibrary(b, "/")
		if err != nil {
			return
		}
		for _, s := range list {
			if s.InfoHash.IsZero() || !filepath.IsAbs(s.Path) || s.Size < 0 {
				t.Errorf("%+v was taken", s)
			}
		}
		again, err := json.Marshal(library{Version: libraryVersion, Shared: list})
		if err != nil {
			t.Fatal(err)
		}
		if l, err := parseLibrary(again, "/"); err != nil || len(l) != len(list) {
			t.Errorf("%s cannot be read again: %v", again, err)
		}
	})
}
