//go:build linux || darwin

package tracker

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fullEnv has a process of crashEnv find the disk full while it starts.
const fullEnv = "UDPTORRENT_TEST_DISK_FULL"

func init() {
	if os.Getenv(fullEnv) != "" {
		open = openOnAFullDisk
	}
}

// openOnAFullDisk is Open while no file can grow past 1,000 bytes, which is enough for a
// log that begins.
func openOnAFullDisk(cfg Config) (*Tracker, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return nil, err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: limit.Max}); err != nil {
		return nil, err
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	cfg.SnapshotInterval = time.Second
	return Open(cfg)
}

// The log has everything, and there is no room for a snapshot of it.
func TestATrackerStartsOnAFullDiskAndTakesItsSnapshotLater(t *testing.T) {
	const nodes = 20
	w := newWorld(t, Config{SnapshotInterval: 1000 * time.Hour})
	for id := 1; id <= nodes; id++ {
		w.join(id)
	}
	db := t.TempDir()
	if err := os.CopyFS(db, os.DirFS(w.tracker.cfg.DB)); err != nil { // as a crash leaves it
		t.Fatal(err)
	}
	saved := func() int {
		data, err := os.ReadFile(filepath.Join(db, nodesFile))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), "node_id")
	}
	if n := saved(); n != 0 {
		t.Fatalf("a snapshot of %d nodes is there already", n)
	}
	t.Setenv(fullEnv, "1")
	tracker := startProcess(t, db)
	if err := tracker.client.Health(t.Context()); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(20 * time.Second); saved() < nodes; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nodes.json has %d nodes of %d, long after there is room again", saved(), nodes)
		}
	}
}
