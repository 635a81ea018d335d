package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTheStoryIsThatOfTheLog(t *testing.T) {
	const at = "2026-01-02T15:04:05.000 info  "
	path := filepath.Join(t.TempDir(), "node4.log")
	j, w := &journal{path: path}, new(watch)
	for i, step := range []struct {
		log  string
		news []string
	}{
		{"", nil},
		{at + "registered  node=4 known=false\n" +
			at + "range  torrent=ab node=3 from=400000000 to=600000000 bytes=200000000 why=\"equal share\"\n" +
			at + "range  torrent=ab node=1 from=0 to=200000000 bytes=200000000 why=\"equal share\"\n" +
			at + "range  torrent=ab node=2 from=200000000 to=400000000 bytes=200000000 why=\"equal share\"\n",
			[]string{"equal ranges at first: node 1 0-200 MB, node 2 200-400 MB, node 3 400-600 MB"}},
		{at + "range left  torrent=ab node=2 from=290600000 to=400000000 bytes=109400000\n" + at + "range  torrent=ab no",
			[]string{"node 2 is silent: what it had not begun, 291-400 MB, is for the others now"}},
		{"de=3 from=290600000 to=400000000 bytes=109400000 why=\"left by node 2\"\n",
			[]string{"node 3 has delivered its range and takes what node 2 left, 291-400 MB"}},
		{at + "range  torrent=ab node=3 from=160000000 to=200000000 bytes=40000000 why=\"back half of node 1's\"\n" +
			at + "range  torrent=ab node=3 from=1 to=2 bytes=1 why=nobody's\n" +
			at + "download done  torrent=ab file=a bytes=600000000 owners=\"node 1 1\"\n",
			[]string{"node 3 has run dry and takes the back half of node 1's range, 160-200 MB"}},
		{"", nil},
	} {
		add(t, path, step.log)
		list, err := j.read()
		if err != nil {
			t.Fatal(err)
		}
		if got := w.decided(list); !slices.Equal(got, step.news) {
			t.Errorf("step %d: %q, want %q", i, got, step.news)
		}
		if lost, want := w.part(2).lost, (span{290.6e6, 400e6}); (lost == want) != (i == 2) {
			t.Errorf("step %d: node 2 has left %v", i, lost)
		}
	}
}

// add appends to a file; nothing does not even make it.
func add(t *testing.T, path, text string) {
	t.Helper()
	if text == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
