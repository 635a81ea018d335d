package panel

import (
	"strings"
	"testing"
)

func TestLinesAreDrawnOverAndTextGoesAbove(t *testing.T) {
	var out strings.Builder
	p := New(&out)
	for _, step := range []struct {
		what string
		do   func()
		want string
	}{
		{"nothing", func() { p.Draw(nil) }, ""},
		{"text alone", func() { p.Print("news") }, "news\n"},
		{"two lines", func() { p.Draw([]string{"a", "b"}) }, "a\x1b[K\nb\x1b[K\n\x1b[J"},
		{"text above", func() { p.Print("news") }, "\r\x1b[2A\x1b[Jnews\na\x1b[K\nb\x1b[K\n\x1b[J"},
		{"one line", func() { p.Draw([]string{"c"}) }, "\r\x1b[2Ac\x1b[K\n\x1b[J"},
		{"no line", func() { p.Draw(nil) }, "\r\x1b[1A\x1b[J"},
		{"text again", func() { p.Print("news") }, "news\n"},
	} {
		out.Reset()
		if step.do(); out.String() != step.want {
			t.Errorf("%s: %q, want %q", step.what, out.String(), step.want)
		}
	}
}
