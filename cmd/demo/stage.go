package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A stage is a folder and the processes that were started in it.
type stage struct {
	folder    string
	bin       string // absolute
	url       string // of the tracker
	processes []*process
}

// openStage makes the folder. bin is where the programs are.
func openStage(bin string) (*stage, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	s := &stage{bin: bin}
	for _, name := range []string{"tracker", "node"} {
		if _, err := os.Stat(s.program(name)); err != nil {
			return nil, fmt.Errorf("%w: run make build first, or make demo", err)
		}
	}
	s.folder, err = os.MkdirTemp("", "udptorrent-demo-")
	return s, err
}

func (s *stage) program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(s.bin, name)
}

// command returns a program with its arguments. It runs in the folder of the stage, and
// without the settings of whoever runs the demo.
func (s *stage) command(name string, args []string) *exec.Cmd {
	cmd := exec.Command(s.program(name), args...)
	cmd.Dir = s.folder
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "UDPTORRENT_") })
	return cmd
}

// startTracker returns once the tracker listens, on a free port.
func (s *stage) startTracker(ctx context.Context) error {
	said := make(chan string, 1)
	p, err := start("the tracker", s.command("tracker", []string{"-addr", "127.0.0.1:0"}), "", func(line string) {
		if _, rest, ok := strings.Cut(line, "listening on "); ok {
			said <- strings.Fields(rest)[0]
		}
	})
	if err != nil {
		return err
	}
	s.processes = append(s.processes, p)
	s.url, err = await(ctx, p, said)
	return err
}

// startNode starts node id with flags. Its input is a line of the prompt, after which
// it goes on serving until the input ends, even if that is because the demo was
// killed; without one the command is among the flags. heard is called with each of
// its events, from a goroutine of the process.
func (s *stage) startNode(id int, flags []string, input string, heard func(event)) (*process, error) {
	args := append([]string{"-node_id", fmt.Sprint(id), "-tracker", s.url, "-addr", "127.0.0.1:0", "-json"}, flags...)
	cmd := s.command("node", args)
	cmd.Env = append(cmd.Env, "UDPTORRENT_NODE_VERIFY_FILE_UP_TO=1GiB") // of the whole file too
	p, err := start(fmt.Sprintf("node %d", id), cmd, input, func(line string) {
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			heard(e)
		}
	})
	if err == nil {
		s.processes = append(s.processes, p)
	}
	return p, err
}

// nodeFolder returns the folder of a node.
func (s *stage) nodeFolder(id int) string {
	return filepath.Join(s.folder, "node_files", fmt.Sprintf("node%d", id))
}

// log returns the log of a node.
func (s *stage) log(id int) *journal {
	return &journal{path: filepath.Join(s.folder, "logs", fmt.Sprintf("node%d.log", id))}
}

// close ends the processes, the last first, and removes the folder unless it is to be
// kept.
func (s *stage) close(keep bool) error {
	for _, p := range slices.Backward(s.processes) {
		p.stop()
	}
	if keep {
		return nil
	}
	var err error
	for range 10 { // Windows frees the files of a process some time after its end
		if err = os.RemoveAll(s.folder); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.Join(errors.New("the folder of the demo could not be removed"), err)
}
