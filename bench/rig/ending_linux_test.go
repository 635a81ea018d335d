package rig

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
)

func TestAHangupEndsWhatRunsUnlessItIsIgnored(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("the tests run under nohup")
	}
	if !slices.Contains(Ending(), os.Signal(syscall.SIGHUP)) {
		t.Error("it is not caught")
	}
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	if slices.Contains(Ending(), os.Signal(syscall.SIGHUP)) {
		t.Error("it is caught though it is ignored")
	}
}
