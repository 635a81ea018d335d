package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudo-terminal with the program at its other end.
type terminal struct {
	t    *testing.T
	keys *os.File
	seen strings.Builder // what was shown since the last await
	cmd  *exec.Cmd
}

// atTerminal starts cmd at a terminal of 80 columns.
func atTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	t.Cleanup(func() { keys.Close() })
	side := openSide(t, keys)
	defer side.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = side, side, side
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return &terminal{t: t, keys: keys, cmd: cmd}
}

// openSide opens the side of a pseudo-terminal that programs use.
func openSide(t *testing.T, keys *os.File) *os.File {
	t.Helper()
	conn, err := keys.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	var failed error
	conn.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed != nil {
			return
		}
		if number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); failed != nil {
			return
		}
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	})
	if failed != nil {
		t.Fatal(failed)
	}
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return side
}

func (c *terminal) press(keys string) {
	c.t.Helper()
	if _, err := c.keys.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// await reads until the terminal has shown want.
func (c *terminal) await(want string) {
	c.t.Helper()
	c.keys.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 4096)
	for !strings.Contains(c.seen.String(), want) {
		n, err := c.keys.Read(buf)
		c.seen.Write(buf[:n])
		if err != nil {
			c.t.Fatalf("the terminal does not show %q (%v), but\n%s", want, err, &c.seen)
		}
	}
	_, rest, _ := strings.Cut(c.seen.String(), want)
	c.seen.Reset()
	c.seen.WriteString(rest)
}

const (
	tab, enter, ctrlC, ctrlD, up = "\t", "\r", "\x03", "\x04", "\x1b[A"

	promptShown = "node> "
)

func TestAPersonAtATerminal(t *testing.T) {
	l := newLab(t)
	l.file("лекция 1.bin", 1000)
	c := atTerminal(t, l.program(1))
	c.await(promptShown)

	c.press("torrent -setMode send лек" + tab)
	c.await("лекция 1.bin")
	c.press(enter)
	c.await("sharing лекция 1.bin: 1.0 kB")
	c.await(promptShown)

	c.press("garbage")
	c.await("garbage") // from here on the editor has the keyboard
	c.press(ctrlC)
	c.await(promptShown)
	c.press("hlep" + enter)
	c.await(`did you mean "help"?`)
	c.await(promptShown)

	c.press(up + up + enter)
	c.await("sharing лекция 1.bin")
	c.await(promptShown)

	c.press(ctrlD)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("exit by Ctrl-D: %v", err)
	}
	history, err := os.ReadFile(filepath.Join(l.folder, "node_files", "node1", ".udptorrent", "history"))
	if want := "torrent -setMode send лекция 1.bin\nhlep\ntorrent -setMode send лекция 1.bin\n"; string(history) != want {
		t.Errorf("history %q (%v), want %q", history, err, want)
	}
}

func TestCtrlCStopsADownloadThatThenResumes(t *testing.T) {
	l := newLab(t)
	path, _ := l.file("big.bin", 1_000_000)
	l.serve(1, path)
	c := atTerminal(t, l.program(2, "-link.rate", "4mbit"))
	c.await(promptShown)
	c.press("torrent -setMode download big.bin" + enter)
	c.await("node 1  [")
	c.await(" kB of 1.0 MB") // verified, and more to come
	c.press(ctrlC)
	c.await("stopped; the same command resumes it")
	c.await(promptShown)
	c.press(up + enter)
	c.await("big.bin: 1.0 MB in")
	c.await("were here already")
	c.await(promptShown)
	c.press("exit" + enter)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

func TestSIGTERMAtThePromptEndsTheNodeWell(t *testing.T) {
	l := newLab(t)
	c := atTerminal(t, l.program(1))
	c.await(promptShown)
	c.cmd.Process.Signal(syscall.SIGTERM)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("exit by SIGTERM: %v", err)
	}
}
