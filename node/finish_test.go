package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"udptorrent/torrent"
)

func TestAFinishedDownloadDoesNotWaitForTheTracker(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, mega)
	path := s.node(1).share("a", content).TorrentPath
	tracker := hungTracker{kind: "/own"}
	tracker.hangs.Store(true)
	d := s.node(2, behind(&tracker, 10*time.Second))
	began := time.Now()
	d.fetch(path, content)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestAFileThatChangesOnceItIsVerifiedIsNotServed(t *testing.T) {
	n, _ := quiet(t)
	content := noise(1, mega)
	path := write(t, filepath.Join(n.folder.Path(), "a"), content)
	d := &download{node: n, tor: foreignTorrent(t, "a", content)}
	info, err := n.folder.Complete(context.Background(), d.tor, nil)
	if err == nil {
		err = errors.Join(os.WriteFile(path, noise(2, mega), 0o666), os.Chtimes(path, time.Time{}, info.ModTime().Add(time.Second)))
	}
	if err != nil {
		t.Fatal(err)
	}
	d.publish(context.Background(), info, nil, torrent.Hash{})
	if n.library.serves(d.tor.InfoHash) {
		t.Error("it is served as if it were good")
	}
}
