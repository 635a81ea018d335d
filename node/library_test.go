package node

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"udptorrent/node/disk"
	"udptorrent/torrent"
)

func noUpload(c *Config) { c.NoUpload = true }

// serves checks what the node shares, by name, and that the tracker lists owners for that and
// for nothing else.
func (p *peer) serves(want ...string) {
	p.s.t.Helper()
	eventually(p.s.t, "the tracker knows", func() bool {
		own, withdraw := p.library.unannounced()
		return len(own)+len(withdraw) == 0
	})
	var shared, listed []string
	for _, st := range p.Status().Shared {
		shared = append(shared, st.File)
	}
	list, err := p.List(context.Background())
	if err != nil {
		p.s.t.Fatal(err)
	}
	for _, l := range list {
		if l.Owners > 0 {
			listed = append(listed, l.Name)
		}
	}
	slices.Sort(listed)
	if !slices.Equal(shared, want) || !slices.Equal(listed, want) {
		p.s.t.Errorf("shares %q, listed are %q, want %q", shared, listed, want)
	}
}

// fetched returns node 2, which has downloaded a file, after the node that shared it has ended.
func (s *swarm) fetched(content []byte, change ...func(*Config)) (*peer, torrent.Hash) {
	s.t.Helper()
	o := s.node(1)
	h := o.share("a", content).InfoHash
	p := s.node(2, change...)
	p.fetch("a", content)
	o.Close()
	return p, h
}

func TestWithoutUploadEarlierDownloadsAreNotServed(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 100_000)
	p, a := s.fetched(content)
	p.serves("a")

	// A killed node is still listed when it comes back.
	p.kill()
	p = s.node(2, noUpload)
	p.serves()
	p.share("b", noise(2, 1000)) // and the list is saved
	p.serves("b")
	_, err := s.node(3, func(c *Config) { c.Patience = time.Second }).Download(context.Background(), a.String(), nil)
	if err == nil {
		t.Error("it was served")
	}

	p.Close()
	p = s.node(2)
	p.serves("a", "b")
	s.node(4).fetch("a", content)
}

func TestWithoutUploadADownloadThatIsSentIsServed(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 100_000)
	p, a := s.fetched(content)
	p.Close()
	p = s.node(2, noUpload)
	p.serves()
	shared, err := p.Send(context.Background(), "a", nil)
	if err != nil || shared.InfoHash != a {
		t.Fatalf("%+v, %v", shared, err)
	}
	p.serves("a")
	p.Close()
	p = s.node(2, noUpload)
	p.serves("a")
	s.node(3).fetch("a", content)
}

func TestWithoutUploadADownloadIsVerifiedAndKept(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 100_000)
	o := s.node(1)
	// Made elsewhere: hashed anew the file would be another torrent.
	foreign := foreignTorrent(t, "a", content)
	write(t, filepath.Join(s.dir, "a"), content)
	write(t, filepath.Join(s.dir, "a.torrent"), foreign.Bytes())
	if _, err := o.Send(context.Background(), filepath.Join(s.dir, "a"), nil); err != nil {
		t.Fatal(err)
	}
	p := s.node(2, noUpload)
	p.fetch("a", content)
	o.Close()
	for _, change := range []func(*Config){noUpload, func(*Config) {}} {
		p.serves()
		if v, err := p.Verify(context.Background(), "a", nil); err != nil || !v.Good || v.InfoHash != foreign.InfoHash {
			t.Errorf("%+v, %v", v, err)
		}
		p.Close()
		p = s.node(2, change)
	}
	p.serves()
	shared, err := p.Send(context.Background(), "a", nil)
	if err != nil || shared.InfoHash != foreign.InfoHash {
		t.Fatalf("%+v, %v", shared, err)
	}
	p.serves("a")
	p.Close()
	s.node(2, noUpload).serves("a")
}

