package disk

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"udptorrent/torrent"
)

// finished returns a folder with the finished file of tor, and the map that was there
// before the end.
func finished(t *testing.T) (f *Folder, tor *torrent.Torrent, table []byte) {
	t.Helper()
	f = openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 2*pieceLength)
	if err := f.SaveTorrent(tor); err != nil {
		t.Fatal(err)
	}
	p := openPart(t, f, tor)
	writePieces(t, p, content, 0, 1)
	table, err := os.ReadFile(f.File("a.part.map"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(); err != nil {
		t.Fatal(err)
	}
	return f, tor, table
}

// left returns which files of the part there are.
func left(f *Folder) []string {
	paths, _ := filepath.Glob(f.File("a.part*"))
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	return names
}

func TestAMapThatCannotBeRemovedIsNoFailure(t *testing.T) {
	for name, do := range map[string]func(path string) error{
		"gone":   func(string) error { return nil },
		"folder": func(path string) error { return os.MkdirAll(filepath.Join(path, "inside"), 0o777) },
	} {
		f := openFolder(t, t.TempDir())
		content, tor := newTorrent(t, "a", 1, 2*pieceLength)
		p := openPart(t, f, tor)
		writePieces(t, p, content, 0, 1)
		if err := os.Remove(f.File("a.part.map")); err != nil {
			t.Skip("an open file cannot be removed here:", err)
		}
		if err := do(f.File("a.part.map")); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Finish(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if whole, err := f.Complete(context.Background(), tor, nil); whole == nil || err != nil {
			t.Errorf("%s: complete %v, %v", name, whole != nil, err)
		}
	}
}

func TestAPartThatIsGoneAtTheEndIsFetchedAgain(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 2*pieceLength)
	p := openPart(t, f, tor)
	writePieces(t, p, content, 0, 1)
	if err := os.Remove(p.Path()); err != nil {
		t.Skip("an open file cannot be removed here:", err)
	}
	if _, err := p.Finish(); err == nil || !strings.Contains(err.Error(), p.Path()) || !strings.Contains(err.Error(), "download it again") {
		t.Errorf("finish: %v", err)
	}
	p = openPart(t, f, tor)
	if have := p.Have().Count(); have != 0 {
		t.Errorf("%d pieces are said to be there", have)
	}
	writePieces(t, p, content, 0, 1)
	if _, err := p.Finish(); err != nil {
		t.Error(err)
	}
}

// A node that is killed at the end of Finish leaves the map.
func TestWhatIsLeftOfAPartGoesWhenItsFileIsThere(t *testing.T) {
	f, tor, table := finished(t)
	for _, part := range []bool{false, true} {
		os.WriteFile(f.File("a.part.map"), table, 0o666)
		if part {
			os.WriteFile(f.File("a.part"), make([]byte, tor.Length), 0o666)
		}
		if list, err := f.Partials(); err != nil || len(list) > 0 != part {
			t.Errorf("part %v: partials %+v, %v", part, list, err)
		}
		if whole, err := f.Complete(context.Background(), tor, nil); whole == nil || err != nil {
			t.Errorf("part %v: complete %v, %v", part, whole != nil, err)
		}
		if names := left(f); len(names) != 0 {
			t.Errorf("part %v: left %q", part, names)
		}
	}
}

func TestWhatIsNotOfThePartStays(t *testing.T) {
	f, tor, ours := finished(t)
	others := appendPartMap(nil, torrent.Hash{1}, torrent.NewBitfield(2))
	for name, c := range map[string]struct {
		table  []byte
		length int64
	}{
		"of another torrent": {others, tor.Length},
		"of another length":  {ours, tor.Length + 1},
		"no map":             {[]byte("my own"), tor.Length},
	} {
		os.WriteFile(f.File("a.part.map"), c.table, 0o666)
		os.WriteFile(f.File("a.part"), make([]byte, c.length), 0o666)
		if whole, err := f.Complete(context.Background(), tor, nil); whole == nil || err != nil {
			t.Errorf("%s: complete %v, %v", name, whole != nil, err)
		}
		if names := left(f); !slices.Equal(names, []string{"a.part", "a.part.map"}) {
			t.Errorf("%s: left %q", name, names)
		}
	}
}

func TestAPartStaysBesideAnotherFile(t *testing.T) {
	f, tor, table := finished(t)
	os.WriteFile(f.File("a"), make([]byte, tor.Length), 0o666)
	os.WriteFile(f.File("a.part.map"), table, 0o666)
	os.WriteFile(f.File("a.part"), make([]byte, tor.Length), 0o666)
	if whole, err := f.Complete(context.Background(), tor, nil); whole != nil || err == nil {
		t.Errorf("complete %v, %v", whole != nil, err)
	}
	if names := left(f); len(names) != 2 {
		t.Errorf("left %q", names)
	}
}

// What is changed is right when it is hashed, and is not by the end of the check.
func TestAFileThatChangesWhileItIsCheckedIsNotTakenForGood(t *testing.T) {
	for what, change := range map[string]func(path string) error{
		"written": func(path string) error { return os.WriteFile(path, make([]byte, 2*pieceLength), 0o666) },
		"longer":  func(path string) error { return os.Truncate(path, 3*pieceLength) },
	} {
		f, tor, _ := finished(t)
		long := time.Now().Add(-time.Hour)
		if err := os.Chtimes(f.File("a"), long, long); err != nil {
			t.Fatal(err)
		}
		info, err := f.Complete(context.Background(), tor, func(done int64) {
			if done == tor.Length {
				if err := change(f.File("a")); err != nil {
					t.Error(what, err)
				}
			}
		})
		if info != nil || err == nil || !strings.Contains(err.Error(), "changed while it was checked; try again") {
			t.Errorf("%s: complete %v, %v", what, info != nil, err)
		}
	}
}
