package bencode

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// mustParse fails the test if s is not canonical bencode.
func mustParse(t *testing.T, s string) Value {
	t.Helper()
	v, err := Parse([]byte(s), Limits{})
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return v
}

func TestParseReadsIntegers(t *testing.T) {
	for in, want := range map[string]int64{
		"i0e":                    0,
		"i7e":                    7,
		"i-42e":                  -42,
		"i5368709121e":           5<<30 + 1,
		"i9223372036854775807e":  math.MaxInt64,
		"i-9223372036854775808e": math.MinInt64,
	} {
		if got, ok := mustParse(t, in).Int(); !ok || got != want {
			t.Errorf("%s is %d, %v; want %d", in, got, ok, want)
		}
	}
}

func TestParseReadsStrings(t *testing.T) {
	for in, want := range map[string]string{
		"0:":         "",
		"4:spam":     "spam",
		"3:i1e":      "i1e",
		"3:1:a":      "1:a",
		"12:привет":  "привет",
		"2:\x00\xff": "\x00\xff",
	} {
		if got, ok := mustParse(t, in).Bytes(); !ok || string(got) != want {
			t.Errorf("%q is %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestParseGivesTheRawBytesOfEachValue(t *testing.T) {
	v := mustParse(t, "d1:ad2:xxl1:e0:lei-5eee1:bi1e1:cdee")
	for key, want := range map[string]string{
		"a": "d2:xxl1:e0:lei-5eee", "b": "i1e", "c": "de", "d": "",
	} {
		if got := string(v.Get(key).Raw()); got != want {
			t.Errorf("raw %s = %q, want %q", key, got, want)
		}
	}
	var items []string
	for item := range v.Get("a").Get("xx").Items() {
		items = append(items, string(item.Raw()))
	}
	if want := []string{"1:e", "0:", "le", "i-5e"}; !slices.Equal(items, want) {
		t.Errorf("items = %q, want %q", items, want)
	}
}

func TestAppendingToRawBytesLeavesTheInputAlone(t *testing.T) {
	in := []byte("d1:ai1e1:bi2ee")
	v, err := Parse(in, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_ = append(v.Get("a").Raw(), "more"...)
	if string(in) != "d1:ai1e1:bi2ee" {
		t.Errorf("input became %q", in)
	}
}

func TestParseSaysWhereAndWhatIsWrong(t *testing.T) {
	deep := strings.Repeat("l", 33) + strings.Repeat("e", 33)
	tests := []struct {
		in      string
		offset  int
		problem string
	}{
		{"", 0, "input ends"},
		{"x", 0, "cannot begin with 'x'"},
		{"e", 0, "cannot begin with 'e'"},
		{"-1:a", 0, "cannot begin with '-'"},
		{"i", 1, "ends inside integer"},
		{"ie", 1, "a digit is due, not 'e'"},
		{"i-e", 2, "a digit is due"},
		{"i+1e", 1, "a digit is due"},
		{"i 1e", 1, "a digit is due"},
		{"i1", 2, "ends inside integer"},
		{"i1.5e", 2, "'e' is due, not '.'"},
		{"i01e", 1, "leading zero"},
		{"i00e", 1, "leading zero"},
		{"i-0e", 0, "-0"},
		{"i-01e", 2, "leading zero"},
		{"i9223372036854775808e", 1, "64 bits"},
		{"i-9223372036854775809e", 2, "64 bits"},
		{"i99999999999999999999999e", 1, "64 bits"},
		{"4", 1, "ends inside string length"},
		{"4spam", 1, "':' is due, not 's'"},
		{"04:spam", 0, "leading zero"},
		{"5:spam", 0, "only 4 are left"},
		{"33554433:", 0, "at most 33554432"},
		{"99999999999999999999:", 0, "64 bits"},
		{"i1ei2e", 3, "3 more bytes"},
		{"4:spam\n", 6, "1 more bytes"},
		{"l", 1, "input ends"},
		{"li1e", 4, "input ends"},
		{"d", 1, "string length"},
		{"di1ei2ee", 1, "key must be a string"},
		{"dlei2ee", 1, "key must be a string"},
		{"d1:a", 4, "input ends"},
		{"d1:ae", 4, "cannot begin with 'e'"},
		{"d1:bi1e1:ai2ee", 7, `"a" must come before "b"`},
		{"d1:ai1e1:ai2ee", 7, `"a" comes twice`},
		{"d2:aai1e1:bi2e1:ai3ee", 14, `"a" must come before "b"`},
		{"d0:i1e0:i2ee", 6, "comes twice"},
		{"d1:\xffi1e1:zi2ee", 7, "must come before"},
		{deep, 32, "more than 32 lists"},
	}
	for _, test := range tests {
		_, err := Parse([]byte(test.in), Limits{})
		var wrong *Error
		if !errors.As(err, &wrong) {
			t.Errorf("Parse(%q): %v, want an *Error", test.in, err)
			continue
		}
		if wrong.Offset != test.offset || !strings.Contains(wrong.Problem, test.problem) {
			t.Errorf("Parse(%q): %v, want byte %d: ...%s...", test.in, err, test.offset, test.problem)
		}
	}
}

func TestLimitsHoldToTheLast(t *testing.T) {
	tests := []struct {
		in              string
		enough, tooLow  Limits
		complainsAtByte int
	}{
		{"4:spam", Limits{Size: 6}, Limits{Size: 5}, 5},
		{"l4:spame", Limits{String: 4}, Limits{String: 3}, 1},
		{"d1:ali1eee", Limits{Depth: 2}, Limits{Depth: 1}, 4},
		{"d1:ali1eee", Limits{Tokens: 4}, Limits{Tokens: 3}, 5},
	}
	for _, test := range tests {
		if _, err := Parse([]byte(test.in), test.enough); err != nil {
			t.Errorf("%q within %+v: %v", test.in, test.enough, err)
		}
		_, err := Parse([]byte(test.in), test.tooLow)
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Offset != test.complainsAtByte {
			t.Errorf("%q over %+v: %v, want an error at byte %d", test.in, test.tooLow, err, test.complainsAtByte)
		}
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	whole := []byte("d1:ad2:xxl1:e0:lei-5eee1:bi10e1:cdee")
	if _, err := Parse(whole, Limits{}); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if v, err := Parse(whole[:n], Limits{}); err == nil {
			t.Errorf("%q parsed as %q", whole[:n], v.Raw())
		}
	}
}

func TestParseReservesNoMemory(t *testing.T) {
	in := []byte("d1:ad2:xxl1:e0:lei-5eee1:bi10e1:cdee")
	if n := testing.AllocsPerRun(10, func() { _, _ = Parse(in, Limits{}) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// anyValue draws a value with at most depth levels inside it.
func anyValue(depth int) *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		kinds := []Kind{KindInt, KindString, KindList, KindDict}
		if depth == 0 {
			kinds = kinds[:2]
		}
		switch rapid.SampledFrom(kinds).Draw(t, "kind") {
		case KindInt:
			return Int(rapid.Int64().Draw(t, "int"))
		case KindString:
			return String(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "string"))
		case KindList:
			return List(rapid.SliceOfN(anyValue(depth-1), 0, 4).Draw(t, "list")...)
		default:
			return Dict(rapid.MapOfN(rapid.StringN(0, 3, -1), anyValue(depth-1), 0, 4).Draw(t, "dict"))
		}
	})
}

// rebuild makes v anew from what its accessors say.
func rebuild(v Value) Value {
	switch v.Kind() {
	case KindInt:
		n, _ := v.Int()
		return Int(n)
	case KindString:
		s, _ := v.Bytes()
		return String(s)
	case KindList:
		var items []Value
		for item := range v.Items() {
			items = append(items, rebuild(item))
		}
		return List(items...)
	default:
		entries := map[string]Value{}
		for key, value := range v.Entries() {
			entries[string(key)] = rebuild(value)
		}
		return Dict(entries)
	}
}

func TestWhatIsEncodedIsReadAndEncodedTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(3).Draw(t, "value")
		read, err := Parse(v.Raw(), Limits{})
		if err != nil {
			t.Fatalf("Parse(%q): %v", v.Raw(), err)
		}
		if again := rebuild(read); !bytes.Equal(again.Raw(), v.Raw()) {
			t.Fatalf("%q became %q", v.Raw(), again.Raw())
		}
	})
}

