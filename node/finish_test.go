package node

import (
	"testing"
	"time"
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
