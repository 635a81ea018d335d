package rig

import (
	"os"
	"os/signal"
	"syscall"
)

// Ending returns the signals that tell a program to end what it runs and then itself. A
// hangup is not among them where it is ignored: nohup is there so that a run goes on.
func Ending() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
