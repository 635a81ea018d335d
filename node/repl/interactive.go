package repl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/peterh/liner"

	"udptorrent/internal/atomicfile"
)

const prompt = "node> "

// Interactive reads commands from the terminal, with a history that is kept in a
// file, Tab completion and help, until exit, Ctrl-D or the end of ctx. A failed
// command is shown and does not end it. The error is that of ctx.
func (s *Session) Interactive(ctx context.Context, history string) error {
	ctx, end := s.alongside(ctx)
	defer end()
	editor := liner.NewLiner()
	defer editor.Close()
	editor.SetCtrlCAborts(true)
	editor.SetTabCompletionStyle(liner.TabPrints)
	editor.SetWordCompleter(s.completer(ctx))
	loadHistory(editor, history)
	for {
		line, err := s.ask(ctx, editor)
		switch {
		case ctx.Err() != nil:
			fmt.Fprintln(s.out)
			return s.ended(ctx, nil)
		case errors.Is(err, liner.ErrPromptAborted):
			continue // Ctrl-C clears the line
		case err != nil:
			fmt.Fprintln(s.out) // Ctrl-D leaves the cursor behind the prompt
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read the terminal: %w", err)
		}
		if line != "" {
			editor.AppendHistory(line)
			saveHistory(editor, history)
		}
		if exit, err := s.line(ctx, line); exit || ctx.Err() != nil {
			return s.ended(ctx, err)
		}
	}
}

// ask reads a line. When ctx ends first the editor is left waiting: its key presses
// cannot be called off, and the program is about to end.
func (s *Session) ask(ctx context.Context, editor *liner.State) (string, error) {
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	s.setPrompt(true)
	defer s.setPrompt(false)
	go func() {
		line, err := editor.Prompt(prompt)
		answers <- answer{line, err}
	}()
	select {
	case a := <-answers:
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (s *Session) setPrompt(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prompt = on
}

// loadHistory brings back earlier lines. There may be none, and without them nothing
// is lost.
func loadHistory(editor *liner.State, path string) {
	if file, err := os.Open(path); err == nil {
		defer file.Close()
		editor.ReadHistory(file)
	}
}

func saveHistory(editor *liner.State, path string) {
	var b bytes.Buffer
	if _, err := editor.WriteHistory(&b); err == nil {
		atomicfile.WriteFile(path, b.Bytes(), 0o600)
	}
}
