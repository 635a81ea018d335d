package repl

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"udptorrent/node"
)

func TestDownloadsBesideAreAwaitedAtTheEndOfThePipe(t *testing.T) {
	n := newFakeNode()
	n.reports = []node.Progress{halfway}
	n.result = labResult
	s, out, errs := testSession(n, Config{})
	script := "torrent -setMode download a &\ntorrent -setMode download b &\ntorrent -list"
	if err := s.Lines(t.Context(), strings.NewReader(script)); err != nil || errs.Len() > 0 {
		t.Fatalf("%v, %s", err, errs)
	}
	if len(n.asked) != 3 || strings.Count(out.String(), "saved as") != 2 {
		t.Errorf("asked %q, shown:\n%s", n.asked, out)
	}
	if strings.Contains(out.String(), "downloading  45 %") {
		t.Errorf("progress is shown:\n%s", out)
	}
}

func TestAFailedDownloadBesideFailsThePipe(t *testing.T) {
	n := newFakeNode()
	n.err = errors.New("no owners")
	s, _, errs := testSession(n, Config{})
	if err := s.Lines(t.Context(), strings.NewReader("torrent -setMode download a &")); !errors.Is(err, ErrFailed) || errs.String() != "error: no owners\n" {
		t.Errorf("%v, %q", err, errs)
	}
}

func TestADownloadBesideThatFailedBeforeTheEndFailsThePipe(t *testing.T) {
	for what, end := range map[string]func(w io.Writer, signal func()){
		"exit":   func(w io.Writer, _ func()) { io.WriteString(w, "exit\n") },
		"signal": func(_ io.Writer, signal func()) { signal() },
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newFakeNode()
			n.err = errors.New("no owners")
			s, _, errs := testSession(n, Config{})
			ctx, signal := context.WithCancel(t.Context())
			defer signal()
			r, w := io.Pipe()
			defer w.Close()
			ended := make(chan error, 1)
			go func() { ended <- s.Lines(ctx, r) }()
			io.WriteString(w, "torrent -setMode download a &\n")
			synctest.Wait() // it has failed
			end(w, signal)
			if err := <-ended; !errors.Is(err, ErrFailed) || errs.String() != "error: no owners\n" {
				t.Errorf("%s: %v, %q", what, err, errs)
			}
		})
	}
}

func TestExitStopsDownloadsBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNode()
		n.block = true
		s, _, errs := testSession(n, Config{})
		if err := s.Lines(t.Context(), strings.NewReader("torrent -setMode download a &\nexit\n")); err != nil {
			t.Error(err)
		}
		if got := errs.String(); got != "error: stopped; the same command resumes it\n" {
			t.Errorf("got %q", got)
		}
	})
}

func TestTheEndOfADownloadBesideLeavesThePromptBelowIt(t *testing.T) {
	s, out, _ := testSession(newFakeNode(), Config{Size: func() (int, int) { return 80, 24 }})
	cmd := Command{Verb: Download, Name: "a", Beside: true}
	s.setPrompt(true)
	s.start(t.Context(), cmd)
	s.beside.Wait()
	if got := out.String(); !strings.HasSuffix(got, "\n"+prompt) && !strings.HasSuffix(got, "\r\x1b[K"+prompt) {
		t.Errorf("got %q", got)
	}
}

func TestJSONOfADownloadBesideSaysWhich(t *testing.T) {
	n := newFakeNode()
	n.reports = []node.Progress{halfway}
	s, out, _ := testSession(n, Config{JSON: true})
	if err := s.Lines(t.Context(), strings.NewReader("torrent -setMode download a &")); err != nil {
		t.Fatal(err)
	}
	for _, e := range events(t, out.String()) {
		if e["event"] != "notice" && e["name"] != "a" {
			t.Errorf("event %v", e)
		}
	}
}
