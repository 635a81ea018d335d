package repl

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
)

// ErrFailed says that some command of Lines failed. It has been shown.
var ErrFailed = errors.New("a command failed")

// maxLine bounds a command read from a pipe, in bytes.
const maxLine = 1 << 20

// Lines runs the commands that r holds, a line each, in order and each to its end.
// The end of r ends it, when the downloads beside are done too; so does exit, which stops
// those. A failed command does not: the rest is run.
func (s *Session) Lines(ctx context.Context, r io.Reader) error {
	ctx, end := s.alongside(ctx)
	defer end()
	lines, broken := readLines(ctx, r)
	var failed error
	for {
		select {
		case <-ctx.Done():
			return cmp.Or(s.ended(ctx, nil), failed, s.awaitBeside())
		case line, more := <-lines:
			if !more {
				if err := <-broken; err != nil {
					s.Failed(fmt.Errorf("read commands: %w", err))
					failed = ErrFailed
				}
				return cmp.Or(failed, s.awaitBeside())
			}
			exit, err := s.line(ctx, line)
			if ctx.Err() != nil {
				return cmp.Or(s.ended(ctx, err), failed, s.awaitBeside())
			}
			if err != nil {
				failed = ErrFailed
			}
			if exit {
				return cmp.Or(failed, s.besideFailed()) // those that are stopped now do not count
			}
		}
	}
}

// line runs a line and reports whether it was exit. The error has been shown.
func (s *Session) line(ctx context.Context, line string) (exit bool, _ error) {
	cmd, err := ParseLine(line)
	if err != nil {
		s.Failed(err)
		return false, err
	}
	if cmd.Verb == Nothing {
		return false, nil
	}
	if cmd.Beside {
		s.start(ctx, cmd)
		return false, nil
	}
	return cmd.Verb == Exit, s.Run(ctx, cmd)
}

// ended returns the error of a session whose ctx ended: that of the node if it
// failed, else that of the command in hand.
func (s *Session) ended(ctx context.Context, inHand error) error {
	if cause := context.Cause(ctx); !stopped(cause) {
		if inHand == nil { // nothing has shown it
			s.Failed(cause)
		}
		return cause
	}
	return inHand
}

// readLines reads r in a goroutine of its own, which ends with r or, once it has a
// line that nobody takes, with ctx. The one error comes when lines is closed.
func readLines(ctx context.Context, r io.Reader) (<-chan string, <-chan error) {
	lines, broken := make(chan string), make(chan error, 1)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				broken <- nil
				return
			}
		}
		broken <- scanner.Err()
	}()
	return lines, broken
}
