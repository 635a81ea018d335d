package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The lock of the database cannot be given back.
func TestADatabaseThatCannotBeClosedIsReportedOnce(t *testing.T) {
	db := filepath.Join(t.TempDir(), "db")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	m := &Main{Out: w, Err: w}
	if err := m.ParseFlags([]string{"-addr", "127.0.0.1:0", "-db", db, "-logs", t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	if _, err := r.Read(make([]byte, 1)); err != nil { // it listens
		t.Fatal(err)
	}
	spoil(t, filepath.Join(db, "lock"))
	cancel()
	if err := <-ended; err == nil {
		t.Error("Run returns nil")
	}
	if err := m.Close(); err != nil {
		t.Errorf("it is reported again: %v", err)
	}
}

// spoil puts in the place of an open file of this process one that can be closed and
// nothing else.
func spoil(t *testing.T, path string) {
	t.Helper()
	bad, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(bad)
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		fd := 0
		target, _ := os.Readlink(link)
		if _, err := fmt.Sscan(strings.TrimPrefix(link, "/proc/self/fd/"), &fd); err != nil || target != path || fd == bad {
			continue
		}
		if err := unix.Dup3(bad, fd, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("%s is not open", path)
}
