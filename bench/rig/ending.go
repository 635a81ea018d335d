package rig

import (
	"os"
	"os/signal"
	"syscall"
)

// Unpiped keeps a program alive whose output nobody reads any more, so that it can end what it
// runs: Ctrl-C ends a tee as well, and what is then written to it would end us at once.
func Unpiped() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// Ending returns the signals that tell a program to end what it runs and then itself. A
// hangup is not among them where it is ignored: nohup is there so that a run goes on.
func Ending() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
