// Command node runs a node of a swarm. See node -h.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"udptorrent/configs"
	"udptorrent/internal/eventlog"
	"udptorrent/node"
	"udptorrent/node/repl"
	"udptorrent/segment"
)

// gcPercent keeps the memory of a node near to what its buffers take. They are used
// again and again, so there is little to collect, and collecting it often costs nothing.
const gcPercent = 25

func main() {
	m := NewMain()
	if os.Getenv("GOMAXPROCS") == "" {
		m.Busy = processors(runtime.GOMAXPROCS(0))
		m.Busy(false)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	err := m.ParseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(m.Err, "error:", err)
		os.Exit(2)
	}
	ctx, stop := m.signals()
	defer stop()
	if m.Run(ctx) != nil {
		os.Exit(1)
	}
}

// processors returns what gives the program as many processors as it has use for, of those
// that there are. A node that does not hash in bulk has one thing to do at a time, and many
// times a second: with more than one processor Go wakes another thread each time, which
// looks for work and finds none. That is a quarter of the processor time of an owner on loopback,
// and of a download from far away. A node that hashes has one more than there are: while all of
// them hash, the goroutine that receives has a place of its own, and the system lets it in at
// once.
func processors(all int) func(busy bool) {
	return func(busy bool) {
		if busy {
			runtime.GOMAXPROCS(all + 1)
		} else {
			runtime.GOMAXPROCS(1)
		}
	}
}

// Main is the program.
type Main struct {
	Config  configs.Node
	Command repl.Command // if it is repl.Nothing, commands are read from In

	In       *os.File
	Out, Err io.Writer

	// Terminal tells the size of the terminal that Out is; nil if it is none.
	Terminal func() (columns, rows int)

	// Busy is told when the node begins and ceases to hash in bulk; nil is never told.
	Busy func(bool)

	// Interrupt stops the command in hand.
	Interrupt chan os.Signal
}

// NewMain returns the program on the standard files.
func NewMain() *Main {
	return &Main{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Terminal:  repl.TerminalSize(os.Stdout),
		Interrupt: make(chan os.Signal, 1),
	}
}

// ParseFlags reads settings and command. It returns flag.ErrHelp when it has shown the
// usage; any other error is one of usage.
func (m *Main) ParseFlags(args []string) (err error) {
	var command []string
	if m.Config, command, err = configs.ParseNode(args, m.Out); err != nil || len(command) == 0 {
		return err
	}
	if m.Command, err = repl.ParseArgs(command); err == nil && m.Command.Verb == repl.Nothing {
		err = errors.New("the command is empty; node -h shows what there is")
	}
	return err
}

// interactive reports whether a person types commands.
func (m *Main) interactive() bool {
	return m.Command.Verb == repl.Nothing && !m.Config.JSON && m.Terminal != nil && repl.TerminalSize(m.In) != nil
}

// signals returns a context that ends when the program is told to end. Ctrl-C on a
// person's terminal stops no more than the command in hand.
func (m *Main) signals() (context.Context, context.CancelFunc) {
	ending := []os.Signal{syscall.SIGTERM}
	if m.interactive() {
		signal.Notify(m.Interrupt, os.Interrupt)
	} else {
		ending = append(ending, os.Interrupt)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	return ctx, stop
}

// Run opens the node, runs the command or those that are read, and closes the node.
// The error has been shown.
func (m *Main) Run(ctx context.Context) error {
	session := repl.NewSession(repl.Config{
		Out: m.Out, Err: m.Err, JSON: m.Config.JSON, Size: m.Terminal, Interrupt: m.Interrupt,
	})
	log, file, err := eventlog.Open(m.Config.Logs, fmt.Sprintf("node%d", m.Config.ID), m.logConfig())
	if err != nil {
		session.Failed(err)
		return err
	}
	defer file.Close()
	config := m.nodeConfig(log, session.Notice)
	if m.Config.Trace != "" {
		trace, err := os.Create(m.Config.Trace)
		if err != nil {
			session.Failed(fmt.Errorf("trace: %w", err))
			return err
		}
		defer trace.Close()
		config.Trace = trace
	}
	n, err := node.Open(config)
	if err != nil {
		session.Failed(err)
		return err
	}
	session.Use(n)
	err = m.work(ctx, n, session)
	if closing := n.Close(); closing != nil {
		session.Failed(closing)
		err = errors.Join(err, closing)
	}
	return err
}

// work runs the node beside the commands. A node that fails for good ends them.
func (m *Main) work(ctx context.Context, n *node.Node, session *repl.Session) error {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cancel(n.Run(ctx))
	}()
	defer func() {
		cancel(nil)
		<-ended
	}()
	switch {
	case m.Command.Verb != repl.Nothing:
		return session.Serve(ctx, m.Command)
	case m.interactive():
		return session.Interactive(ctx, filepath.Join(m.folder(), ".udptorrent", "history"))
	default:
		return session.Lines(ctx, m.In)
	}
}

func (m *Main) folder() string {
	return filepath.Join(m.Config.Files, fmt.Sprintf("node%d", m.Config.ID))
}

func (m *Main) logConfig() eventlog.Config {
	c := m.Config.Log
	return eventlog.Config{Level: zapcore.Level(c.Level), MaxSize: int64(c.MaxSize), MaxFiles: c.MaxFiles}
}

func (m *Main) nodeConfig(log *zap.Logger, notice func(string)) node.Config {
	c := m.Config
	verify := int64(c.VerifyFileUpTo)
	if verify == 0 {
		verify = -1 // never; 0 would be the node's default
	}
	buffer := int(c.Socket.Buffer)
	if buffer == 0 {
		buffer = -1 // the system's; 0 would be the socket's default
	}
	return node.Config{
		ID:      c.ID,
		Tracker: c.Tracker.String(),
		Addr:    netip.AddrPort(c.Addr),
		Folder:  m.folder(),
		Log:     log,
		Notice:  notice,
		Busy:    m.Busy,
		Socket:  segment.UDPConfig{Portable: c.Socket.Portable, Buffer: buffer},
		Link: segment.LinkConfig{
			Rate:      float64(c.Link.Rate),
			Delay:     c.Link.Delay,
			Loss:      float64(c.Link.Loss),
			Reorder:   float64(c.Link.Reorder),
			Duplicate: float64(c.Link.Duplicate),
			Queue:     int(c.Link.Queue),
			Seed:      c.Link.Seed,
		},
		UploadRate:     int64(c.Up),
		DownloadRate:   int64(c.Down),
		NoUpload:       !c.Upload,
		VerifyFileUpTo: verify,
		Patience:       c.Patience,
		Downloads:      c.Downloads,
	}
}
