package rig

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain has the test binary be a program: it prints what it reads, or works.
func TestMain(m *testing.M) {
	switch os.Getenv("BE_A_PROGRAM") {
	case "":
		os.Exit(m.Run())
	case "echo":
		line := make([]byte, 64)
		n, _ := os.Stdin.Read(line)
		os.Stdout.WriteString("first\n" + string(line[:n]))
	case "work":
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		}
	case "fail":
		os.Stderr.WriteString("first this\nthen that\n")
		os.Exit(3)
	}
}

func start(t *testing.T, be string, line func(string, time.Time)) (*Rig, *Process) {
	t.Helper()
	r, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("BE_A_PROGRAM", be)
	p, err := r.Start(Loopback, []string{os.Args[0]}, line)
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

func TestLinesGoInAndComeOut(t *testing.T) {
	var got []string
	_, p := start(t, "echo", func(text string, _ time.Time) { got = append(got, text) })
	if err := p.Say("second"); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(t.Context()); err != nil || !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFailureSaysTheLastThatTheProgramSaid(t *testing.T) {
	_, p := start(t, "fail", nil)
	if err := p.Wait(t.Context()); err == nil || !strings.HasSuffix(err.Error(), ": then that") {
		t.Errorf("%v", err)
	}
}

func TestProcessorTimeAndMemoryAreMeasuredFromTheMark(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	_, p := start(t, "work", nil)
	deadline := time.Now().Add(10 * time.Second)
	for p.Used() < 20*time.Millisecond || p.Peak() == 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%v, %d bytes", p.Used(), p.Peak())
		}
		runtime.Gosched()
	}
	before := p.Used()
	p.Mark()
	if since := p.Used(); since >= before {
		t.Errorf("%v since the mark, %v before", since, before)
	}
	p.Kill()
	if p.Used() <= 0 || p.Used() > time.Minute {
		t.Errorf("%v at the end", p.Used())
	}
}

func TestAProgramThatTakesTooLongIsEnded(t *testing.T) {
	_, p := start(t, "work", nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := p.Wait(ctx); !errors.Is(err, ErrTooLong) {
		t.Errorf("%v", err)
	}
	select {
	case <-p.Ended():
	default:
		t.Error("it still runs")
	}
}

func TestCloseEndsWhatRunsAndLeavesNothing(t *testing.T) {
	r, p := start(t, "work", nil)
	if _, err := r.File(t.Context(), "f", 1000, false); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-p.Ended():
	default:
		t.Error("it still runs")
	}
	if _, err := os.Stat(r.Folder); !errors.Is(err, os.ErrNotExist) {
		t.Error("the folder is still there")
	}
}

func TestAWrongFileIsFound(t *testing.T) {
	r, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := r.File(t.Context(), "f", 3<<20+5, false)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(r.Folder, "other")
	for name, c := range map[string]struct {
		content []byte
		same    bool
	}{
		"same": {content, true}, "short": {content[:len(content)-1], false}, "long": {append(content[:len(content):len(content)], 1), false},
		"wrong": {append(content[:len(content)-1:len(content)-1], content[len(content)-1]^1), false},
	} {
		if err := os.WriteFile(other, c.content, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := f.Same(other); (err == nil) != c.same {
			t.Errorf("%s: %v", name, err)
		}
	}
}
