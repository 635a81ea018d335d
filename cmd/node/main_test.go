package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"udptorrent/internal/reexec"
	"udptorrent/tracker"
)

func TestMain(m *testing.M) { os.Exit(reexec.Main(m, main)) }

// A lab is a folder and a tracker.
type lab struct {
	t      *testing.T
	folder string
	url    string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, folder: t.TempDir()}
	tr, err := tracker.Open(tracker.Config{Addr: "127.0.0.1:0", DB: filepath.Join(l.folder, "tracker_db")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- tr.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	l.url = tr.URL()
	return l
}

// file writes random bytes.
func (l *lab) file(name string, size int) (path string, content []byte) {
	l.t.Helper()
	content = make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(content)
	path = filepath.Join(l.folder, name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		l.t.Fatal(err)
	}
	return path, content
}

// program returns the program as node id of the lab.
func (l *lab) program(id int, args ...string) *exec.Cmd {
	args = append([]string{"-node_id", fmt.Sprint(id), "-tracker", l.url, "-addr", "127.0.0.1:0"}, args...)
	cmd := reexec.Command(args...)
	cmd.Dir = l.folder
	return cmd
}

// serve starts a node that sends path, returns when it does, and ends it with the
// test, which must be a good end.
func (l *lab) serve(id int, path string) {
	l.t.Helper()
	cmd := l.program(id, "-json", "torrent", "-setMode", "send", path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	events := json.NewDecoder(out)
	await(l.t, events, "sharing")
	l.t.Cleanup(func() {
		if runtime.GOOS == "windows" {
			cmd.Process.Kill()
			cmd.Wait()
			return
		}
		cmd.Process.Signal(syscall.SIGTERM)
		await(l.t, events, "done")
		if err := cmd.Wait(); err != nil {
			l.t.Errorf("node %d: %v", id, err)
		}
	})
}

// await reads events up to one of a kind.
func await(t *testing.T, events *json.Decoder, kind string) (event map[string]any) {
	t.Helper()
	for event["event"] != kind {
		event = nil
		if err := events.Decode(&event); err != nil {
			t.Fatalf("no event %q: %v", kind, err)
		}
	}
	return event
}

func TestOneCommandSendsAndAnotherDownloads(t *testing.T) {
	l := newLab(t)
	const name = "Лекция 1 'b' \U0001F600.bin"
	path, want := l.file(name, 300_000)
	l.serve(1, path)
	l.serve(2, path)
	status, out, errs := reexec.Run(t, l.program(4, "-json", "torrent", "-setMode", "download", name))
	if status != 0 || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	done := await(t, json.NewDecoder(strings.NewReader(out)), "done")
	if done["file"] != name || done["bytes"] != 300_000.0 || done["sha1_checked"] != true {
		t.Errorf("done: %v", done)
	}
	got, err := os.ReadFile(filepath.Join(l.folder, "node_files", "node4", name))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("downloaded %d bytes that are not those sent (%v)", len(got), err)
	}
	if status, out, errs := reexec.Run(t, l.program(5, "torrent", "-setMode", "download", path+".torrent")); status != 0 || !strings.Contains(out, name+": 300 kB in ") {
		t.Errorf("by .torrent: status %d, %s%s", status, out, errs)
	}
	if _, err := os.Stat(filepath.Join(l.folder, "logs", "node4.log")); err != nil {
		t.Error(err)
	}
}

func TestLinesOfAPipeRunInOrder(t *testing.T) {
	l := newLab(t)
	l.file("a b.bin", 1000)
	cmd := l.program(1)
	cmd.Stdin = strings.NewReader("torrent -setMode send a b.bin\ntorrent -list\ntorrent -status\ntorrent -verify a b.bin\n")
	status, out, errs := reexec.Run(t, cmd)
	if status != 0 || errs != "" {
		t.Errorf("status %d, %s", status, errs)
	}
	for _, part := range []string{"sharing a b.bin: 1.0 kB in 1 piece\n", "NAME", "registered", "serving:\n  a b.bin", "a b.bin is good"} {
		i := strings.Index(out, part)
		if i < 0 {
			t.Fatalf("output lacks %q after what comes before:\n%s", part, out)
		}
		out = out[i:]
	}
}

func TestAFailedCommandIsStatus1AndOneLine(t *testing.T) {
	l := newLab(t)
	nodeFile, _ := l.file("in the way", 1)
	for _, cmd := range []*exec.Cmd{
		l.program(1, "torrent", "-setMode", "send", "no such file"),
		l.program(1, "torrent", "-setMode", "download", "nobody has it"),
		l.program(1, "torrent", "-verify", "no such file"),
		l.program(1, "-logs", nodeFile, "torrent", "-status"),
		l.program(1, "-files", nodeFile, "torrent", "-status"),
		l.program(1, "-tracker", "127.0.0.1:1", "torrent", "-list"),
	} {
		if status, out, errs := reexec.Run(t, cmd); status != 1 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: status %d, %q, %q", cmd.Args[7:], status, out, errs)
		}
	}
}

