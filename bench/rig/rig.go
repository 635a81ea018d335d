// Package rig runs programs on hosts, and measures what they use: processor time,
// peak memory, and what they print and when. It ends only what it has started.
package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
)

// A Host is where programs run: this machine, or a network namespace on it.
type Host struct {
	Addr      netip.Addr
	Namespace string // empty is none
}

// Loopback is this machine.
var Loopback = Host{Addr: netip.AddrFrom4([4]byte{127, 0, 0, 1})}

// command returns what runs args on the host.
func (h Host) command(args []string) []string {
	if h.Namespace == "" {
		return args
	}
	return append([]string{"ip", "netns", "exec", h.Namespace}, args...)
}

// A Rig has a folder for files, in memory where there is such a place, and runs
// programs.
type Rig struct {
	Folder string

	mu      sync.Mutex // guards running
	running map[*Process]bool
	folders int // used only by the goroutine of the bench
}

// New makes a rig with a folder of its own in dir; empty is /dev/shm, or where the
// system keeps temporary files.
func New(dir string) (*Rig, error) {
	if dir == "" {
		if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
			dir = "/dev/shm"
		}
	}
	folder, err := os.MkdirTemp(dir, "udptorrent-bench-")
	if err != nil {
		return nil, err
	}
	return &Rig{Folder: folder, running: make(map[*Process]bool)}, nil
}

// Close ends every program that still runs, and removes the folder.
func (r *Rig) Close() error {
	r.mu.Lock()
	var left []*Process
	for p := range r.running {
		left = append(left, p)
	}
	r.mu.Unlock()
	for _, p := range left {
		p.Kill()
	}
	return os.RemoveAll(r.Folder)
}

// Dir makes an empty folder, which remove takes away.
func (r *Rig) Dir() (path string, remove func(), err error) {
	r.folders++
	path = filepath.Join(r.Folder, fmt.Sprintf("run%d", r.folders))
	return path, func() { os.RemoveAll(path) }, os.Mkdir(path, 0o755)
}

// FreePorts returns n ports of this machine that are free for TCP at the moment.
func FreePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// ErrTooLong is the error of a trial that took longer than it may.
var ErrTooLong = errors.New("took too long")

// Cause says why ctx has ended, in words.
func Cause(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrTooLong
	}
	return context.Cause(ctx)
}
