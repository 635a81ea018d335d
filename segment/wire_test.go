package segment

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The examples of docs/protocol.md: one session, with values that are easy to see in
// the bytes.
var (
	exampleHash   = InfoHash{0: 0xa1, 1: 0xb2, 2: 0xc3, 19: 0x99}
	exampleCookie = cookie{0x07, 0xc0, 0x0c, 0x1e, 15: 0xee}
)

const exampleNonce = 0x0123456789abcdef

// examples are all messages, each as a value and as bytes.
var examples = []struct {
	name  string
	value any
	bytes []byte
}{
	{"HELLO", hello{exampleNonce, exampleHash, 1}, appendHello(nil, hello{exampleNonce, exampleHash, 1})},
	{"COOKIE", exampleGrant, appendGrant(nil, exampleGrant)},
	{"REQUEST", exampleRequest, appendRequest(nil, exampleRequest)},
	{"DATA", exampleData, append(appendDataHead(nil, exampleData), exampleData.payload...)},
	{"BUSY", busy{exampleNonce, 20, 9, 9}, appendBusy(nil, busy{exampleNonce, 20, 9, 9})},
	{"REFUSE", refuse{exampleNonce, reasonChanged, 9}, appendRefuse(nil, refuse{exampleNonce, reasonChanged, 9})},
	{"RECEIPT", exampleReceipt, appendReceipt(nil, exampleReceipt)},
	{"TAKEN", taken{exampleNonce, 1}, appendTaken(nil, taken{exampleNonce, 1})},
	{"INTEREST", exampleInterest, appendInterest(nil, exampleInterest)},
	{"LOCAL", exampleLocal, append(appendDataHead(nil, exampleLocal), exampleLocal.payload...)},
	{"HAVE", exampleHave, appendHave(nil, exampleHave)},
}

var (
	exampleGrant   = grant{exampleNonce, 60, 1, exampleCookie, 1 << 20, 4 << 20, flagOpen}
	exampleRequest = request{exampleNonce, 1180, exampleCookie, exampleHash, 0, 0, 9458 + 1180, []span{{0, 9458, 0}, {1 << 32, 1180, 9}}}
	exampleData    = data{kindData, exampleNonce, 3, 8, []byte("the last 18 bytes!")}
	exampleLocal   = data{kindLocal, exampleNonce, 3, 8, []byte("the last 18 bytes!")}
	exampleReceipt = receipt{exampleNonce, exampleCookie, exampleHash, 1, []byte("thanks")}

	exampleInterest = interest{
		nonce: exampleNonce, flags: flagWants, cookie: exampleCookie, hash: exampleHash, number: 2, node: 4, port: 40004,
		has: 3, minRTT: 20 * time.Millisecond, asked: 9458 + 1180, list: 7, at: 5, page: noPage, newsAt: 1, rate: 2_400_000, news: []uint32{12, 8},
	}
	exampleHave = have{
		nonce: exampleNonce, flags: flagNews, number: 2, serial: 3, credit: 9458 + 1180 + 256<<10, list: 7, length: 6, first: 5,
		seen: 3, pieces: []uint32{31},
	}
)

// decode parses any segment into the type of its message.
func decode(b []byte) (any, error) {
	h, body, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	return decodeBody(h, body)
}

func decodeBody(h header, body []byte) (any, error) {
	switch h.kind {
	case kindHello:
		return parseHello(h, body)
	case kindCookie:
		return parseGrant(h, body)
	case kindRequest:
		var m request
		err := parseRequest(&m, h, body)
		return m, err
	case kindData, kindLocal:
		return parseData(h, body, nil)
	case kindBusy:
		return parseBusy(h, body)
	case kindRefuse:
		return parseRefuse(h, body)
	case kindReceipt:
		return parseReceipt(h, body)
	case kindTaken:
		return parseTaken(h, body)
	case kindInterest:
		var m interest
		err := parseInterest(&m, h, body)
		return m, err
	case kindHave:
		var m have
		err := parseHave(&m, h, body)
		return m, err
	}
	return nil, fmt.Errorf("no parser for %v", h.kind)
}

