package node

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"udptorrent/node/disk"
	"udptorrent/tracker/api"
)

func TestFilesOfEverySizeArriveWhole(t *testing.T) {
	s := newSwarm(t)
	owners := []*peer{s.node(1), s.node(2), s.node(3)}
	d := s.node(4)
	const piece = 16 << 10
	for i, size := range []int{0, 1, piece, piece + 1, 5 << 20} {
		name := fmt.Sprintf("файл \"%d\" 🎈.bin", size)
		content := noise(byte(i), size)
		var path string
		for _, o := range owners {
			path = o.share(name, content).TorrentPath
		}
		r := d.fetch(path, content)
		var sum int64
		for _, o := range r.Owners {
			sum += o.Bytes
		}
		if r.Bytes != int64(size) || sum != int64(size) || !r.SHA1Checked {
			t.Errorf("%d bytes: %+v", size, r)
		}
	}
}

func TestDownloadedFileIsServedAndFoundByName(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, mega)
	o := s.node(1)
	shared := o.share("a b", content)
	d := s.node(2)
	d.fetch(shared.InfoHash.String(), content)
	o.Close()
	r := s.node(3).fetch("a b", content)
	if r.from(2) != mega {
		t.Errorf("node 3 has it from %+v", r.Owners)
	}
}

func TestOwnersGetReceiptsThatTheTrackerCounts(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 2*mega)
	path := s.node(1, rate(4*mega)).share("a", content).TorrentPath // no one could deliver all at once
	s.node(2, rate(4*mega)).share("a", content)
	d := s.node(3)
	h := d.fetch(path, content).InfoHash
	eventually(t, "both owners have a rank", func() bool {
		answer, err := d.need(context.Background(), api.NeedRequest{InfoHash: h})
		return err == nil && len(answer.Owners) == 2 && answer.Owners[0].Frequency > 0 && answer.Owners[1].Frequency > 0
	})
}

func TestFileThatIsThereIsNotFetchedAgain(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, mega)
	path := s.node(1).share("a", content).TorrentPath
	d := s.node(2)
	file := write(t, filepath.Join(d.folder.Path(), "a"), content)
	if r := d.fetch(path, content); r.Resumed != mega || len(r.Owners) != 0 {
		t.Errorf("%+v", r)
	}
	// By now the node serves it, and need not even look.
	if r := d.fetch(path, content); r.Resumed != mega || r.Path != file {
		t.Errorf("%+v", r)
	}
	// Another file of that name is never touched.
	other := noise(2, mega)
	write(t, file, other)
	_, err := d.Download(context.Background(), path, nil)
	if !errors.Is(err, disk.ErrDiffers) {
		t.Errorf("download over another file: %v", err)
	}
	d.holds(file, other)
}

func TestHashOfZerosIsATorrentThatNobodyKnows(t *testing.T) {
	zeros := strings.Repeat("0", 40)
	_, err := newSwarm(t).node(1).Download(context.Background(), zeros, nil)
	if !errors.Is(err, api.UnknownTorrent) || !strings.Contains(err.Error(), zeros) {
		t.Errorf("download %s: %v", zeros, err)
	}
}

func TestNamesThatLookLikeSomethingElseAreFound(t *testing.T) {
	s := newSwarm(t)
	o, d := s.node(1), s.node(2)
	for i, name := range []string{"a.torrent", strings.Repeat("ab", 20), "-status", `"quoted"`} {
		content := noise(byte(i), 1000)
		o.share(name, content)
		d.fetch(name, content)
	}
}

func TestMistakenPathIsToldWithoutATracker(t *testing.T) {
	n, dir := quiet(t) // it never registers
	corrupt := write(t, filepath.Join(dir, "a.torrent"), []byte("d4:info"))
	for what, want := range map[string]string{filepath.Join(dir, "b.torrent"): "no such file", corrupt: "not a .torrent"} {
		if _, err := n.Download(context.Background(), what, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("download %s: %v", what, err)
		}
	}
}

func TestProgressOfAFinishingDownloadIsWholeAndAtRest(t *testing.T) {
	s := newSwarm(t)
	path := s.node(1, rate(4*mega)).share("a", noise(1, mega)).TorrentPath
	var fetching, last Progress
	report := func(p Progress) {
		if last = p; p.Rate > 0 {
			fetching = p
		}
	}
	if _, err := s.node(2).Download(context.Background(), path, report); err != nil {
		t.Fatal(err)
	}
	if fetching.Phase != PhaseDownloading {
		t.Fatalf("no rate was shown: the last is %+v", last)
	}
	if last.Phase != PhaseFinishing || last.Bytes != mega || last.Pieces != last.PiecesTotal || last.Pieces == 0 || last.Rate != 0 || last.ETA != 0 {
		t.Errorf("last: %+v", last)
	}
	for _, o := range last.Owners {
		if o.Rate != 0 || o.State != OwnerIdle || o.Bytes < mega {
			t.Errorf("owner: %+v", o)
		}
	}
}

