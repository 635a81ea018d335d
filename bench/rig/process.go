package rig

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Process is one program that runs. Its methods may be called from any goroutine.
type Process struct {
	cmd   *exec.Cmd
	name  string
	ended chan struct{} // closed when it is over and all that it printed was taken
	input io.WriteCloser

	err    error // how it ended; to be read after ended
	used   time.Duration
	errs   tail
	peak   atomic.Int64
	marked atomic.Int64 // nanoseconds of processor time at Mark
}

// A program's memory is looked at each peakEvery, or agedPart of its age, if that is more:
// a look takes a while, and there may be hundreds of programs.
const (
	peakEvery = 50 * time.Millisecond
	agedPart  = 20
)

// Start runs args on a host. Each line that it prints is handed to line, by a goroutine
// of its own, with the time at which it came; nil ignores them. What it prints on
// standard error is kept for the error of Wait.
func (r *Rig) Start(h Host, args []string, line func(text string, at time.Time)) (*Process, error) {
	command := h.command(args)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = r.Folder
	p := &Process{cmd: cmd, name: name(args), ended: make(chan struct{})}
	cmd.Stderr = &p.errs
	own(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.input, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	r.mu.Lock()
	r.running[p] = true
	r.mu.Unlock()
	go p.watch()
	go func() {
		read(out, line)
		p.err = cmd.Wait()
		p.used = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		r.mu.Lock()
		delete(r.running, p)
		r.mu.Unlock()
		close(p.ended)
	}()
	return p, nil
}

func name(args []string) string {
	base := args[0][strings.LastIndexByte(args[0], '/')+1:]
	return base
}

// read hands over lines until the end.
func read(out io.Reader, line func(string, time.Time)) {
	lines := bufio.NewReader(out)
	for {
		text, err := lines.ReadString('\n')
		if line != nil && text != "" {
			line(strings.TrimRight(text, "\r\n"), time.Now())
		}
		if err != nil {
			return
		}
	}
}

// watch looks at the memory of the program until it ends.
func (p *Process) watch() {
	began := time.Now()
	for {
		p.peak.Store(max(p.peak.Load(), peakMemory(p.cmd.Process.Pid)))
		select {
		case <-p.ended:
			return
		case <-time.After(max(peakEvery, time.Since(began)/agedPart)):
		}
	}
}

// Say writes a line to the program's standard input.
func (p *Process) Say(line string) error {
	_, err := io.WriteString(p.input, line+"\n")
	return err
}

// Mark begins to count processor time. Without it, it counts from the start.
func (p *Process) Mark() { p.marked.Store(int64(processorTime(p.cmd.Process.Pid))) }

// Used returns the processor time since Mark, of all threads. Once the program has
// ended, programs that it ran itself are counted as well.
func (p *Process) Used() time.Duration {
	used := processorTime(p.cmd.Process.Pid)
	select {
	case <-p.ended:
		used = p.used
	default:
	}
	return max(used-time.Duration(p.marked.Load()), 0)
}

// Peak returns the most memory that was resident so far, in bytes; 0 is unknown.
func (p *Process) Peak() int64 { return p.peak.Load() }

// Wait returns when the program has ended, with an error that says what it complained
// of; or when ctx ends, and then ends the program first.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("%s: %w", p.name, Cause(ctx))
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w: %s", p.name, p.err, p.errs.String())
	}
	return nil
}

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Signal sends a signal to the program.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Kill ends the program and those that it has started, and waits until it is over.
func (p *Process) Kill() {
	select {
	case <-p.ended:
		return
	default:
	}
	killGroup(p.cmd.Process)
	<-p.ended
}

// End asks the program to end, and kills it if it does not within a time.
func (p *Process) End() {
	p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.ended:
	case <-time.After(3 * time.Second):
		p.Kill()
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	const most = 500
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(len(t.b)-most, 0):]
	return len(b), nil
}

// String returns the last line, which says what went wrong.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := bytes.TrimSpace(t.b)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}
