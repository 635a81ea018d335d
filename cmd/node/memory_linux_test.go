//go:build linux && !race

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The promise is for files of any length; this one is longer than what is allowed.
func TestDownloadTakesLittleMemory(t *testing.T) {
	l := newLab(t)
	const length, most = 128 << 20, 64 << 20
	path := filepath.Join(l.folder, "sparse")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, length); err != nil {
		t.Fatal(err)
	}
	l.serve(1, path)
	cmd := l.program(2, "torrent", "-setMode", "download", "sparse")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10; peak > most {
		t.Errorf("a download of %d bytes took %d bytes of memory, more than %d", length, peak, most)
	}
}
