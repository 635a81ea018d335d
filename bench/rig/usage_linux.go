package rig

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// own puts a program in a process group of its own, so that all of it can be ended.
func own(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(p *os.Process) { syscall.Kill(-p.Pid, syscall.SIGKILL) }

// Freeze stops the program as if its machine had hung.
func (p *Process) Freeze() error { return p.Signal(syscall.SIGSTOP) }

// processorTime reads the clock of another process (clock_getcpuclockid(3)): all of
// its threads, to the nanosecond.
func processorTime(pid int) time.Duration {
	const perProcess = 2 // CPUCLOCK_SCHED, of the whole process
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|perProcess), &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// peakMemory returns the high-water mark of resident memory. The one of wait4 would
// not do: it begins with that of the process that forked.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, found := bytes.Cut(status, []byte("VmHWM:"))
	if fields := bytes.Fields(rest); found && len(fields) > 0 {
		kib, _ := strconv.ParseInt(string(fields[0]), 10, 64)
		return kib << 10
	}
	return 0
}
