package node

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"udptorrent/torrent"
)

// quiet is a node that was opened and does not run, with no tracker to speak to.
func quiet(t *testing.T) (*Node, string) {
	dir := t.TempDir()
	n, err := Open(Config{ID: 1, Tracker: "http://127.0.0.1:1", Addr: loopback, Folder: filepath.Join(dir, "node1")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n, dir
}

func write(t *testing.T, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSendKeepsWorkingWithoutATracker(t *testing.T) {
	n, dir := quiet(t)
	path := write(t, filepath.Join(dir, "a b"), noise(1, 40_000))
	s, err := n.Send(context.Background(), path, nil)
	if err != nil || s.Owned || s.Bytes != 40_000 || s.Pieces != 3 || s.SHA1.IsZero() {
		t.Fatalf("%+v, %v", s, err)
	}
	tor, err := readTorrent(path + ".torrent")
	if err != nil || tor.InfoHash != s.InfoHash || tor.Announce != "http://127.0.0.1:1/announce" {
		t.Errorf("%+v, %v", tor, err)
	}
}

func TestSendBeforeTheNodeIsRegisteredIsToldLater(t *testing.T) {
	s := newSwarm(t)
	p, err := s.open(1)
	if err != nil {
		t.Fatal(err)
	}
	shared := p.share("a", noise(1, 40_000))
	if shared.Owned {
		t.Error("the tracker is said to know a file of a node that it does not know")
	}
	p.run()
	eventually(t, "the tracker knows", func() bool { return p.library.shared(shared.InfoHash).Owned })
}

func TestSendUsesAForeignTorrentThatFits(t *testing.T) {
	n, dir := quiet(t)
	content := noise(1, 100_000)
	path := write(t, filepath.Join(dir, "a"), content)
	foreign := foreignTorrent(t, "other name", content)
	write(t, path+".torrent", foreign.Bytes())
	s, err := n.Send(context.Background(), path, nil)
	if err != nil || s.InfoHash != foreign.InfoHash {
		t.Fatalf("%+v, %v", s, err)
	}
	if b, _ := os.ReadFile(path + ".torrent"); !bytes.Equal(b, foreign.Bytes()) {
		t.Error("the foreign .torrent was rewritten")
	}
}

// foreignTorrent is a torrent as other programs make them: other pieces, no sha1.
func foreignTorrent(t *testing.T, name string, content []byte) *torrent.Torrent {
	t.Helper()
	ours, err := torrent.Create(context.Background(), bytes.NewReader(content), int64(len(content)),
		torrent.CreateOptions{Name: name, PieceLength: 32 << 10})
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.Replace(ours.Bytes(), append([]byte("4:sha120:"), ours.SHA1[:]...), nil, 1)
	foreign, err := torrent.Parse(b)
	if err != nil || !foreign.SHA1.IsZero() {
		t.Fatalf("%v", err)
	}
	return foreign
}

func TestSendKeepsATorrentThatDoesNotFit(t *testing.T) {
	for name, old := range map[string][]byte{
		"garbage":      []byte("garbage"),
		"other length": foreignTorrent(t, "a", noise(1, 99_999)).Bytes(),
		"other bytes":  foreignTorrent(t, "a", noise(2, 100_000)).Bytes(),
	} {
		n, dir := quiet(t)
		path := write(t, filepath.Join(dir, "a"), noise(1, 100_000))
		write(t, path+".torrent", old)
		if _, err := n.Send(context.Background(), path, nil); err != nil {
			t.Fatal(name, err)
		}
		if b, _ := os.ReadFile(path + ".torrent.old"); !bytes.Equal(b, old) {
			t.Errorf("%s: not kept", name)
		}
		if _, err := readTorrent(path + ".torrent"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSendKeepsWhatWasKeptBefore(t *testing.T) {
	n, dir := quiet(t)
	path := write(t, filepath.Join(dir, "a"), noise(1, 1000))
	for i, end := range []string{".old", ".old.2", ".old.3"} {
		write(t, path+".torrent", []byte(end))
		if _, err := n.Send(context.Background(), path, nil); err != nil {
			t.Fatal(i, err)
		}
	}
	for _, end := range []string{".old", ".old.2", ".old.3"} {
		if b, _ := os.ReadFile(path + ".torrent" + end); string(b) != end {
			t.Errorf("%s is %q", end, b)
		}
	}
}

func TestSendLeavesAFolderWhereItsTorrentBelongs(t *testing.T) {
	n, dir := quiet(t)
	path := write(t, filepath.Join(dir, "a"), noise(1, 1000))
	if err := os.Mkdir(path+".torrent", 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Send(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), "move it away and send again") {
		t.Errorf("send: %v", err)
	}
	if info, err := os.Stat(path + ".torrent"); err != nil || !info.IsDir() {
		t.Errorf("the folder: %v", err)
	}
}

func TestSendFindsFilesInTheNodesOwnFolder(t *testing.T) {
	n, dir := quiet(t)
	write(t, filepath.Join(dir, "node1", "mine"), noise(1, 10))
	s, err := n.Send(context.Background(), "mine", nil)
	if err != nil || s.Path != filepath.Join(dir, "node1", "mine") {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSendRefusesWhatIsNoFile(t *testing.T) {
	n, dir := quiet(t)
	for path, want := range map[string]string{
		dir:                           "is a folder",
		filepath.Join(dir, "missing"): "no such file",
		"missing":                     "no such file, neither here nor in",
	} {
		if _, err := n.Send(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("send %s: %v", path, err)
		}
		if err := n.Sendable(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a look at %s: %v", path, err)
		}
	}
	if os.Getuid() != 0 {
		path := write(t, filepath.Join(dir, "secret"), nil)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Send(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("send an unreadable file: %v", err)
		}
	}
}

func TestSendRefusesATorrentAndNamesItsFile(t *testing.T) {
	n, dir := quiet(t)
	for _, name := range []string{"a.torrent", "B.TORRENT"} {
		path := write(t, filepath.Join(dir, name), foreignTorrent(t, "lab.iso", noise(1, 10)).Bytes())
		if _, err := n.Send(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), "send the file that it describes, lab.iso") {
			t.Errorf("send %s: %v", name, err)
		}
	}
	if names := fileNames(t, dir); len(names) != 3 { // the two and the node's own folder
		t.Errorf("left %q", names)
	}
}

func TestAFileThatIsOnlyCalledATorrentIsSharedAndVerified(t *testing.T) {
	n, dir := quiet(t)
	path := write(t, filepath.Join(dir, "a.torrent"), []byte("poem"))
	s, err := n.Send(context.Background(), path, nil)
	if err != nil || s.File != "a.torrent" || s.TorrentPath != path+".torrent" {
		t.Fatalf("%+v, %v", s, err)
	}
	if v, err := n.Verify(context.Background(), path, nil); err != nil || !v.Good || v.File != "a.torrent" {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestNameThatLeavesNoRoomForASuffixIsCut(t *testing.T) {
	n, dir := quiet(t)
	// Two names that differ at their end, the longest that can be, in letters of 1, 2 and
	// 4 bytes, and one that leaves room for .torrent but not for .torrent.old.
	for _, letter := range []string{"a", "я", "😀"} {
		name := strings.Repeat(letter, torrent.MaxName/len(letter)-1)
		var paths []string
		for i, end := range []string{"b", "c"} {
			path := write(t, filepath.Join(dir, name+end), noise(byte(i), 1000))
			s, err := n.Send(context.Background(), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			tor, err := readTorrent(s.TorrentPath)
			if err != nil || tor.InfoHash != s.InfoHash || !utf8.ValidString(s.TorrentPath) {
				t.Errorf("%+v, %v", s, err)
			}
			if v, err := n.Verify(context.Background(), path, nil); err != nil || !v.Good {
				t.Errorf("%+v, %v", v, err)
			}
			paths = append(paths, s.TorrentPath)
		}
		if paths[0] == paths[1] {
			t.Errorf("both are called %s", paths[0])
		}
	}
	path := write(t, filepath.Join(dir, strings.Repeat("a", torrent.MaxName-len(torrentSuffix))), noise(1, 1000))
	write(t, path+torrentSuffix, []byte("no torrent"))
	if s, err := n.Send(context.Background(), path, nil); err != nil || s.TorrentPath != path+torrentSuffix {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSendRefusesNamesThatNobodyCouldDownload(t *testing.T) {
	n, dir := quiet(t)
	for _, name := range []string{".UdpTorrent", "two\nlines"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			continue // not a name on this system
		}
		if _, err := n.Send(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), "rename the file") {
			t.Errorf("send %q: %v", name, err)
		}
	}
	if list := n.Status().Shared; len(list) != 0 {
		t.Errorf("shared: %+v", list)
	}
}

func TestVerifyNamesTheBadPieces(t *testing.T) {
	n, dir := quiet(t)
	path := write(t, filepath.Join(dir, "a"), noise(1, 100_000))
	if _, err := n.Verify(context.Background(), path, nil); err == nil {
		t.Error("a file without a torrent was verified")
	}
	if _, err := n.Send(context.Background(), path, nil); err != nil {
		t.Fatal(err)
	}
	v, err := n.Verify(context.Background(), path+".torrent", nil)
	if err != nil || !v.Good || !v.SHA1Checked || v.Pieces != 7 {
		t.Errorf("%+v, %v", v, err)
	}
	bad := noise(1, 100_000)
	bad[20_000]++
	write(t, path, bad[:99_000])
	v, err = n.Verify(context.Background(), path, nil)
	if err != nil || v.Good || len(v.BadPieces) != 2 || v.BadPieces[0] != 1 || v.BadPieces[1] != 6 {
		t.Errorf("%+v, %v", v, err)
	}
}
