package api

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// readDocs returns docs/tracker-api.md.
func readDocs(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/tracker-api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// Every example on the page has its type named in a comment before it.
var example = regexp.MustCompile("<!-- (\\w+) -->\n```(?:json)?\n((?s).*?)```")

func TestDocumentedExamplesDecode(t *testing.T) {
	types := map[string]func() any{
		"RegisterRequest": func() any { return new(RegisterRequest) },
		"RegisterAnswer":  func() any { return new(RegisterAnswer) },
		"OwnRequest":      func() any { return new(OwnRequest) },
		"NeedRequest":     func() any { return new(NeedRequest) },
		"NeedAnswer":      func() any { return new(NeedAnswer) },
		"UpdateRequest":   func() any { return new(UpdateRequest) },
		"ExitRequest":     func() any { return new(ExitRequest) },
		"ListAnswer":      func() any { return new(ListAnswer) },
		"Empty":           func() any { return new(Empty) },
		"Error":           func() any { return new(Error) },
	}
	shown := map[string]bool{"Receipt": true} // by a test of its own
	for _, match := range example.FindAllStringSubmatch(readDocs(t), -1) {
		name, text := match[1], match[2]
		shown[name] = true
		if name == "Receipt" {
			continue
		}
		if types[name] == nil {
			t.Errorf("an example is said to be a %s", name)
			continue
		}
		into := types[name]()
		var err error
		if request, ok := into.(Request); ok {
			err = Decode(strings.NewReader(text), MaxBody, request)
		} else {
			dec := json.NewDecoder(strings.NewReader(text))
			dec.DisallowUnknownFields()
			err = dec.Decode(into)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkNothingLost(t, name, text, into)
	}
	for name := range types {
		if !shown[name] {
			t.Errorf("no example of a %s", name)
		}
	}
}

// checkNothingLost fails unless value says all that text says.
func checkNothingLost(t *testing.T, name, text string, value any) {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("%s: the example says %v, its type keeps %v", name, want, got)
	}
}

func TestTheDocumentedReceiptIsTheGoldenOne(t *testing.T) {
	for _, match := range example.FindAllStringSubmatch(readDocs(t), -1) {
		if match[1] != "Receipt" {
			continue
		}
		b, err := hex.DecodeString(strings.Join(strings.Fields(match[2]), ""))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, SignReceipt("secret of node 4", sampleReceipt())) {
			t.Errorf("%x is not what SignReceipt makes", b)
		}
		return
	}
	t.Error("no receipt is shown")
}

func TestTheReceiptInTheExampleOfUpdateParses(t *testing.T) {
	for _, match := range example.FindAllStringSubmatch(readDocs(t), -1) {
		if match[1] != "UpdateRequest" {
			continue
		}
		var m UpdateRequest
		if err := json.Unmarshal([]byte(match[2]), &m); err != nil {
			t.Fatal(err)
		}
		r, err := ParseReceipt(m.Receipt)
		if err != nil || r.Owner != m.NodeID || !r.SignedBy("R2NBIRWCQ7UJDN4FUTP5PKDHPO") {
			t.Errorf("got %+v, %v", r, err)
		}
		return
	}
	t.Error("no update is shown")
}

func TestEveryCodeIsDocumentedWithItsStatus(t *testing.T) {
	page := readDocs(t)
	for code, status := range statuses {
		if row := fmt.Sprintf("| `%s` | %d | ", code, status); !strings.Contains(page, row) {
			t.Errorf("no row %q", row)
		}
	}
}