func TestOtherKindsAnswerNothing(t *testing.T) {
	values := map[Kind]Value{
		KindNone: {}, KindInt: Int(1), KindString: String("s"), KindList: List(Int(1)),
		KindDict: Dict(map[string]Value{"k": Int(1)}),
	}
	for kind, v := range values {
		if v.Kind() != kind {
			t.Errorf("kind %d of %q, want %d", v.Kind(), v.Raw(), kind)
		}
		if _, ok := v.Int(); ok != (kind == KindInt) {
			t.Errorf("%q: Int says %v", v.Raw(), ok)
		}
		if _, ok := v.Bytes(); ok != (kind == KindString) {
			t.Errorf("%q: Bytes says %v", v.Raw(), ok)
		}
		if got := len(slices.Collect(v.Items())); (got == 1) != (kind == KindList) {
			t.Errorf("%q: %d items", v.Raw(), got)
		}
		if got := v.Get("k").Kind(); (got == KindInt) != (kind == KindDict) {
			t.Errorf("%q: Get is of kind %d", v.Raw(), got)
		}
	}
}

func TestEncodingNothingPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a list of the zero Value was encoded")
		}
	}()
	List(Value{})
}

// FuzzParse: nothing panics, and what parses is canonical.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"i0e", "i-42e", "4:spam", "0:", "le", "de", "l4:spami1ee", "d1:ad2:xxl1:e0:lei-5eee1:bi1e1:cdee",
		"i-0e", "i01e", "d1:bi1e1:ai2ee", "99999999999999999999:", "i9223372036854775807e", "lllleeee",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := Parse(in, Limits{})
		if err != nil {
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > len(in) {
				t.Fatalf("error %v in %d bytes", err, len(in))
			}
			return
		}
		if again := rebuild(v); !bytes.Equal(again.Raw(), in) {
			t.Fatalf("%q was read as %q", in, again.Raw())
		}
	})
}
