package rows

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"udptorrent/bench/rig"
)

func TestADownloadThatEndsBeforeItTellsAnythingSaysWhy(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the programs are scripts")
	}
	bin := t.TempDir()
	for name, script := range map[string]string{
		"tracker": `echo "listening on http://127.0.0.1:1"; exec sleep 60`,
		"node": `case "$*" in *"-setMode send"*) echo '{"event":"sharing"}'; exec sleep 60;; esac
echo '{"event":"failed","error":"no room"}'; exit 1`,
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r, err := rig.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := r.File(t.Context(), "f", 1000, false)
	if err != nil {
		t.Fatal(err)
	}
	e := New(Config{Rig: r, Bin: bin}).losing("frozen", loopback(r, f, 2), (*rig.Process).Freeze)
	if _, err := e.run(t.Context()); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("%v", err)
	}
}
