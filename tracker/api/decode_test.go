package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

const (
	aHash    = "000102030405060708090a0b0c0d0e0f10111213"
	whoAmI   = `"node_id":3,"secret":"s"`
	register = "register"
)

// kinds is every message of the API.
var kinds = map[string]func() Request{
	register: func() Request { return new(RegisterRequest) },
	"own":    func() Request { return new(OwnRequest) },
	"need":   func() Request { return new(NeedRequest) },
	"update": func() Request { return new(UpdateRequest) },
	"exit":   func() Request { return new(ExitRequest) },
}

func TestDecodeReadsWellFormedMessages(t *testing.T) {
	for _, test := range []struct{ kind, body string }{
		{register, `{"node_id":3,"port":4003}`},
		{register, ` {"node_id":2147483647,"port":65535,"secret":"s"} ` + "\n"},
		{"own", `{` + whoAmI + `,"torrent":"ZGU=","complete":true}`},
		{"own", `{` + whoAmI + `,"info_hash":"` + aHash + `","complete":true}`},
		{"own", `{` + whoAmI + `,"withdraw":true,"info_hash":"` + aHash + `"}`},
		{"need", `{` + whoAmI + `,"info_hash":"` + aHash + `"}`},
		{"need", `{` + whoAmI + `,"name":"день \"1\" 🎈.iso","want_torrent":true}`},
		{"need", `{` + whoAmI + `,"name":"x","want":50}`},
		{"update", `{` + whoAmI + `,"receipt":"AQ=="}`},
		{"exit", `{` + whoAmI + `}`},
	} {
		if err := Decode(strings.NewReader(test.body), MaxBody, kinds[test.kind]()); err != nil {
			t.Errorf("%s %s: %v", test.kind, test.body, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct {
		name, kind, body string
		want             Code
	}{
		{"nothing", register, ``, BadRequest},
		{"a cut message", register, `{"node_id":3,`, BadRequest},
		{"no object", register, `[]`, BadRequest},
		{"an unknown field", register, `{"node_id":3,"port":4003,"prot":1}`, BadRequest},
		{"two messages", register, `{"node_id":3,"port":4003}{}`, BadRequest},
		{"trailing letters", register, `{"node_id":3,"port":4003} x`, BadRequest},
		{"node id 0", register, `{"port":4003}`, BadRequest},
		{"node id -1", register, `{"node_id":-1,"port":4003}`, BadRequest},
		{"node id 2^31", register, `{"node_id":2147483648,"port":4003}`, BadRequest},
		{"node id 2^80", register, `{"node_id":1208925819614629174706176,"port":4003}`, BadRequest},
		{"node id 1.5", register, `{"node_id":1.5,"port":4003}`, BadRequest},
		{"port 0", register, `{"node_id":3,"port":0}`, BadRequest},
		{"port 65536", register, `{"node_id":3,"port":65536}`, BadRequest},
		{"a long secret", register, `{"node_id":3,"port":1,"secret":"` + strings.Repeat("s", MaxSecret+1) + `"}`, BadRequest},
		{"no secret", "exit", `{"node_id":3}`, BadRequest},
		{"own of nothing", "own", `{` + whoAmI + `}`, BadRequest},
		{"own with both", "own", `{` + whoAmI + `,"torrent":"ZGU=","info_hash":"` + aHash + `"}`, BadRequest},
		{"withdrawal of a torrent", "own", `{` + whoAmI + `,"withdraw":true,"torrent":"ZGU="}`, BadRequest},
		{"withdrawal of nothing", "own", `{` + whoAmI + `,"withdraw":true}`, BadRequest},
		{"broken base64", "own", `{` + whoAmI + `,"torrent":"*"}`, BadRequest},
		{"need of nothing", "need", `{` + whoAmI + `}`, BadRequest},
		{"need by two names", "need", `{` + whoAmI + `,"name":"x","info_hash":"` + aHash + `"}`, BadRequest},
		{"need by a short hash", "need", `{` + whoAmI + `,"info_hash":"00"}`, BadRequest},
		{"need by a long name", "need", `{` + whoAmI + `,"name":"` + strings.Repeat("n", 256) + `"}`, BadRequest},
		{"need of less than none", "need", `{` + whoAmI + `,"name":"x","want":-1}`, BadRequest},
		{"need of too many", "need", `{` + whoAmI + `,"name":"x","want":51}`, BadRequest},
		{"update of nothing", "update", `{` + whoAmI + `}`, BadRequest},
		{"a body over the limit", "exit", `{` + strings.Repeat(" ", MaxBody) + whoAmI + `}`, TooLarge},
	} {
		err := Decode(strings.NewReader(test.body), MaxBody, kinds[test.kind]())
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

// endless is a body without an end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return copy(b, bytes.Repeat([]byte("["), len(b))), nil
}

func TestDecodeReadsNoMoreThanItsLimit(t *testing.T) {
	body := new(endless)
	if err := Decode(body, 1000, new(ExitRequest)); !errors.Is(err, TooLarge) {
		t.Errorf("got %v", err)
	}
	if body.read > 2000 {
		t.Errorf("%d bytes were read", body.read)
	}
}

func TestDecodeTellsOfABodyThatBreaksOff(t *testing.T) {
	body := io.MultiReader(strings.NewReader(`{"node_id":3`), new(broken))
	if err := Decode(body, 1000, new(ExitRequest)); !errors.Is(err, BadRequest) {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// fuzzDecode checks that whatever is accepted is well formed and means the same when
// it is sent on.
func fuzzDecode(f *testing.F, kind string, seeds ...string) {
	for _, seed := range append(seeds, `{}`, `null`, `{"node_id":3,"secret":"s"}`) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first := kinds[kind]()
		err := Decode(bytes.NewReader(body), MaxBody, first)
		if err != nil {
			if refusal := new(Error); !errors.As(err, &refusal) {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		sent, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		second := kinds[kind]()
		if err := Decode(bytes.NewReader(sent), 2*MaxBody, second); err != nil {
			t.Fatalf("%s was accepted, and %s is not: %v", body, sent, err)
		}
		if !reflect.DeepEqual(first, second) {
			t.Errorf("%+v became %+v", first, second)
		}
	})
}

func FuzzRegister(f *testing.F) { fuzzDecode(f, register, `{"node_id":3,"port":4003,"secret":"s"}`) }
func FuzzOwn(f *testing.F) {
	fuzzDecode(f, "own", `{`+whoAmI+`,"torrent":"ZGU=","complete":true}`, `{`+whoAmI+`,"withdraw":true,"info_hash":"`+aHash+`"}`)
}
func FuzzNeed(f *testing.F) {
	fuzzDecode(f, "need", `{`+whoAmI+`,"info_hash":"`+aHash+`"}`, `{`+whoAmI+`,"name":"x","want_torrent":true,"want":9}`)
}
func FuzzUpdate(f *testing.F) { fuzzDecode(f, "update", `{`+whoAmI+`,"receipt":"AQ=="}`) }
func FuzzExit(f *testing.F)   { fuzzDecode(f, "exit", `{`+whoAmI+`}`) }
