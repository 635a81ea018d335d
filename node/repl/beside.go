package repl

import (
	"context"
	"fmt"
	"time"
)

// start runs a download beside the commands that follow, until it or ctx ends. How it gets
// on is for -status to say; its end is shown.
func (s *Session) start(ctx context.Context, cmd Command) {
	s.Notice(fmt.Sprintf("downloading %s beside; torrent -status shows how far it is", cmd.Name))
	s.beside.Go(func() {
		began := time.Now()
		what, err := s.carryOut(ctx, cmd)
		if s.end(ctx, cmd, what, time.Since(began), err) != nil {
			s.failed.Store(true)
		}
	})
}

// alongside returns a context for downloads beside other commands. end stops those that are
// still under way, and waits for them.
func (s *Session) alongside(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	return ctx, func() {
		cancel()
		s.beside.Wait()
	}
}

// awaitBeside waits for the downloads beside. The error is ErrFailed if any failed.
func (s *Session) awaitBeside() error {
	s.beside.Wait()
	return s.besideFailed()
}

// besideFailed returns ErrFailed if a download beside has failed.
func (s *Session) besideFailed() error {
	if s.failed.Load() {
		return ErrFailed
	}
	return nil
}