func TestKeptDownloadIsServedOnceItIsDownloadedForOthers(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 100_000)
	p, h := s.fetched(content, noUpload)
	p.Close()
	p = s.node(2)
	p.serves()
	p.fetch(h.String(), content)
	p.serves("a")
}

func TestKeptDownloadDoesNotTakeThePlaceOfAServedFile(t *testing.T) {
	n, dir := quiet(t)
	path := write(t, filepath.Join(dir, "a"), noise(1, 1000))
	s, err := n.Send(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	tor, err := n.folder.Torrent(s.InfoHash)
	if err != nil {
		t.Fatal(err)
	}
	kept := disk.Shared{InfoHash: s.InfoHash, Path: n.folder.File("a"), Size: 1000, Downloaded: true, Kept: true}
	for _, want := range []bool{true, false} {
		if err := n.library.add(kept, tor, ""); err != nil {
			t.Fatal(err)
		}
		if got := n.library.standing(s.InfoHash) == wholeOwner; got != want {
			t.Errorf("served: %v, want %v", got, want)
		}
		if err := os.Remove(path); want && err != nil {
			t.Fatal(err)
		}
		time.Sleep(staleAfter)
	}
	// One entry for each info-hash, or the list could not be read again.
	if list, err := n.folder.Library(); err != nil || len(list) != 1 || !list[0].Kept {
		t.Errorf("%+v, %v", list, err)
	}
}

// reopen opens a quiet node again, after its folder was changed, and returns what it has to tell.
func reopen(t *testing.T, n *Node, change func()) (*Node, string) {
	t.Helper()
	n.Close()
	change()
	n, err := Open(n.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n, strings.Join(n.library.untold(), "; ")
}

func TestADamagedTorrentIsReplacedByTheOneBesideItsFile(t *testing.T) {
	n, dir := quiet(t)
	s, err := n.Send(context.Background(), write(t, filepath.Join(dir, "a"), noise(1, 1000)), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, told := reopen(t, n, func() { write(t, n.folder.TorrentPath(s.InfoHash), []byte("d4:in")) })
	if told != "" || !n.library.serves(s.InfoHash) {
		t.Errorf("it is not served: %q", told)
	}
	if _, err := n.folder.Torrent(s.InfoHash); err != nil {
		t.Error(err)
	}
}

func TestAFileThatHasLostItsTorrentIsToldAndRemembered(t *testing.T) {
	n, dir := quiet(t)
	path := write(t, filepath.Join(dir, "a"), noise(1, 1000))
	s, err := n.Send(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(s.TorrentPath)
	if err != nil {
		t.Fatal(err)
	}
	n, told := reopen(t, n, func() {
		os.Remove(s.TorrentPath)
		os.Remove(n.folder.TorrentPath(s.InfoHash))
	})
	if n.library.serves(s.InfoHash) || !strings.Contains(told, path+" is not shared again") || !strings.Contains(told, "send it again") {
		t.Errorf("told: %q", told)
	}
	if _, err := n.Verify(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), "put its .torrent beside it") {
		t.Errorf("verify: %v", err)
	}
	// The list is saved, and the torrent comes back.
	if _, err := n.Send(context.Background(), write(t, filepath.Join(dir, "b"), noise(2, 1000)), nil); err != nil {
		t.Fatal(err)
	}
	n, told = reopen(t, n, func() { write(t, s.TorrentPath, good) })
	if told != "" || !n.library.serves(s.InfoHash) {
		t.Errorf("it is not served again: %q", told)
	}
}

func TestADamagedLibraryIsTold(t *testing.T) {
	n, _ := quiet(t)
	state := filepath.Join(n.folder.Path(), ".udptorrent")
	_, told := reopen(t, n, func() { write(t, filepath.Join(state, "library.json"), []byte("{")) })
	if !strings.Contains(told, filepath.Join(state, "library.json.damaged")) || !strings.Contains(told, "send the files again") {
		t.Errorf("told: %q", told)
	}
}