func TestWrongUsageIsStatus2(t *testing.T) {
	l := newLab(t)
	for _, cmd := range []*exec.Cmd{
		l.program(1, "-speed", "5"),
		l.program(1, "-link.loss", "2", "torrent", "-list"),
		l.program(1, "torrent", "-setMode", "downlaod", "x"),
		l.program(1, "torrent"),
		l.program(1, ""),
		l.program(0),
	} {
		if status, out, errs := reexec.Run(t, cmd); status != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: status %d, %q, %q", cmd.Args[7:], status, out, errs)
		}
	}
	if status, out, errs := reexec.Run(t, l.program(1, "-h")); status != 0 || errs != "" || !strings.Contains(out, "usage: bin/node") {
		t.Errorf("-h: status %d, %q", status, errs)
	}
}

func TestASecondNodeWithTheSameIDIsRefused(t *testing.T) {
	l := newLab(t)
	path, _ := l.file("f", 10)
	l.serve(3, path)
	for name, cmd := range map[string]*exec.Cmd{
		"same folder":  l.program(3, "torrent", "-setMode", "send", path),
		"other folder": l.program(3, "-files", "elsewhere", "torrent", "-setMode", "send", path),
	} {
		if status, _, errs := reexec.Run(t, cmd); status != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "node") {
			t.Errorf("%s: status %d, %q", name, status, errs)
		}
	}
}

func TestAPortInUseIsAnErrorThatNamesIt(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	l := newLab(t)
	status, _, errs := reexec.Run(t, l.program(1, "-addr", conn.LocalAddr().String(), "torrent", "-status"))
	if status != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, conn.LocalAddr().String()) {
		t.Errorf("status %d, %q", status, errs)
	}
}

func TestANodeWaitsForATrackerThatIsDownAndSaysSo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGTERM to end it with")
	}
	l := newLab(t)
	path, _ := l.file("f", 10)
	cmd := l.program(1, "-tracker", "127.0.0.1:1", "-json", "torrent", "-setMode", "send", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	events := json.NewDecoder(out)
	if notice := await(t, events, "notice"); !strings.Contains(notice["message"].(string), "127.0.0.1:1 does not answer") {
		t.Errorf("notice: %v", notice)
	}
	began := time.Now()
	cmd.Process.Signal(syscall.SIGTERM)
	await(t, events, "failed")
	if cmd.Wait(); cmd.ProcessState.ExitCode() != 1 || time.Since(began) > 5*time.Second {
		t.Errorf("ended with %v after %v", cmd.ProcessState, time.Since(began))
	}
}

func TestANodeHasTheProcessorsThatItHasUseFor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	share := processors(4)
	for _, c := range []struct {
		busy bool
		want int
	}{{false, 1}, {true, 5}, {false, 1}} {
		share(c.busy)
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("busy %v: %d processors, want %d", c.busy, got, c.want)
		}
	}
}
