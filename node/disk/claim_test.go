package disk

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"udptorrent/torrent"
)

// tables returns damaged maps of pieces 0 and 1 of tor.
func tables(tor *torrent.Torrent) map[string]string {
	bits := torrent.NewBitfield(tor.NumPieces())
	bits.Set(0)
	bits.Set(1)
	good := string(appendPartMap(nil, tor.InfoHash, bits))
	wrong := string(appendPartMap(nil, tor.InfoHash, torrent.NewBitfield(2)))
	return map[string]string{
		"empty":                 "",
		"a beginning":           good[:5],
		"no hash":               good[:mapHeader-5],
		"no bits":               good[:mapHeader],
		"too long":              good + "x",
		"spare bits":            good[:mapHeader] + "\xff",
		"of a different length": wrong,
		"zeros":                 strings.Repeat("\x00", len(good)),
	}
}

func TestPartWithADamagedMapKeepsWhatIsRight(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	for name, table := range tables(tor) {
		p := openPart(t, f, tor)
		writePieces(t, p, content, 0, 1)
		p.Close()
		os.WriteFile(f.File("a.part.map"), []byte(table), 0o666)
		again := openPart(t, f, tor)
		if have := again.Have(); have.Count() != 2 || !have.Has(0) || !have.Has(1) || again.Notice() == "" {
			t.Errorf("%s: have %x, notice %q", name, have.Bytes(), again.Notice())
		}
		if third := openPart(t, f, tor); third.Have().Count() != 2 || third.Notice() != "" {
			t.Errorf("%s: then have %x, notice %q", name, third.Have().Bytes(), third.Notice())
		}
	}
}

func TestPartOfAnotherTorrentIsKeptEvenIfItsMapIsDamaged(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	writePieces(t, openPart(t, f, tor), content, 0, 1)
	os.WriteFile(f.File("a.part.map"), []byte(tables(tor)["no bits"]), 0o666)
	_, other := newTorrent(t, "a", 2, pieceLength)
	if _, err := f.OpenPart(context.Background(), other, nil); !errors.Is(err, ErrDiffers) {
		t.Errorf("%v", err)
	}
	if have := openPart(t, f, tor).Have(); have.Count() != 2 {
		t.Errorf("have %x", have.Bytes())
	}
}

// A map of no bytes does not say whose the part is, but the length of the part may.
func TestPartOfAnotherLengthIsKeptWhoseMapSaysNothing(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	writePieces(t, openPart(t, f, tor), content, 0, 1)
	os.WriteFile(f.File("a.part.map"), nil, 0o666)
	_, other := newTorrent(t, "a", 2, pieceLength)
	if _, err := f.OpenPart(context.Background(), other, nil); !errors.Is(err, ErrDiffers) {
		t.Errorf("%v", err)
	}
	if have := openPart(t, f, tor).Have(); have.Count() != 2 {
		t.Errorf("have %x", have.Bytes())
	}
}

// A part that found no room is begun again when there is some, without a check of nothing.
func TestAMapSaysWhoseThePartIsBeforeThereIsOne(t *testing.T) {
	f := openFolder(t, t.TempDir())
	_, tor := newTorrent(t, "a", 1, 5*pieceLength)
	huge := *tor
	huge.Length = 1 << 62 // no disk has room for it
	if _, err := f.OpenPart(context.Background(), &huge, nil); err == nil {
		t.Fatal("there is room for everything")
	}
	if _, err := os.Stat(f.File("a.part")); err != nil {
		t.Fatal(err)
	}
	if notice := openPart(t, f, tor).Notice(); notice != "" {
		t.Errorf("notice %q", notice)
	}
}

func TestADamagedMapWithoutAPartIsStartedOver(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	for name, table := range tables(tor) {
		os.WriteFile(f.File("a.part.map"), []byte(table), 0o666)
		p := openPart(t, f, tor)
		if p.Have().Count() != 0 || p.Notice() != "" {
			t.Errorf("%s: have %x, notice %q", name, p.Have().Bytes(), p.Notice())
		}
		writePieces(t, p, content, 4)
		p.Close()
		if have := openPart(t, f, tor).Have(); have.Count() != 1 {
			t.Errorf("%s: then have %x", name, have.Bytes())
		}
		os.Remove(p.Path())
	}
}

func TestAMapOfTheUsersIsNotTouched(t *testing.T) {
	_, tor := newTorrent(t, "a", 1, 2*pieceLength)
	for _, mine := range []string{"m", "my map", strings.Repeat("x", mapHeader+1), strings.Repeat("x", 2*mostTable)} {
		f := openFolder(t, t.TempDir())
		for _, files := range [][]string{{"a.part.map"}, {"a.part.map", "a.part"}} {
			for _, name := range files {
				os.WriteFile(f.File(name), []byte(mine), 0o666)
			}
			_, err := f.OpenPart(context.Background(), tor, nil)
			if !errors.Is(err, ErrDiffers) || !strings.Contains(err.Error(), f.File("a.part.map")+": ") {
				t.Errorf("%q: %v", files, err)
			}
			for _, name := range files {
				if b, _ := os.ReadFile(f.File(name)); string(b) != mine {
					t.Errorf("%s was changed", name)
				}
			}
			if left, _ := os.ReadDir(f.Path()); len(left) != len(files)+1 { // and the state directory
				t.Errorf("%q: %d names are in the folder", files, len(left))
			}
		}
	}
}

func TestNoFileMayBeNamedLikeAPartOrItsMap(t *testing.T) {
	f := openFolder(t, t.TempDir())
	for _, name := range []string{"a.part", "a.part.map", "A.Part.MAP", ".part", ".PART.map"} {
		if err := CheckName(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		_, tor := newTorrent(t, name, 1, pieceLength)
		if _, err := f.OpenPart(context.Background(), tor, nil); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	for _, name := range []string{"part", "a.parts", "a.part.maps", "part.map", "a.part1", "a.map"} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
}

func TestOfALongFileNoMoreIsReadThanAMapMayHave(t *testing.T) {
	f := openFolder(t, t.TempDir())
	most := appendPartMap(nil, torrent.Hash{1}, torrent.NewBitfield(torrent.MaxPieces))
	for n, want := range map[int]int{len(most): len(most), len(most) + 1: mostTable, 2 * len(most): mostTable} {
		os.WriteFile(f.File("a.part.map"), make([]byte, n), 0o666)
		if b, err := f.readTable("a.part.map"); err != nil || len(b) != want {
			t.Errorf("of %d bytes %d were read, %v", n, len(b), err)
		}
	}
}
