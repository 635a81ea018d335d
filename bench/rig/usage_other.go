//go:build !linux

package rig

import (
	"errors"
	"os"
	"os/exec"
	"time"
)

func own(*exec.Cmd) {}

func killGroup(p *os.Process) { p.Kill() }

// Freeze is for Linux only.
func (p *Process) Freeze() error { return errors.ErrUnsupported }

func processorTime(int) time.Duration { return 0 }

func peakMemory(int) int64 { return 0 }

// DroppedDatagrams is unknown here.
func DroppedDatagrams() int64 { return 0 }
