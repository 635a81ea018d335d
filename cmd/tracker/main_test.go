package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"udptorrent/internal/reexec"
	"udptorrent/tracker/api"
)

func TestMain(m *testing.M) { os.Exit(reexec.Main(m, main)) }

// program runs the program to its end in a folder of its own.
func program(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	cmd := reexec.Command(args...)
	cmd.Dir = t.TempDir()
	return reexec.Run(t, cmd)
}

// start runs m until the test ends and returns the line that it prints.
func start(t *testing.T, args ...string) string {
	t.Helper()
	r, w := io.Pipe()
	m := &Main{Out: w, Err: w}
	folder := t.TempDir()
	args = append([]string{"-db", filepath.Join(folder, "db"), "-logs", filepath.Join(folder, "logs")}, args...)
	if err := m.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, m.Close()); err != nil {
			t.Errorf("end of the tracker: %v", err)
		}
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestTheFirstLineSaysWhereItListens(t *testing.T) {
	line := start(t, "-addr", "127.0.0.1:0")
	match := regexp.MustCompile(`^tracker listening on (http://127\.0\.0\.1:\d+)  db=.*db\n$`).FindStringSubmatch(line)
	if match == nil {
		t.Fatalf("first line: %q", line)
	}
	answers(t, match[1])
}

func TestATrackerOnEveryAddressNamesOnesThatCanBeUsed(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		line := start(t, "-addr", addr)
		if !regexp.MustCompile(`^tracker listening on http://localhost:\d+ and every other address of this machine[ ,].* db=.*db\n$`).MatchString(line) {
			t.Fatalf("-addr %s: first line: %q", addr, line)
		}
		for _, url := range regexp.MustCompile(`http://[^ ]+`).FindAllString(line, -1) {
			answers(t, url)
		}
	}
}

// answers fails unless a tracker answers at url.
func answers(t *testing.T, url string) {
	t.Helper()
	client, err := api.NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Health(t.Context()); err != nil {
		t.Errorf("the address that it prints: %v", err)
	}
}

func TestAPortInUseIsAnErrorThatNamesIt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	status, _, errs := program(t, "-addr", l.Addr().String())
	if status != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, l.Addr().String()) {
		t.Errorf("status %d, %q", status, errs)
	}
}

func TestAFolderThatCannotBeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"-db", "-logs"} {
		if status, _, errs := program(t, "-addr", "127.0.0.1:0", name, file); status != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, file) {
			t.Errorf("%s: status %d, %q", name, status, errs)
		}
	}
}

func TestWrongUsageIsStatus2(t *testing.T) {
	for _, args := range []string{"-port 1", "-addr nowhere", "run", "-config none.yaml"} {
		if status, _, errs := program(t, strings.Fields(args)...); status != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q", args, status, errs)
		}
	}
	if status, out, errs := program(t, "-h"); status != 0 || errs != "" || !strings.Contains(out, "usage: bin/tracker") {
		t.Errorf("-h: status %d, %q", status, errs)
	}
	if err := NewMain().ParseFlags([]string{"-addr"}); err == nil || errors.Is(err, flag.ErrHelp) {
		t.Errorf("a flag without its value: %v", err)
	}
}