func TestCheckedBytesAreCountedInPieces(t *testing.T) {
	tor := foreignTorrent(t, "a", noise(1, 100_000)) // pieces of 32 KiB
	for done, want := range map[int64]int{0: 0, 32 << 10: 1, 96 << 10: 3, 100_000: 4, 100_000 - 64<<10: 2} {
		var last Progress
		r := startReporter(func(p Progress) { last = p })
		r.bytes(checking("a", tor), tor.PieceLength)(done)
		r.end()
		if last.Pieces != want || last.PiecesTotal != 4 || last.Bytes != done {
			t.Errorf("%d bytes: %+v", done, last)
		}
	}
}

func TestSecondDownloadOfOneFileIsRefused(t *testing.T) {
	s := newSwarm(t)
	path := s.node(1, rate(mega)).share("a", noise(1, mega)).TorrentPath
	d := s.node(2)
	w := d.start(path, func() {})
	eventually(t, "the first is under way", func() bool { return len(d.Status().Downloading) == 1 })
	if _, err := d.Download(context.Background(), path, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("second download: %v", err)
	}
	w.well()
}

// TestNamesThatAreOneOnSomeSystemAreOneDownload: both would write into one part there.
func TestNamesThatAreOneOnSomeSystemAreOneDownload(t *testing.T) {
	n, _ := quiet(t)
	for _, names := range [][2]string{{"Lab.iso", "lab.ISO"}, {"Ärger", "a\u0308rger"}, {"ΟΔΟΣ", "οδος"}, {"a", "a"}} {
		first := &download{node: n, tor: foreignTorrent(t, names[0], noise(1, 100))}
		second := &download{node: n, tor: foreignTorrent(t, names[1], noise(2, 100))}
		if err := n.claim(first); err != nil {
			t.Fatal(err)
		}
		err := n.claim(second)
		if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), names[0]) || !strings.Contains(err.Error(), first.tor.InfoHash.String()) {
			t.Errorf("%q: %v", names, err)
		}
		n.disclaim(first)
		if err := n.claim(second); err != nil {
			t.Error(err)
		}
		n.disclaim(second)
	}
}

func TestForeignTorrentDownloadsAndIsHashed(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 300_000)
	o := s.node(1)
	path := write(t, filepath.Join(s.dir, "a"), content)
	foreign := foreignTorrent(t, "a", content)
	write(t, path+".torrent", foreign.Bytes())
	if _, err := o.Send(context.Background(), path, nil); err != nil {
		t.Fatal(err)
	}
	r := s.node(2).fetch(path+".torrent", content)
	if r.InfoHash != foreign.InfoHash || !r.SHA1Checked || r.SHA1 != sha1.Sum(content) {
		t.Errorf("%+v", r)
	}
}

func TestWrongTorrentsAreRefusedAndWriteNothing(t *testing.T) {
	s := newSwarm(t)
	d := s.node(1)
	good := foreignTorrent(t, "abcd", []byte("x")).Bytes()
	for what, b := range map[string][]byte{
		"corrupt":   good[:len(good)-3],
		"empty":     nil,
		"up":        bytes.Replace(good, []byte("4:abcd"), []byte("7:../../x"), 1),
		"root":      bytes.Replace(good, []byte("4:abcd"), []byte("6:/etc/x"), 1),
		"backslash": bytes.Replace(good, []byte("4:abcd"), []byte(`3:a\b`), 1),
		"NUL":       bytes.Replace(good, []byte("4:abcd"), []byte("3:a\x00b"), 1),
		"dots":      bytes.Replace(good, []byte("4:abcd"), []byte("2:.."), 1),
		"state":     bytes.Replace(good, []byte("4:abcd"), []byte("11:.udptorrent"), 1),
		"state 2":   bytes.Replace(good, []byte("4:abcd"), []byte("11:.UdpTorrent"), 1),
	} {
		path := write(t, filepath.Join(s.dir, what+".torrent"), b)
		before := fileNames(t, s.dir)
		if _, err := d.Download(context.Background(), path, nil); err == nil || errors.Is(err, ErrNoOwners) {
			t.Errorf("%s: %v", what, err)
		}
		if after := fileNames(t, s.dir); len(after) != len(before) || len(fileNames(t, d.folder.Path())) != 0 {
			t.Errorf("%s: left %q", what, after)
		}
	}
	for _, what := range []string{"missing.torrent", "/missing/x.torrent", "nobody has this", strings.Repeat("ab", 20), "", "\x00"} {
		if _, err := d.Download(context.Background(), what, nil); err == nil || errors.Is(err, ErrNoOwners) {
			t.Errorf("download %q: %v", what, err)
		}
	}
}

func TestStatusSaysHowFarACheckHasCome(t *testing.T) {
	b := newBooth(t)
	d := &download{node: b.node, tor: b.tor, report: startReporter(nil)}
	defer d.report.end()
	if err := b.node.claim(d); err != nil {
		t.Fatal(err)
	}
	defer b.node.disclaim(d)
	d.checking()(5 * boothPiece)
	if list := b.node.Status().Downloading; len(list) != 1 || list[0].Bytes != 5*boothPiece || list[0].Pieces != 5 {
		t.Errorf("status: %+v", list)
	}
}
