package repl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"udptorrent/node"
)

// ErrInterrupted ends a command that was stopped by Ctrl-C or a signal.
var ErrInterrupted = errors.New("stopped")

// Run runs one command to its end and shows what comes of it. The error has been
// shown.
func (s *Session) Run(ctx context.Context, cmd Command) error {
	began := time.Now()
	ctx, release := s.interruptible(ctx)
	defer release()
	what, err := s.carryOut(ctx, cmd)
	return s.end(ctx, cmd, what, time.Since(began), err)
}

// Serve is Run for a command that is all the program does: a Send goes on serving
// until ctx ends.
func (s *Session) Serve(ctx context.Context, cmd Command) error {
	if cmd.Verb != Send {
		return s.Run(ctx, cmd)
	}
	began := time.Now()
	what, err := s.carryOut(ctx, cmd)
	if err == nil {
		<-ctx.Done()
		// The node may have failed for good meanwhile; a signal is no failure.
		if cause := context.Cause(ctx); !stopped(cause) {
			err = cause
		}
	}
	return s.end(ctx, cmd, what, time.Since(began), err)
}

// interruptible returns a context that also ends when the user interrupts.
func (s *Session) interruptible(ctx context.Context) (_ context.Context, release func()) {
	select {
	case <-s.interrupt: // came after the last command and means nothing now
	default:
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.interrupt:
			cancel(ErrInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// carryOut has the node do what cmd says and shows what it brought.
func (s *Session) carryOut(ctx context.Context, cmd Command) (what any, err error) {
	report := func(p node.Progress) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if cmd.Beside {
			s.view.beside(cmd, p, time.Now())
		} else {
			s.view.progress(cmd, p, time.Now())
		}
	}
	switch cmd.Verb {
	case Send:
		if err = s.node.Sendable(cmd.Name); err == nil {
			err = s.node.AwaitTracker(ctx, cmd.Name, report)
		}
		if err == nil {
			what, err = s.node.Send(ctx, cmd.Name, report)
		}
	case Download:
		what, err = s.node.Download(ctx, cmd.Name, report) // waits by itself
	case List:
		what, err = s.node.List(ctx)
	case Status:
		err = s.settle(ctx)
		what = s.node.Status()
		if err != nil {
			s.found(cmd, what)
		}
	case Verify:
		var v node.Verified
		v, err = s.node.Verify(ctx, cmd.Name, report)
		if err == nil && !v.Good {
			s.found(cmd, v)
			err = damaged(v)
		}
		what = v
	}
	if err == nil {
		s.found(cmd, what)
	}
	return what, err
}

// settle gives a node that has just started the time to register, so that its status
// does not say that it has not. The error is that of a node that has failed for good.
func (s *Session) settle(ctx context.Context) error {
	select {
	case <-s.node.Ready():
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	if cause := context.Cause(ctx); !stopped(cause) {
		return cause
	}
	return nil
}

func (s *Session) found(cmd Command, what any) {
	s.show(func() { s.view.found(cmd, what) })
}

// end shows how cmd ended. What a person did is told from what went wrong.
func (s *Session) end(ctx context.Context, cmd Command, what any, took time.Duration, err error) error {
	if errors.Is(err, node.ErrClosed) || errors.Is(err, context.Canceled) {
		awaitEnd(ctx)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		switch {
		case !stopped(cause):
			err = cause
		case cmd.Verb == Download:
			err = fmt.Errorf("%w; the same command resumes it", ErrInterrupted)
		default:
			err = ErrInterrupted
		}
	}
	s.show(func() { s.view.ended(cmd, what, took, err) })
	return err
}

// awaitEnd waits for ctx after a node that failed has ended its operations: ctx ends
// next, with the reason as its cause.
func awaitEnd(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-ctx.Done()
}

// stopped reports whether a context that ended with cause was ended by a person.
func stopped(cause error) bool {
	return errors.Is(cause, ErrInterrupted) || errors.Is(cause, context.Canceled)
}

// damaged is the error of a file that is not what its torrent says.
func damaged(v node.Verified) error {
	if len(v.BadPieces) == 0 {
		return fmt.Errorf("%s is not the file of its torrent, though its pieces are good", v.File)
	}
	const most = 10
	var numbers strings.Builder
	for i, n := range v.BadPieces[:min(most, len(v.BadPieces))] {
		if i > 0 {
			numbers.WriteString(", ")
		}
		fmt.Fprint(&numbers, n)
	}
	if len(v.BadPieces) > most {
		numbers.WriteString(", ...")
	}
	return fmt.Errorf("%s is damaged: %d of %s bad (%s); download it again", v.File, len(v.BadPieces), plural(v.Pieces, "piece"), &numbers)
}