// encode is the inverse of decode.
func encode(m any) []byte {
	switch m := m.(type) {
	case hello:
		return appendHello(nil, m)
	case grant:
		return appendGrant(nil, m)
	case request:
		return appendRequest(nil, m)
	case data:
		return append(appendDataHead(nil, m), m.payload...)
	case busy:
		return appendBusy(nil, m)
	case refuse:
		return appendRefuse(nil, m)
	case receipt:
		return appendReceipt(nil, m)
	case taken:
		return appendTaken(nil, m)
	case interest:
		return appendInterest(nil, m)
	case have:
		return appendHave(nil, m)
	}
	panic(fmt.Sprintf("encode %T", m))
}

// The document is what a stranger builds from: its examples must be the very
// bytes, and every message must have one.
func TestDocumentedExamplesAreTheBytesOnTheWire(t *testing.T) {
	doc, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string][]byte{}
	for _, m := range regexp.MustCompile("(?s)```hex ([A-Z]+)\n(.*?)```").FindAllSubmatch(doc, -1) {
		var digits strings.Builder
		for line := range strings.Lines(string(m[2])) {
			code, _, _ := strings.Cut(line, ";") // a comment follows
			digits.WriteString(strings.Join(strings.Fields(code), ""))
		}
		if blocks[string(m[1])], err = hex.DecodeString(digits.String()); err != nil {
			t.Fatalf("%s: %v", m[1], err)
		}
	}
	for _, e := range examples {
		got, err := decode(blocks[e.name])
		if err != nil {
			t.Errorf("%s: documented bytes do not parse: %v; they should be\n%s", e.name, err, hex.Dump(e.bytes))
			continue
		}
		if !reflect.DeepEqual(got, e.value) {
			t.Errorf("%s: documented bytes say %+v, want %+v", e.name, got, e.value)
		}
		if !bytes.Equal(blocks[e.name], e.bytes) {
			t.Errorf("%s: documented\n%swritten\n%s", e.name, hex.Dump(blocks[e.name]), hex.Dump(e.bytes))
		}
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	for _, e := range examples {
		for n := range e.bytes {
			if n >= 5 { // with a checksum that is right for what is left
				cut := append([]byte(nil), e.bytes[:n]...)
				reseal(cut)
				if m, err := decode(cut); err == nil && mayBeShorter(e.name, n) == false {
					t.Errorf("%s cut to %d bytes parses as %+v", e.name, n, m)
				}
			}
			if _, err := decode(e.bytes[:n]); err == nil && !(e.name == "LOCAL" && mayBeShorter(e.name, n)) {
				t.Errorf("%s cut to %d bytes parses", e.name, n)
			}
		}
	}
}

// reseal makes the checksum of b right.
func reseal(b []byte) {
	if len(b) > 5 && kind(b[5]) == kindLocal {
		b = b[:min(len(b), dataOverhead)]
	}
	seal(b, nil)
}

// mayBeShorter: a DATA with less payload and a REQUEST with fewer ranges are
// other messages, but not broken ones.
func mayBeShorter(name string, n int) bool {
	return (name == "DATA" || name == "LOCAL") && n > dataOverhead || name == "REQUEST" && n == requestFixed+rangeSize
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	for _, e := range examples {
		covered := len(e.bytes)
		if e.name == "LOCAL" {
			covered = dataOverhead
		}
		for bit := range 8 * covered {
			b := append([]byte(nil), e.bytes...)
			b[bit/8] ^= 1 << (bit % 8)
			if _, err := decode(b); err == nil {
				t.Errorf("%s with bit %d flipped parses", e.name, bit)
			}
		}
	}
}

