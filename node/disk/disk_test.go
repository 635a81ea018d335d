package disk

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"udptorrent/torrent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pieceLength = 1000

func openFolder(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// newTorrent returns n bytes and their torrent, with pieces of 1,000 bytes.
func newTorrent(t testing.TB, name string, seed byte, n int) ([]byte, *torrent.Torrent) {
	t.Helper()
	content := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(content)
	tor, err := torrent.Create(context.Background(), bytes.NewReader(content), int64(n),
		torrent.CreateOptions{Name: name, PieceLength: pieceLength})
	if err != nil {
		t.Fatal(err)
	}
	return content, tor
}

func openPart(t *testing.T, f *Folder, tor *torrent.Torrent) *Part {
	t.Helper()
	p, err := f.OpenPart(context.Background(), tor, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// writePieces writes pieces of content, at the same time.
func writePieces(t *testing.T, p *Part, content []byte, pieces ...int) {
	t.Helper()
	var wg sync.WaitGroup
	for _, i := range pieces {
		wg.Go(func() {
			off, n := p.tor.Piece(i)
			if err := p.WritePiece(i, content[off:off+n]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestFolderIsForOneNode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node4")
	f := openFolder(t, path)
	if _, err := OpenFolder(path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "node4") {
		t.Errorf("second node: %v", err)
	}
	f.Close()
	openFolder(t, path)
}

func TestFolderIsSweptOfWhatAKilledNodeWasWriting(t *testing.T) {
	f := openFolder(t, t.TempDir())
	temps := []string{f.File(stateDir + "/.tmp-1"), f.File(stateDir + "/" + torrentDir + "/.tmp-2")}
	users := f.File(".tmp-3")
	for _, path := range append(temps, users) {
		os.WriteFile(path, nil, 0o666)
	}
	// Not by a node that does not get the folder: another is writing there.
	OpenFolder(f.Path())
	for _, path := range temps {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	f.Close()
	openFolder(t, f.Path())
	for _, path := range temps {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	if _, err := os.Stat(users); err != nil {
		t.Error("a file of the user's is gone:", err)
	}
}

func TestFolderSaysWhatIsInTheWay(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o666)
	if _, err := OpenFolder(file); err == nil || !strings.Contains(err.Error(), "a file is in the way") {
		t.Errorf("file: %v", err)
	}
	linked := filepath.Join(dir, "linked")
	os.Mkdir(linked, 0o777)
	os.Mkdir(filepath.Join(dir, "elsewhere"), 0o777)
	if err := os.Symlink("../elsewhere", filepath.Join(linked, stateDir)); err != nil {
		t.Skip(err)
	}
	if _, err := OpenFolder(linked); err == nil {
		t.Error("a state directory that leads out of the folder was used")
	}
	if os.Getuid() != 0 {
		os.Mkdir(filepath.Join(dir, "ro"), 0o555)
		if _, err := OpenFolder(filepath.Join(dir, "ro")); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("read-only: %v", err)
		}
	}
}

func TestSecretIsKeptForTheUserAlone(t *testing.T) {
	f := openFolder(t, t.TempDir())
	if s, err := f.Secret(); s != "" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	if err := errors.Join(f.SetSecret("first"), f.SetSecret("xyz")); err != nil {
		t.Fatal(err)
	}
	if s, err := f.Secret(); s != "xyz" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	info, err := os.Stat(f.File(secretFile))
	if err != nil || info.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestLibraryIsRemembered(t *testing.T) {
	f := openFolder(t, t.TempDir())
	_, tor := newTorrent(t, "a", 1, 10)
	want := Shared{InfoHash: tor.InfoHash, Path: f.File("a"), Size: 10, ModTime: time.Unix(1, 123456789)}
	if err := errors.Join(f.SaveLibrary([]Shared{want}), f.SaveTorrent(tor)); err != nil {
		t.Fatal(err)
	}
	list, err := f.Library()
	if err != nil || len(list) != 1 || !list[0].ModTime.Equal(want.ModTime) || list[0].Path != want.Path {
		t.Errorf("%+v, %v", list, err)
	}
	if got, err := f.Torrent(tor.InfoHash); err != nil || got.InfoHash != tor.InfoHash {
		t.Errorf("%v", err)
	}
}

func TestDamagedLibraryIsMovedAside(t *testing.T) {
	f := openFolder(t, t.TempDir())
	asides := map[string]string{"{": ".damaged", "[": ".damaged.2"}
	for _, damaged := range []string{"{", "["} {
		os.WriteFile(f.File(libraryFile), []byte(damaged), 0o666)
		aside := f.File(libraryFile + asides[damaged])
		if _, err := f.Library(); !errors.Is(err, ErrLibrary) || !strings.Contains(err.Error(), aside) {
			t.Errorf("%v", err)
		}
		if list, err := f.Library(); len(list) != 0 || err != nil {
			t.Errorf("%v, %v", list, err)
		}
	}
	for damaged, end := range asides {
		if b, err := os.ReadFile(f.File(libraryFile + end)); string(b) != damaged {
			t.Errorf("%s: %q, %v", end, b, err)
		}
	}
}

func TestALibraryThatCannotBeReadIsNotWrittenOver(t *testing.T) {
	f := openFolder(t, t.TempDir())
	os.MkdirAll(f.File(filepath.Join(libraryFile, "inside")), 0o777)
	if list, err := f.Library(); err == nil {
		t.Errorf("%v", list)
	}
	if _, err := os.Stat(f.File(filepath.Join(libraryFile+".damaged", "inside"))); err != nil {
		t.Error(err)
	}
}

func TestFilesOfEverySizeAreFinished(t *testing.T) {
	f := openFolder(t, t.TempDir())
	for _, size := range []int{0, 1, pieceLength, pieceLength + 1, 9*pieceLength + 10} {
		content, tor := newTorrent(t, "имя 🎈", 1, size)
		p := openPart(t, f, tor)
		for i := range tor.NumPieces() {
			if p.Full() {
				t.Fatal("full too early")
			}
			writePieces(t, p, content, i)
		}
		if _, err := p.Finish(); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(f.File(tor.Name)); err != nil || !bytes.Equal(b, content) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if have, err := f.Complete(context.Background(), tor, nil); have == nil || err != nil {
			t.Errorf("%d bytes: complete %v, %v", size, have != nil, err)
		}
		if left, _ := filepath.Glob(f.File("*.part*")); len(left) != 0 {
			t.Errorf("left: %q", left)
		}
		os.Remove(f.File(tor.Name))
	}
}

func TestPartResumesWithWhatIsRight(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 20*pieceLength)
	p := openPart(t, f, tor)
	writePieces(t, p, content, 0, 3, 8, 19)
	f.SaveTorrent(tor)
	if list, err := f.Partials(); err != nil || len(list) != 1 || list[0].Bytes != 4*pieceLength {
		t.Errorf("partials: %+v, %v", list, err)
	}
	// As after a crash: no Close. A power loss took piece 8.
	damaged := bytes.Repeat([]byte{0}, pieceLength)
	if _, err := p.data.WriteAt(damaged, 8*pieceLength); err != nil {
		t.Fatal(err)
	}
	again := openPart(t, f, tor)
	have := again.Have()
	if have.Count() != 3 || !have.Has(0) || !have.Has(3) || !have.Has(19) {
		t.Errorf("have %x", have.Bytes())
	}
	if !strings.Contains(again.Notice(), "1 pieces") {
		t.Errorf("notice: %q", again.Notice())
	}
	if third := openPart(t, f, tor); third.Have().Count() != 3 || third.Notice() != "" {
		t.Errorf("have %x, notice %q", third.Have().Bytes(), third.Notice())
	}
}

func TestTheBeginningOfAPartIsWhatHasNoHole(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "x", 3, 5*pieceLength+7)
	p := openPart(t, f, tor)
	for _, c := range []struct{ piece, want int }{
		{1, 0}, {4, 0}, {0, 2 * pieceLength}, {5, 2 * pieceLength}, {2, 3 * pieceLength}, {3, len(content)},
	} {
		writePieces(t, p, content, c.piece)
		if got := p.Beginning(); got != int64(c.want) {
			t.Errorf("with piece %d it begins with %d bytes, want %d", c.piece, got, c.want)
		}
	}
}

func TestPartOfAnotherTorrentIsKept(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	writePieces(t, openPart(t, f, tor), content, 0, 1)
	_, other := newTorrent(t, "a", 2, 4*pieceLength+1)
	_, err := f.OpenPart(context.Background(), other, nil)
	if !errors.Is(err, ErrDiffers) || !strings.Contains(err.Error(), f.File("a.part")) ||
		!strings.Contains(err.Error(), "pieces of another a (info-hash "+tor.InfoHash.String()) {
		t.Errorf("%v", err)
	}
	if have := openPart(t, f, tor).Have(); have.Count() != 2 {
		t.Errorf("have %x", have.Bytes())
	}
}

func TestPartOfAnotherTorrentThatIsEmptyOrGoneIsStartedOver(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	_, other := newTorrent(t, "a", 2, 4*pieceLength+1)
	for _, next := range []*torrent.Torrent{tor, other, tor} {
		p := openPart(t, f, next)
		if info, err := os.Stat(p.Path()); p.Have().Count() != 0 || err != nil || info.Size() != next.Length {
			t.Errorf("have %x, %v, %v", p.Have().Bytes(), info, err)
		}
	}
	p := openPart(t, f, tor)
	writePieces(t, p, content, 0, 1)
	p.Close()
	if err := os.Remove(p.Path()); err != nil {
		t.Fatal(err)
	}
	if have := openPart(t, f, other).Have(); have.Count() != 0 {
		t.Errorf("have %x", have.Bytes())
	}
}

func TestNoFileOfTheUserIsTouched(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 2*pieceLength)
	mine := []byte("mine")
	os.WriteFile(f.File("a.part"), mine, 0o666)
	if _, err := f.OpenPart(context.Background(), tor, nil); !errors.Is(err, ErrDiffers) {
		t.Errorf("a.part without a map: %v", err)
	}
	os.Remove(f.File("a.part"))

	p := openPart(t, f, tor)
	writePieces(t, p, content, 0, 1)
	os.WriteFile(f.File("a"), mine, 0o666) // while the download ran
	if _, err := p.Finish(); !errors.Is(err, ErrDiffers) {
		t.Errorf("finish: %v", err)
	}
	if have, err := f.Complete(context.Background(), tor, nil); have != nil || !errors.Is(err, ErrDiffers) {
		t.Errorf("complete: %v, %v", have != nil, err)
	}
	if b, _ := os.ReadFile(f.File("a")); !bytes.Equal(b, mine) {
		t.Error("the user's file was overwritten")
	}
	if err := CheckName(".UDPtorrent"); err == nil {
		t.Error("a download may replace the node's state")
	}
}

func TestLinksDoNotLeadOutOfTheFolder(t *testing.T) {
	f := openFolder(t, filepath.Join(t.TempDir(), "node1"))
	outside := filepath.Join(filepath.Dir(f.Path()), "outside")
	for _, name := range []string{"a.part.map", "a.part"} {
		if err := os.Symlink(outside, f.File(name)); err != nil {
			t.Skip(err)
		}
		_, tor := newTorrent(t, "a", 1, pieceLength)
		if _, err := f.OpenPart(context.Background(), tor, nil); err == nil {
			t.Errorf("%s: a link was followed", name)
		}
		os.Remove(f.File(name))
	}
	if _, err := os.Stat(outside); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was made outside the folder")
	}
}

func TestLongNamesHaveRoomForTheirPart(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, strings.Repeat("я", 127), 1, pieceLength)
	p := openPart(t, f, tor)
	writePieces(t, p, content, 0)
	if _, err := p.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.File(tor.Name)); err != nil {
		t.Error(err)
	}
}

func TestPieceOfWrongLengthIsNotWritten(t *testing.T) {
	f := openFolder(t, t.TempDir())
	_, tor := newTorrent(t, "a", 1, 2*pieceLength+1)
	p := openPart(t, f, tor)
	if err := p.WritePiece(2, make([]byte, 2)); err == nil || p.Have().Count() != 0 {
		t.Errorf("%v", err)
	}
	if _, err := p.Finish(); err == nil {
		t.Error("an incomplete file was finished")
	}
}

func TestCancelledRecheckKeepsThePart(t *testing.T) {
	f := openFolder(t, t.TempDir())
	content, tor := newTorrent(t, "a", 1, 5*pieceLength)
	writePieces(t, openPart(t, f, tor), content, 0, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.OpenPart(ctx, tor, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if p := openPart(t, f, tor); p.Have().Count() != 2 {
		t.Errorf("have %x", p.Have().Bytes())
	}
}

func TestTorrentThatIsKeptAlreadyIsNotWrittenAgain(t *testing.T) {
	f := openFolder(t, t.TempDir())
	_, tor := newTorrent(t, "a", 1, pieceLength)
	save := func() os.FileInfo {
		t.Helper()
		if err := f.SaveTorrent(tor); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(f.TorrentPath(tor.InfoHash))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	if first := save(); !os.SameFile(first, save()) {
		t.Error("it was replaced")
	}
	if err := os.WriteFile(f.TorrentPath(tor.InfoHash), []byte("damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	save()
	if kept, err := f.Torrent(tor.InfoHash); err != nil || kept.InfoHash != tor.InfoHash {
		t.Errorf("%+v, %v", kept, err)
	}
}

func TestErrorNamesTheFileOfThePartThatItIsAbout(t *testing.T) {
	for _, name := range []string{"a.part", "a.part.map"} {
		f := openFolder(t, t.TempDir())
		_, tor := newTorrent(t, "a", 1, pieceLength)
		if name == "a.part" { // one without a map is not ours
			openPart(t, f, tor).Close()
			os.Remove(f.File(name))
		}
		if err := os.Mkdir(f.File(name), 0o777); err != nil {
			t.Fatal(err)
		}
		_, err := f.OpenPart(t.Context(), tor, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "open "+f.File(name)+": ") {
			t.Errorf("%s is a folder: %v", name, err)
		}
	}
}
