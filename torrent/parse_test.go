package torrent

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"udptorrent/torrent/bencode"
)

// goodInfo is the info dictionary of a file of three bytes in pieces of two.
const goodInfo = "d6:lengthi3e4:name1:f12:piece lengthi2e6:pieces40:aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbe"

func hashOf(r rune) Hash { return Hash([]byte(strings.Repeat(string(r), 20))) }

func TestParseReadsEveryField(t *testing.T) {
	info := strings.TrimSuffix(goodInfo, "e") + "4:sha120:cccccccccccccccccccce"
	got, err := Parse([]byte("d8:announce8:http://t4:info" + info + "e"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Announce != "http://t" || got.Name != "f" || got.Length != 3 || got.PieceLength != 2 {
		t.Errorf("read %+v", got)
	}
	if want := []Hash{hashOf('a'), hashOf('b')}; !reflect.DeepEqual(got.Pieces, want) {
		t.Errorf("pieces are %v, want %v", got.Pieces, want)
	}
	if got.SHA1 != hashOf('c') {
		t.Errorf("sha1 is %v", got.SHA1)
	}
	if got.InfoHash != sha1.Sum([]byte(info)) {
		t.Errorf("info-hash is %v", got.InfoHash)
	}
}

func TestUnknownKeysStayInInfoAndGoElsewhere(t *testing.T) {
	info := "d1:alde1:xe" + strings.TrimSuffix(goodInfo[1:], "e") + "7:privatei1e1:zi-7ee"
	in := "d8:announce1:a13:announce-listlle1:be7:comment1:c10:created by3:vim13:creation datei5e4:info" + info + "e"
	want := "d8:announce1:a10:created by3:vim4:info" + info + "e"
	got, err := Parse([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Bytes()) != want {
		t.Errorf("wrote %q\nwant  %q", got.Bytes(), want)
	}
	if got.InfoHash != sha1.Sum([]byte(info)) {
		t.Errorf("info-hash is %v", got.InfoHash)
	}
}

func TestAnnounceMayBeChangedOrMissing(t *testing.T) {
	got, err := Parse([]byte("d4:info" + goodInfo + "e"))
	if err != nil || got.Announce != "" || !got.SHA1.IsZero() {
		t.Fatalf("read %+v, %v", got, err)
	}
	if b := string(got.Bytes()); b != "d4:info"+goodInfo+"e" {
		t.Errorf("wrote %q", b)
	}
	got.Announce = "http://new"
	if b := string(got.Bytes()); b != "d8:announce10:http://new4:info"+goodInfo+"e" {
		t.Errorf("wrote %q", b)
	}
}

func TestParseKeepsNothingOfItsInput(t *testing.T) {
	in := []byte("d8:announce1:a4:info" + goodInfo + "e")
	got, err := Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	want := got.Bytes()
	clear(in)
	if !bytes.Equal(got.Bytes(), want) || got.Announce != "a" || got.Name != "f" {
		t.Error("it changed with its input")
	}
}

func TestParseTakesAHybridTorrent(t *testing.T) {
	info := strings.Replace(goodInfo, "4:name", "12:meta versioni2e4:name", 1)
	info = "d9:file treede" + info[1:]
	if _, err := Parse([]byte("d4:info" + info + "e")); err != nil {
		t.Error(err)
	}
}

func TestParseCountsAnOddSHA1AsNone(t *testing.T) {
	for _, odd := range []string{"i1e", "0:", "40:" + strings.Repeat("0", 40)} {
		got, err := Parse([]byte("d4:info" + strings.TrimSuffix(goodInfo, "e") + "4:sha1" + odd + "ee"))
		if err != nil || !got.SHA1.IsZero() {
			t.Errorf("sha1 %q: %+v, %v", odd, got, err)
		}
	}
}

// infoWith returns goodInfo with some keys changed; the zero Value removes one.
func infoWith(changes map[string]bencode.Value) string {
	entries := map[string]bencode.Value{
		"length": bencode.Int(3), "name": bencode.String("f"), "piece length": bencode.Int(2),
		"pieces": bencode.String(strings.Repeat("p", 40)),
	}
	for key, value := range changes {
		entries[key] = value
		if value.Kind() == bencode.KindNone {
			delete(entries, key)
		}
	}
	return string(bencode.Dict(entries).Raw())
}

func TestParseSaysWhatIsWrongWithInfo(t *testing.T) {
	type change = map[string]bencode.Value
	var (
		none = bencode.Value{}
		num  = bencode.Int
		str  = bencode.String[string]
	)
	tests := []struct {
		change change
		want   string
	}{
		{change{"files": bencode.List()}, "several files"},
		{change{"files": bencode.List(), "length": none}, "several files"},
		{change{"meta version": num(2), "pieces": none, "length": none}, "v2"},
		{change{"name": none}, "name is missing"},
		{change{"name": num(1)}, "name is missing or not a string"},
		{change{"length": none}, "length is missing"},
		{change{"length": str("3")}, "length is missing or not"},
		{change{"length": num(-1)}, "length is -1 bytes"},
		{change{"length": num(1<<62 + 1)}, "length is 4611686018427387905 bytes"},
		{change{"length": num(1 << 62)}, "pieces are allowed"},
		{change{"piece length": none}, "piece length is missing"},
		{change{"piece length": str("2")}, "piece length is missing or not"},
		{change{"piece length": num(0)}, "piece length is 0"},
		{change{"piece length": num(-2)}, "piece length is -2"},
		{change{"piece length": num(64<<20 + 1)}, "piece length is 67108865"},
		{change{"piece length": num(1 << 62)}, "piece length is 4611686018427387904"},
		{change{"pieces": none}, "pieces is missing"},
		{change{"pieces": bencode.List()}, "pieces is missing or not"},
		{change{"pieces": str("")}, "pieces has 0 bytes; a file of 3 bytes in pieces of 2 has 2 pieces, 40 bytes"},
		{change{"pieces": str(strings.Repeat("p", 39))}, "pieces has 39 bytes"},
		{change{"pieces": str(strings.Repeat("p", 60))}, "pieces has 60 bytes"},
		{change{"length": num(0)}, "has 0 pieces"},
		{change{"length": num(5)}, "has 3 pieces"},
	}
	for _, test := range tests {
		_, err := Parse([]byte("d4:info" + infoWith(test.change) + "e"))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want ...%s...", test.change, err, test.want)
		}
	}
}

func TestParseChecksTheName(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../../x", "/etc/x", `a\b`, "a\x00b", "a\nb", "\xff", strings.Repeat("n", 256)} {
		info := infoWith(map[string]bencode.Value{"name": bencode.String(name)})
		if _, err := Parse([]byte("d4:info" + info + "e")); !errors.Is(err, ErrName) {
			t.Errorf("name %q: %v, want ErrName", name, err)
		}
	}
}

func TestParseSaysWhatIsWrongOutsideInfo(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "byte 0",
		"<html>":                                "byte 0",
		"i1e":                                   "no info dictionary",
		"le":                                    "no info dictionary",
		"d4:infoi1ee":                           "no info dictionary",
		"d4:info" + goodInfo + "e\n":            "1 more bytes after",
		"d8:announcei1e4:info" + goodInfo + "e": "announce is not",
		"d8:announce2:a\n4:info" + goodInfo + "e": "announce is not",
		"d4:info" + goodInfo + "8:announce1:ae":   "must come before",
		"d4:info" + strings.Repeat("l", 40):       "inside each other",
		strings.Repeat("x", MaxSize+1):            "at most 33554432",
		fmt.Sprintf("d8:announce%d:", MaxSize):    "are left",
		"d4:infod6:lengthi9223372036854775808eee": "does not fit 64 bits",
		"d4:infod6:lengthi007eee":                 "leading zero",
	} {
		_, err := Parse([]byte(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want ...%s...", in, err, want)
		}
	}
}

func TestEveryTruncatedTorrentIsAnError(t *testing.T) {
	whole := create(t, "some content of a file", 8).Bytes()
	for n := range whole {
		if _, err := Parse(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes were parsed", n, len(whole))
		}
	}
}

// FuzzParse: nothing panics, and what parses is written so that it parses to the
// same torrent.
func FuzzParse(f *testing.F) {
	f.Add(create(f, "some content of a file", 8).Bytes())
	f.Add(create(f, "", 0).Bytes())
	f.Add([]byte("d4:info" + goodInfo + "e"))
	f.Add([]byte("d8:announce1:a7:comment1:c10:created by3:vim4:info" + goodInfo + "e"))
	f.Add([]byte("d4:infod5:filesle6:lengthi3e4:name1:f12:piece lengthi2eee"))
	f.Add([]byte("d4:infod6:lengthi4611686018427387904e4:name2:..12:piece lengthi1e6:pieces0:ee"))
	f.Fuzz(func(t *testing.T, in []byte) {
		first, err := Parse(in)
		if err != nil {
			return
		}
		again, err := Parse(first.Bytes())
		if err != nil {
			t.Fatalf("%q was written as %q: %v", in, first.Bytes(), err)
		}
		if !reflect.DeepEqual(again, first) {
			t.Fatalf("%+v was read again as %+v", first, again)
		}
		if err := CheckName(first.Name); err != nil {
			t.Fatal(err)
		}
		end := int64(0)
		for i := range first.NumPieces() {
			off, n := first.Piece(i)
			if off != end || n < 1 {
				t.Fatalf("piece %d has %d bytes at %d", i, n, off)
			}
			end += n
		}
		if end != first.Length {
			t.Fatalf("pieces end at %d of %d", end, first.Length)
		}
	})
}
