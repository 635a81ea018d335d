// Package repl is the front end of a node: it reads commands, from the terminal, a
// pipe or the command line, has the node carry them out, and shows what comes of
// them.
//
//	command.go, suggest.go       what a line means; what was meant
//	repl.go, run.go              Session; one command from start to end
//	beside.go                    downloads beside other commands
//	lines.go                     commands from a pipe
//	interactive.go, complete.go  commands from a terminal
//	terminal.go                  how large it is, what it can do
//	view.go, status.go, json.go  what a person sees, what a script reads
//	help.go, format.go           how to use it; sizes and times in words
//	bars.go, screen.go           progress
package repl

import (
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"udptorrent/internal/panel"
	"udptorrent/node"
	"udptorrent/tracker/api"
)

// A Node is what the front end asks of a node; *node.Node is one.
type Node interface {
	// Ready is closed once the node is registered at the tracker.
	Ready() <-chan struct{}

	// AwaitTracker waits for that before a Send, and reports it if it takes time. Download
	// does so by itself.
	AwaitTracker(ctx context.Context, path string, report func(node.Progress)) error

	// Sendable says at once why Send would refuse the file at path, as far as a look tells.
	Sendable(path string) error

	Send(ctx context.Context, path string, report func(node.Progress)) (node.Shared, error)
	Download(ctx context.Context, what string, report func(node.Progress)) (node.Result, error)
	List(ctx context.Context) ([]api.Listing, error)
	Status() node.Status
	Verify(ctx context.Context, path string, report func(node.Progress)) (node.Verified, error)
}

// Config says where a Session reads and writes.
type Config struct {
	Out, Err io.Writer

	// JSON has everything on Out be JSON lines, for scripts.
	JSON bool

	// Size returns columns and rows of the terminal that Out is; nil if it is none.
	Size func() (columns, rows int)

	// Interrupt stops the command in hand, as Ctrl-C does; nil never.
	Interrupt <-chan os.Signal
}

// A Session runs commands on one node, one after the other, and downloads beside them.
type Session struct {
	node      Node
	interrupt <-chan os.Signal
	beside    sync.WaitGroup // downloads beside other commands
	failed    atomic.Bool    // one of those did

	mu     sync.Mutex // guards what follows: progress and notices come from other goroutines
	view   view
	prompt bool // a prompt stands on the terminal
	out    io.Writer
}

// NewSession returns a session; Use gives it its node before the first command.
func NewSession(c Config) *Session {
	s := &Session{interrupt: c.Interrupt, out: c.Out}
	switch {
	case c.JSON:
		s.view = &jsonLines{out: c.Out, err: c.Err}
	case c.Size != nil:
		s.view = &text{out: c.Out, err: c.Err, meter: &screen{panel: panel.New(c.Out), size: c.Size}}
	default:
		s.view = &text{out: c.Out, err: c.Err, meter: &scroll{w: c.Out}}
	}
	return s
}

// Use says which node the commands are for.
func (s *Session) Use(n Node) { s.node = n }

// Notice shows a sentence of news, such as that the tracker does not answer. It may
// be called from any goroutine.
func (s *Session) Notice(news string) {
	s.show(func() { s.view.notice(news) })
}

// show has something written that may come while a person types.
func (s *Session) show(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt { // over the prompt, and a new one below
		io.WriteString(s.out, "\r\x1b[K")
		defer io.WriteString(s.out, prompt)
	}
	what()
}

// Failed shows an error of the program itself as it shows that of a command.
func (s *Session) Failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.ended(Command{}, nil, 0, err)
}
