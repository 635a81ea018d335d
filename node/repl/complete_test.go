package repl

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTab(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"lab.iso", "lab.iso.torrent", "Лекция 1.mp4", "Лекция 2.mp4", ".hidden", " spaced", `"both"`, "sub/deep.torrent", "sub/deep.bin", "evil\x1b"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Skipf("this system does not take the name %q: %v", name, err)
		}
	}
	sub := "sub" + string(filepath.Separator)
	offered := func() []string {
		return []string{"image.iso", "lab.iso.torrent", "Лекция 日本.pdf", "evil\x1b[2J"}
	}
	for _, c := range []struct {
		left string
		head string
		want []string
	}{
		{"", "", []string{"torrent ", "help", "exit"}},
		{"tor", "", []string{"torrent "}},
		{"  TOR", "  ", []string{"torrent "}},
		{"torrent ", "torrent ", []string{"-setMode ", "-list", "-status", "-verify "}},
		{"torrent -s", "torrent ", []string{"-setMode ", "-status"}},
		{"torrent -setMode ", "torrent -setMode ", []string{"send ", "download ", "exit"}},
		{"torrent  -setmode d", "torrent  -setmode ", []string{"download "}},
		{"torrent -list ", "torrent -list ", nil},
		{"make me", "make ", nil},
		{"torrent -setMode send l", "torrent -setMode send ", []string{"lab.iso", "lab.iso.torrent"}},
		{"torrent -setMode send Лекция ", "torrent -setMode send ", []string{"Лекция 1.mp4", "Лекция 2.mp4"}},
		{"torrent -setMode send \"Лекция 1", "torrent -setMode send ", []string{"Лекция 1.mp4"}},
		{"torrent -verify .h", "torrent -verify ", []string{".hidden"}},
		{"torrent -verify s", "torrent -verify ", []string{sub}},
		{"torrent -verify " + sub, "torrent -verify ", []string{sub + "deep.bin", sub + "deep.torrent"}},
		{"torrent -verify \" s", "torrent -verify ", []string{`" spaced"`}},
		{"torrent -verify none/x", "torrent -verify ", nil},
		{"torrent -verify evil", "torrent -verify ", nil},
		{"torrent -setMode download l", "torrent -setMode download ", []string{"lab.iso.torrent"}},
		{"torrent -setMode download ", "torrent -setMode download ", []string{"image.iso", "lab.iso.torrent", sub, "Лекция 日本.pdf"}},
		{"torrent -setMode download Лек", "torrent -setMode download ", []string{"Лекция 日本.pdf"}},
		{"torrent -setMode download " + sub, "torrent -setMode download ", []string{sub + "deep.torrent"}},
	} {
		head, got := complete(c.left, offered)
		if head != c.head || !slices.Equal(got, c.want) {
			t.Errorf("%q completes to %q %q, want %q %q", c.left, head, got, c.head, c.want)
		}
	}
	if _, got := complete(`torrent -verify '"`, offered); !slices.Equal(got, []string{`""both""`}) {
		t.Errorf("a name in quotes of its own completes to %q", got)
	}
}

func TestTabInTheMiddleOfALine(t *testing.T) {
	s := &Session{}
	head, got, tail := s.completer(t.Context())("torrent -l für später", len("torrent -l"))
	if head != "torrent " || !slices.Equal(got, []string{"-list"}) || tail != " für später" {
		t.Errorf("%q %q %q", head, got, tail)
	}
}
