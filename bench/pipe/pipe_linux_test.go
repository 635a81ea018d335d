package main

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"udptorrent/torrent"
)

// TestMain has the test binary be the program when a test starts it as such.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// serving starts the program as a server, and returns its address.
func serving(t *testing.T, path string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-serve", path)
	cmd.Env = append(os.Environ(), "BE_THE_PROGRAM=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(addr)
}

// metainfo writes the torrent of a content.
func metainfo(t *testing.T, content []byte, pieceLength int64) string {
	t.Helper()
	tor, err := torrent.Create(t.Context(), bytes.NewReader(content), int64(len(content)), torrent.CreateOptions{Name: "f", PieceLength: pieceLength})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "f.torrent")
	if err := os.WriteFile(path, tor.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFilePassesThePipeWhole(t *testing.T) {
	content := make([]byte, 5<<20+777)
	rand.NewChaCha8([32]byte{1}).Read(content)
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	owners := []string{serving(t, file), serving(t, file)}
	for _, c := range []struct {
		pieceLength      int64
		datagram, window int
	}{{1 << 20, 1200, 1 << 20}, {16 << 10, 1200, 300_000}, {1 << 20, 32000, 2 << 20}, {1 << 20, 61452, 2 << 20}} {
		to := filepath.Join(t.TempDir(), "out")
		r, err := fetch(metainfo(t, content, c.pieceLength), to, owners, c.datagram, c.window, 2)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if got, err := os.ReadFile(to); err != nil || !bytes.Equal(got, content) || r.Bytes != int64(len(content)) {
			t.Errorf("%+v: %d bytes came, and they are not the file (%v)", c, len(got), err)
		}
	}
}

func TestAWrongPieceIsFound(t *testing.T) {
	content := make([]byte, 1<<20)
	path := metainfo(t, content, 256<<10)
	content[700_000] = 1
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(path, "", []string{serving(t, file)}, 1200, 1<<20, 2); err == nil || err.Error() != "piece 2 is wrong" {
		t.Errorf("%v", err)
	}
}
