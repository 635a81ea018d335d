package disk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"udptorrent/torrent"
)

func TestLibraryTellsWhatWasDownloaded(t *testing.T) {
	f := openFolder(t, t.TempDir())
	inside := Shared{InfoHash: torrent.Hash{1}, Path: f.File("a")}
	outside := Shared{InfoHash: torrent.Hash{2}, Path: filepath.Join(filepath.Dir(f.Path()), "a")}
	check := func(name string, first, second bool) {
		t.Helper()
		list, err := f.Library()
		if err != nil || len(list) != 2 || list[0].Downloaded != first || list[1].Downloaded != second {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
	// Version 1 does not say, and what lies in the folder is taken for downloaded.
	old, err := json.Marshal(library{Version: 1, Shared: []Shared{inside, outside}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.File(libraryFile), old, 0o666); err != nil {
		t.Fatal(err)
	}
	check("version 1", true, false)
	outside.Downloaded = true
	if err := f.SaveLibrary([]Shared{inside, outside}); err != nil {
		t.Fatal(err)
	}
	check("saved", false, true)
}
