package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bin is the folder of the programs; "" until a test needs them.
var bin string

func TestMain(m *testing.M) {
	status := m.Run()
	if bin != "" {
		os.RemoveAll(bin)
	}
	os.Exit(status)
}

// build makes the programs, once for all tests, and returns their folder.
func build(t *testing.T) string {
	t.Helper()
	if bin != "" {
		return bin
	}
	folder, err := os.MkdirTemp("", "udptorrent-bin-")
	if err != nil {
		t.Fatal(err)
	}
	bin = folder
	cmd := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "udptorrent/cmd/tracker", "udptorrent/cmd/node")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// run plays a script, returns what it printed, and checks that nothing stays behind.
func run(t *testing.T, m Main) (string, error) {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	var out bytes.Buffer
	m.out = newScreen(&out, nil)
	err := m.Run(t.Context())
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("%d things are left in the temporary folder", len(left))
	}
	return out.String(), err
}

func TestThePlayEndsWithAVerifiedFile(t *testing.T) {
	m := Main{bin: build(t), script: script{size: 3<<20 + 1, owners: []line{{mbit: 200}, {mbit: 400}}}}
	out, err := run(t, m)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{"node 1 serves", "node 2 serves", "equal ranges at first", "they are the same", "SHA-1 of the download"} {
		if !strings.Contains(out, part) {
			t.Errorf("the output lacks %q:\n%s", part, out)
		}
	}
}

func TestTheOthersTakeOverFromAnOwnerThatIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	m := Main{bin: build(t), script: script{
		size: 4 << 20, victim: 1,
		owners: []line{{mbit: 8, delay: time.Millisecond}, {mbit: 16, delay: time.Millisecond, loss: 0.01}},
	}}
	out, err := run(t, m)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{"kill -9 node 1", "takes ", "killed at", "they are the same"} {
		if !strings.Contains(out, part) {
			t.Errorf("the output lacks %q:\n%s", part, out)
		}
	}
}

func TestAPlayThatIsStoppedLeavesNothingBehind(t *testing.T) {
	s, err := openStage(build(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.startTracker(ctx); err != nil {
		t.Fatal(err)
	}
	serving := make(chan bool, 8)
	if _, err := s.startNode(1, nil, "torrent -list\n", func(event) { serving <- true }); err != nil {
		t.Fatal(err)
	}
	<-serving
	cancel()
	if err := s.close(false); err != nil {
		t.Error(err)
	}
	for _, p := range s.processes {
		select {
		case <-p.gone:
		default:
			t.Errorf("%s is still there", p.name)
		}
	}
	if _, err := os.Stat(s.folder); err == nil {
		t.Error("the folder is still there")
	}
}

func TestAProcessThatFailsSaysWhy(t *testing.T) {
	s, err := openStage(build(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close(false)
	s.url = "http://127.0.0.1:1"
	p, err := s.startNode(1, []string{"-link.loss", "2"}, "", func(event) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := await(t.Context(), p, make(chan event)); err == nil || !strings.Contains(err.Error(), "node 1 has ended: -link.loss") {
		t.Error(err)
	}
}

func TestWithoutTheProgramsTheErrorSaysWhatToDo(t *testing.T) {
	if _, err := openStage(t.TempDir()); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Error(err)
	}
}