func TestMalformedSegmentsAreRefused(t *testing.T) {
	edit := func(name string, fn func(b []byte) []byte) []byte {
		for _, e := range examples {
			if e.name == name {
				b := fn(append([]byte(nil), e.bytes...))
				seal(b, nil)
				return b
			}
		}
		panic(name)
	}
	set16 := func(at int, v uint16) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint16(b[at:], v); return b }
	}
	grow := func(n int) func([]byte) []byte {
		return func(b []byte) []byte { return append(b, make([]byte, n)...) }
	}
	for _, test := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, errShort},
		{"zeros", make([]byte, 100), errVersion},
		{"next version", edit("HELLO", func(b []byte) []byte { b[4] = 2; return b }), errVersion},
		{"type 0", edit("HELLO", func(b []byte) []byte { b[5] = 0; return b }), errKind},
		{"type 12", edit("HELLO", func(b []byte) []byte { b[5] = 12; return b }), errKind},
		{"block of 0", edit("REQUEST", set16(6, 0)), errFormat},
		{"block of 255", edit("REQUEST", set16(6, 255)), errFormat},
		{"block past a datagram", edit("REQUEST", set16(6, 65535)), errFormat},
		{"range of 0 bytes", edit("REQUEST", func(b []byte) []byte { clear(b[requestFixed+8:][:4]); return b }), errFormat},
		{"range of 4 GiB", edit("REQUEST", func(b []byte) []byte { b[requestFixed+8] = 0xff; return b }), errFormat},
		{"range past 2^62", edit("REQUEST", func(b []byte) []byte { b[requestFixed] = 0x41; return b }), errFormat},
		{"33 ranges", edit("REQUEST", grow(31*rangeSize)), errFormat},
		{"half a range", edit("REQUEST", grow(8)), errFormat},
		{"longer COOKIE", edit("COOKIE", grow(1)), errFormat},
		{"longer BUSY", edit("BUSY", grow(1)), errFormat},
		{"longer REFUSE", edit("REFUSE", grow(1)), errFormat},
		{"longer TAKEN", edit("TAKEN", grow(1)), errFormat},
		{"INTEREST with more news than it says", edit("INTEREST", grow(4)), errFormat},
		{"INTEREST with too many news", edit("INTEREST", func(b []byte) []byte { return set16(62, maxNews+1)(grow(4 * (maxNews - 1))(b)) }), errFormat},
		{"HAVE with half a piece", edit("HAVE", func(b []byte) []byte { return set16(48, 6)(grow(2)(b)) }), errFormat},
		{"HAVE with more than a page of bits", edit("HAVE", func(b []byte) []byte { return set16(6, flagBits)(set16(48, 1025)(grow(1021)(b))) }), errFormat},
		{"receipt of another length", edit("RECEIPT", grow(1)), errFormat},
		{"receipt too long", edit("RECEIPT", func(b []byte) []byte { return set16(6, MaxReceipt+1)(grow(MaxReceipt + 1 - 6)(b)) }), errFormat},
	} {
		if m, err := decode(test.b); !errors.Is(err, test.want) {
			t.Errorf("%s: got %+v, %v, want %v", test.name, m, err, test.want)
		}
	}
}

// An answer to an unproven address must not be larger than what it answers.
func TestAnswersFitIntoWhatTheyAnswer(t *testing.T) {
	smallestRequest := requestFixed + rangeSize
	smallestReceipt := receiptFixed + minReceiptBody
	for _, answer := range []int{cookieSize, refuseSize} {
		for _, asked := range []int{helloSize, smallestRequest, smallestReceipt} {
			if answer > asked {
				t.Errorf("an answer of %d bytes to a message of %d", answer, asked)
			}
		}
	}
	if got := len(appendGrant(nil, grant{})); got != cookieSize {
		t.Errorf("COOKIE has %d bytes, not %d", got, cookieSize)
	}
}

// FuzzSegment parses any body behind any header. What parses must come back the
// same when it is written again.
func FuzzSegment(f *testing.F) {
	for _, e := range examples {
		f.Add(e.bytes[5], binary.BigEndian.Uint16(e.bytes[6:]), uint64(exampleNonce), e.bytes[headerSize:])
	}
	f.Fuzz(func(t *testing.T, k uint8, small uint16, nonce uint64, body []byte) {
		h := header{kind(k), small, nonce}
		m, err := decodeBody(h, body)
		if err != nil {
			return
		}
		again, err := decode(encode(m))
		if err != nil {
			t.Fatalf("%+v, written, does not parse: %v", m, err)
		}
		if !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v came back as %+v", m, again)
		}
	})
}

// FuzzDatagram parses whatever arrives, as the sockets hand it over.
func FuzzDatagram(f *testing.F) {
	for _, e := range examples {
		f.Add(e.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := decode(b); err == nil && len(b) < headerSize {
			t.Fatalf("%d bytes parse as %+v", len(b), m)
		}
	})
}
