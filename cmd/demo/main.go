// Command demo shows the main job at work: a tracker, three nodes that have a file, one
// that downloads it, and a node that is killed half-way. All are real processes of
// bin/tracker and bin/node, on simulated lines of different speeds. It tells what
// happens, a line at a time, and succeeds only if the downloaded file is byte for
// byte the original.
//
//	main.go     flags, signals, exit status
//	play.go     the acts, one after the other
//	stage.go    a folder and the processes in it
//	process.go  one process
//	event.go    the JSON lines of a node
//	journal.go  the log of a node: which range is whose, and why
//	watch.go    what has changed; who has delivered what
//	show.go     the picture of it
//	screen.go   where story and picture go: a terminal, or plain lines
//	file.go     the file: made, and compared
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"udptorrent/node/repl"
)

// patience is how long the whole demo may take.
const patience = 2 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	m := Main{script: lesson, out: newScreen(os.Stdout, repl.TerminalSize(os.Stdout))}
	if err := m.ParseFlags(os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		os.Exit(2)
	}
	if err := m.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// Main is the program.
type Main struct {
	script script
	bin    string // folder of the programs
	keep   bool   // leave the files and logs behind
	out    *screen
}

// ParseFlags reads the flags. The error has been shown.
func (m *Main) ParseFlags(args []string) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&m.bin, "bin", "bin", "`folder` of tracker and node")
	flags.BoolVar(&m.keep, "keep", false, "leave the files and logs behind, to be read")
	mib := flags.Int64("mib", m.script.size>>20, "`size` of the file in MiB; the time grows with it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *mib < 16 || *mib > 1024 {
		err := errors.New("-mib must be 16 to 1024")
		fmt.Fprintln(flags.Output(), "error:", err)
		return err
	}
	m.script.size = *mib << 20
	return nil
}

// Run plays the script, ends all processes and removes the folder. It returns nil only
// if the file has arrived as it was.
func (m *Main) Run(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not done after %v: is the machine very busy?", patience))
	defer cancel()
	s, err := openStage(m.bin)
	if err != nil {
		return err
	}
	defer func() {
		m.out.clear()
		err = errors.Join(err, s.close(m.keep))
		if m.keep {
			fmt.Fprintln(m.out.w, "files and logs are in", s.folder)
		}
	}()
	p := play{script: m.script, stage: s, out: m.out, began: time.Now()}
	err = p.run(ctx)
	switch ctx.Err() {
	case nil:
		return err
	case context.DeadlineExceeded:
		return context.Cause(ctx)
	default:
		return errors.New("stopped")
	}
}
