// Package peers has the programs that are compared: ours, and others that move the same
// file between the same hosts.
package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// A Peer moves files with one program.
type Peer interface {
	// Name says which program, and how it is set.
	Name() string

	// Missing says what is not on this machine and where to get it; empty if all
	// is there.
	Missing() string

	// Transfer has the downloader of a scene fetch the file from its owners. When it
	// returns, all that it started has ended, and the file that came was found to
	// be right.
	Transfer(context.Context, Scene) (Outcome, error)
}

// A Scene is a file, those who have it, and one who wants it.
type Scene struct {
	Rig        *rig.Rig
	File       *rig.File
	Tracker    rig.Host // where ours runs
	Owners     []rig.Host
	Downloader rig.Host

	// Rest is how long nothing is done when all is ready. A virtual machine that was busy a
	// moment ago is slower, and some programs read the whole file before they serve it.
	Rest time.Duration

	// Begin is called when all is ready, right before the download begins; nil
	// does nothing.
	Begin func()
}

// begin rests, has processes count from then on, and calls Begin.
func (s Scene) begin(processes ...*rig.Process) {
	time.Sleep(s.Rest)
	for _, p := range processes {
		p.Mark()
	}
	if s.Begin != nil {
		s.Begin()
	}
}

// An Outcome is what a transfer took.
type Outcome struct {
	Seconds float64
	Bytes   int64
	CPU     time.Duration // of all processes, from the beginning of the download

	OwnerPeak, DownloaderPeak int64 // bytes resident; the largest owner

	// What only ours tells.
	Blocks   Blocks
	Seeded   int64          // of the verified bytes, those that the first owner delivered
	Began    float64        // when the download was called, in the time of Timeline
	Timeline score.Timeline // bytes that came, in seconds since Scene.Begin
}

// Blocks are counts of datagrams of data.
type Blocks struct{ Asked, Repeated, Lost int64 }

// measure takes from processes what they used: owners and a downloader that has ended.
func (o *Outcome) measure(downloader *rig.Process, others ...*rig.Process) {
	o.CPU += downloader.Used()
	o.DownloaderPeak = max(o.DownloaderPeak, downloader.Peak())
	for _, p := range others {
		o.CPU += p.Used()
		o.OwnerPeak = max(o.OwnerPeak, p.Peak())
	}
}

func killAll(processes []*rig.Process) {
	for _, p := range processes {
		p.Kill()
	}
}

// program says that a program is missing, and which Debian package has it.
func program(name, debian string) string {
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Sprintf("%s is not installed: apt-get install %s", name, debian)
	}
	return ""
}

// built says that a program of our own is missing.
func built(path string) string {
	if _, err := os.Stat(path); err != nil {
		return fmt.Sprintf("%s is not built: make bench builds it", filepath.Base(path))
	}
	return ""
}
