package tracker

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// crashEnv names the database of a test binary that is to be a tracker.
const crashEnv = "UDPTORRENT_TEST_TRACKER_DB"

// open is how such a process begins.
var open = Open

// runAsTracker is the program of such a process: it prints its URL and runs until it
// is killed.
func runAsTracker() bool {
	db := os.Getenv(crashEnv)
	if db == "" {
		return false
	}
	tracker, err := open(Config{DB: db, Addr: "127.0.0.1:0", SnapshotBytes: 20_000})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(tracker.URL())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := tracker.Run(ctx); err != nil {
		os.Exit(1)
	}
	return true
}

// A process is a tracker that can be killed.
type process struct {
	cmd    *exec.Cmd
	client *api.Client
}

func startProcess(t *testing.T, db string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+db)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://") {
		t.Fatalf("the tracker says %q, %v", line, err)
	}
	client, err := api.NewClient(strings.TrimSpace(line), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, client}
	t.Cleanup(p.kill)
	return p
}

// kill is SIGKILL: nothing is flushed, nobody is told.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
	p.client.Close()
}

// A sharer is a node that owns one file after another.
type sharer struct {
	api.Credentials
	owned []torrent.Hash // those that were acknowledged
}

// share registers, and owns files until the tracker is gone.
func (s *sharer) share(client *api.Client, acknowledged func()) error {
	ctx := context.Background()
	answer, err := client.Register(ctx, api.RegisterRequest{NodeID: s.NodeID, Port: 4000 + s.NodeID, Secret: s.Secret})
	if err != nil {
		return err
	}
	if known := s.Secret != ""; answer.Known != known {
		return fmt.Errorf("node %d: known is %t, want %t", s.NodeID, answer.Known, known)
	}
	s.Secret = answer.Secret
	for {
		name := fmt.Sprintf("file %d of node %d", len(s.owned), s.NodeID)
		file, err := torrent.Create(ctx, strings.NewReader(name), int64(len(name)), torrent.CreateOptions{Name: name})
		if err != nil {
			return err
		}
		if client.Own(ctx, api.OwnRequest{Credentials: s.Credentials, Torrent: file.Bytes(), Complete: true}) != nil {
			return nil // killed
		}
		s.owned = append(s.owned, file.InfoHash)
		acknowledged()
	}
}

// Eight nodes change things as fast as they can; four times the tracker is killed at
// work and started again. Of 1,000 acknowledged changes it loses none.
func TestKilledAtWorkItLosesNothingItAcknowledged(t *testing.T) {
	db := t.TempDir()
	sharers := make([]sharer, 8)
	for i := range sharers {
		sharers[i].NodeID = i + 1
	}
	for range 4 {
		tracker := startProcess(t, db)
		atWork(t, tracker, sharers, 250, tracker.kill)
		if t.Failed() {
			return
		}
	}
	checkOwned(t, db, sharers, 1000)
}

// It is told to end while nodes change things, one has sent half a message, and one has
// connected and says nothing.
func TestTerminatedAtWorkItEndsSoonAndLosesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signal can be sent there")
	}
	db := t.TempDir()
	sharers := make([]sharer, 8)
	for i := range sharers {
		sharers[i].NodeID = i + 1
	}
	tracker := startProcess(t, db)
	for _, text := range []string{"", "POST /v1/exit HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n{"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(tracker.client.URL(), "http://"))
		if err == nil {
			defer conn.Close()
			_, err = conn.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	atWork(t, tracker, sharers, 250, func() {
		start := time.Now()
		if err := tracker.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := tracker.cmd.Wait(); err != nil {
			t.Errorf("the tracker ends with %v", err)
		}
		// Half a second; the rest is for a machine that has other things to do.
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("it took %v to end", took)
		}
	})
	checkOwned(t, db, sharers, 250)
}

// atWork has sharers share until a number of changes is acknowledged and end has ended
// the tracker.
func atWork(t *testing.T, tracker *process, sharers []sharer, changes int, end func()) {
	t.Helper()
	var wg sync.WaitGroup
	acknowledged := make(chan struct{}, 1<<20)
	for i := range sharers {
		wg.Go(func() {
			if err := sharers[i].share(tracker.client, func() { acknowledged <- struct{}{} }); err != nil {
				t.Error(err)
			}
		})
	}
	for range changes {
		<-acknowledged
	}
	end()
	wg.Wait()
}

// checkOwned fails unless a tracker on db knows all that was acknowledged, which is at
// least so many changes.
func checkOwned(t *testing.T, db string, sharers []sharer, changes int) {
	t.Helper()
	w := newWorld(t, Config{DB: db})
	total := 0
	for _, s := range sharers {
		total += len(s.owned)
		for _, infoHash := range s.owned {
			p := w.tracker.public.swarm.torrents[infoHash]
			if p == nil || len(p.owners) != 1 || p.owners[0].id != s.NodeID {
				t.Errorf("torrent %v of node %d is %+v", infoHash, s.NodeID, p)
				continue
			}
			file, err := os.ReadFile(filepath.Join(db, "torrents", infoHash.String()+".torrent"))
			if err == nil {
				_, err = torrent.Parse(file)
			}
			if err != nil {
				t.Errorf("torrent %v of node %d: %v", infoHash, s.NodeID, err)
			}
		}
	}
	if total < changes {
		t.Errorf("only %d changes were acknowledged", total)
	}
}
