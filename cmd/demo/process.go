package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// farewell is how long a process may take to end by itself.
const farewell = 3 * time.Second

// A process is one program at work.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser // nil: it reads nothing
	errors strings.Builder
	gone   chan struct{} // closed once it has ended; then errors may be read
	err    error         // how it ended, once gone
}

// start runs cmd. line is called with each line that it prints, from a goroutine of
// the process.
func start(name string, cmd *exec.Cmd, input string, line func(string)) (*process, error) {
	p := &process{name: name, cmd: cmd, gone: make(chan struct{})}
	cmd.Stderr = &p.errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if input != "" {
		if p.stdin, err = cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go p.follow(out, line)
	if input != "" {
		_, err = io.WriteString(p.stdin, input)
	}
	return p, err
}

// follow reads what the process prints until it ends.
func (p *process) follow(out io.Reader, line func(string)) {
	defer close(p.gone)
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line(scanner.Text())
	}
	p.err = errors.Join(scanner.Err(), p.cmd.Wait())
}

// kill ends the process at once, as kill -9 does, and returns when it is gone.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.gone
}

// stop has the process end as it should: a node by the end of its input, others by a
// signal where the system has them. One that does not is killed.
func (p *process) stop() {
	if p.stdin != nil {
		p.stdin.Close()
	} else if p.cmd.Process.Signal(os.Interrupt) != nil {
		p.cmd.Process.Kill()
	}
	select {
	case <-p.gone:
	case <-time.After(farewell):
		p.kill()
	}
}

// failure says why a process that should still run does not.
func (p *process) failure() error {
	why := strings.TrimSpace(p.errors.String())
	if why == "" {
		why = fmt.Sprint(p.err)
	}
	return fmt.Errorf("%s has ended: %s", p.name, strings.TrimPrefix(why, "error: "))
}

// await returns what comes from a process by way of c.
func await[T any](ctx context.Context, p *process, c <-chan T) (v T, _ error) {
	select {
	case v = <-c:
		return v, nil
	case <-ctx.Done():
		return v, ctx.Err()
	case <-p.gone:
	}
	select {
	case v = <-c: // its last words
		return v, nil
	default:
		return v, p.failure()
	}
}
