package repl

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"udptorrent/node"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeNode answers from its fields and notes what it is asked.
type fakeNode struct {
	ready    chan struct{}
	mu       sync.Mutex // guards asked
	asked    []string
	reports  []node.Progress
	block    bool // Download waits for the end of its context
	err      error
	result   node.Result
	shared   node.Shared
	verified node.Verified
	status   node.Status
	list     []api.Listing
}

func newFakeNode() *fakeNode {
	n := &fakeNode{ready: make(chan struct{})}
	close(n.ready)
	return n
}

func (n *fakeNode) note(what string, report func(node.Progress)) {
	n.mu.Lock()
	n.asked = append(n.asked, what)
	n.mu.Unlock()
	for _, p := range n.reports {
		if report != nil {
			report(p)
		}
	}
}

func (n *fakeNode) Ready() <-chan struct{} { return n.ready }

func (n *fakeNode) AwaitTracker(ctx context.Context, path string, report func(node.Progress)) error {
	select {
	case <-n.ready:
		return nil
	default:
		report(node.Progress{Phase: node.PhaseWaiting, File: path, Message: "no tracker"})
	}
	select {
	case <-n.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *fakeNode) Sendable(string) error { return n.err }

func (n *fakeNode) Send(_ context.Context, path string, report func(node.Progress)) (node.Shared, error) {
	n.note("send "+path, report)
	return n.shared, n.err
}

func (n *fakeNode) Download(ctx context.Context, what string, report func(node.Progress)) (node.Result, error) {
	n.note("download "+what, report)
	if n.block {
		<-ctx.Done()
		return node.Result{}, ctx.Err()
	}
	return n.result, n.err
}

func (n *fakeNode) List(context.Context) ([]api.Listing, error) {
	n.note("list", nil)
	return n.list, n.err
}

func (n *fakeNode) Status() node.Status { n.note("status", nil); return n.status }

func (n *fakeNode) Verify(_ context.Context, path string, report func(node.Progress)) (node.Verified, error) {
	n.note("verify "+path, report)
	return n.verified, n.err
}

// testSession returns a session on n and what it writes.
func testSession(n *fakeNode, c Config) (s *Session, out, errs *strings.Builder) {
	out, errs = new(strings.Builder), new(strings.Builder)
	c.Out, c.Err = out, errs
	s = NewSession(c)
	s.Use(n)
	return s, out, errs
}

func hash(b byte) (h torrent.Hash) {
	for i := range h {
		h[i] = b
	}
	return h
}

var labResult = node.Result{
	File: "lab 1.iso", Path: "node_files/node4/lab 1.iso", Bytes: 1e9, Seconds: 12.5, Pieces: 954,
	SHA1: hash(0xab), SHA1Checked: true, InfoHash: hash(0xcd), Resumed: 250e6,
	Owners: []node.OwnerResult{{Node: 1, Bytes: 500e6, Asked: 416700, Repeated: 30, Lost: 31}, {Node: 12, Bytes: 250e6}},
}

func TestLinesRunInOrderAndMistakesCostAMessage(t *testing.T) {
	n := newFakeNode()
	n.result = labResult
	s, out, errs := testSession(n, Config{})
	script := "torrent -setMode send Лекция 1.mp4\r\n\nhelp\nsend me\ntorrent -setMode download lab 1.iso\ntorrent -list"
	if err := s.Lines(t.Context(), strings.NewReader(script)); !errors.Is(err, ErrFailed) {
		t.Errorf("a script with a mistake ends with %v", err)
	}
	if want := []string{"send Лекция 1.mp4", "download lab 1.iso", "list"}; !slices.Equal(n.asked, want) {
		t.Errorf("the node was asked %q, want %q", n.asked, want)
	}
	if got, want := errs.String(), "error: unknown command \"send\"; did you mean \"torrent -setMode send <file>\"?\n"; got != want {
		t.Errorf("errors %q, want %q", got, want)
	}
	if !strings.Contains(out.String(), helpText) || !strings.Contains(out.String(), "lab 1.iso: 1.0 GB in 12.5 s (60 MB/s)") {
		t.Errorf("output:\n%s", out)
	}
}

func TestExitEndsLines(t *testing.T) {
	for _, exit := range []string{"exit", "quit", "torrent -setMode exit"} {
		n := newFakeNode()
		s, _, _ := testSession(n, Config{})
		if err := s.Lines(t.Context(), strings.NewReader(exit+"\ntorrent -list\n")); err != nil || n.asked != nil {
			t.Errorf("after %s the node was asked %q (%v)", exit, n.asked, err)
		}
	}
}

func TestALineThatIsTooLongIsAnError(t *testing.T) {
	s, _, errs := testSession(newFakeNode(), Config{})
	if err := s.Lines(t.Context(), strings.NewReader(strings.Repeat("x", maxLine+1))); err == nil || !strings.Contains(errs.String(), "too long") {
		t.Errorf("%v, %q", err, errs)
	}
}

func TestTheEndOfTheContextEndsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for cause, want := range map[error]string{nil: "", errors.New("node id 4 is taken"): "error: node id 4 is taken\n"} {
			ctx, cancel := context.WithCancelCause(t.Context())
			r, w := io.Pipe() // no line ever comes
			s, _, errs := testSession(newFakeNode(), Config{})
			time.AfterFunc(time.Second, func() { cancel(cause) })
			if err := s.Lines(ctx, r); !errors.Is(err, cause) || errs.String() != want {
				t.Errorf("cause %v: %v, shown as %q", cause, err, errs)
			}
			w.Close()
		}
	})
}

func TestResultForAPerson(t *testing.T) {
	n := newFakeNode()
	n.result = labResult
	s, out, _ := testSession(n, Config{})
	if err := s.Run(t.Context(), Command{Verb: Download, Name: "lab 1.iso"}); err != nil {
		t.Fatal(err)
	}
	want := `lab 1.iso: 1.0 GB in 12.5 s (60 MB/s), 954 pieces verified, SHA-1 of the file too
  saved as   node_files/node4/lab 1.iso
  info-hash  cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
  sha1       abababababababababababababababababababab
  resumed    250 MB were here already
  node 1     500 MB  50 %   31 of 416700 blocks taken for lost, 30 asked again
  node 12    250 MB  25 %
`
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestRowsOfOwnersLineUpWhateverTheirShare(t *testing.T) {
	r := node.Result{Bytes: 1e9, Owners: []node.OwnerResult{
		{Node: 1, Bytes: 1e9, Asked: 9, Lost: 2, Repeated: 1},
		{Node: 12, Bytes: 1e7, Asked: 8, Repeated: 3},
		{Node: 3, Bytes: 1e6, Asked: 7},
	}}
	rows := resultText(r)[3:]
	for i, want := range []string{
		"  node 1     1.0 GB  100 %  2 of 9 blocks taken for lost, 1 asked again",
		"  node 12    10 MB   1 %    3 of 8 blocks asked again",
		"  node 3     1.0 MB  0 %",
	} {
		if got := strings.TrimRight(rows[i], " "); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestAFileThatIsHereAlreadyIsNotSaidToBeFetched(t *testing.T) {
	n := newFakeNode()
	n.result = labResult
	n.result.Resumed, n.result.Owners, n.result.SHA1Checked, n.result.Seconds = labResult.Bytes, nil, false, 0.0004
	s, out, _ := testSession(n, Config{})
	if err := s.Run(t.Context(), Command{Verb: Download, Name: "lab 1.iso"}); err != nil {
		t.Fatal(err)
	}
	want := `lab 1.iso is here already: 1.0 GB in 954 pieces, nothing was fetched
  found at   node_files/node4/lab 1.iso
  info-hash  cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
  sha1       abababababababababababababababababababab
`
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	s, out, _ = testSession(n, Config{JSON: true})
	if err := s.Run(t.Context(), Command{Verb: Download, Name: "lab 1.iso"}); err != nil {
		t.Fatal(err)
	}
	if done := events(t, out.String())[0]; done["event"] != "done" || done["bytes"] != 1e9 || done["resumed"] != 1e9 {
		t.Errorf("done: %v", done)
	}
}

func TestListAndStatusForAPerson(t *testing.T) {
	n := newFakeNode()
	n.list = []api.Listing{
		{InfoHash: hash(1), Name: "日本語.iso", Length: 5 << 30, Pieces: 1280, Owners: 3},
		{InfoHash: hash(2), Name: "a\x1b[2J", Length: 0, Pieces: 0, Owners: 12},
		{InfoHash: hash(3), Name: "日本語.iso", Length: 5, Pieces: 1, Owners: 1},
	}
	n.status = node.Status{
		Node: 4, Addr: "127.0.0.1:7000", Tracker: "http://localhost:12345", Folder: "node_files/node4",
		Shared: []node.SharedStatus{
			{Shared: node.Shared{File: "lab.iso", Bytes: 1e9, InfoHash: hash(3), Owned: true}},
			{Shared: node.Shared{File: "b", Bytes: 1, InfoHash: hash(4)}, Problem: "changed on disk; send it again"},
		},
		Partial: []node.Partial{{File: "c", Bytes: 10, Length: 100, InfoHash: hash(5)}},
	}
	s, out, _ := testSession(n, Config{})
	for _, verb := range []Verb{List, Status} {
		if err := s.Run(t.Context(), Command{Verb: verb}); err != nil {
			t.Fatal(err)
		}
	}
	want := `NAME        SIZE    PIECES  OWNERS  INFO-HASH
a\x1b[2J    0 B     0       12      0202020202020202020202020202020202020202
日本語.iso  5.4 GB  1280    3       0101010101010101010101010101010101010101
日本語.iso  5 B     1       1       0303030303030303030303030303030303030303
node 4 on 127.0.0.1:7000, folder node_files/node4
tracker http://localhost:12345: not registered: the tracker has not answered
serving:
  lab.iso  1.0 GB  0303030303030303030303030303030303030303
  b        1 B     0404040404040404040404040404040404040404  changed on disk; send it again
fetching: nothing
to be resumed:
  c  10 B of 100 B  0505050505050505050505050505050505050505
`
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestADamagedFileFailsVerify(t *testing.T) {
	n := newFakeNode()
	n.verified = node.Verified{File: "lab.iso", Pieces: 100, BadPieces: []int{3, 5}}
	s, _, errs := testSession(n, Config{})
	if err := s.Run(t.Context(), Command{Verb: Verify, Name: "lab.iso"}); err == nil {
		t.Error("no error")
	}
	if got, want := errs.String(), "error: lab.iso is damaged: 2 of 100 pieces bad (3, 5); download it again\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCtrlCStopsTheDownloadInHandAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNode()
		n.block = true
		keys := make(chan os.Signal, 1)
		s, _, errs := testSession(n, Config{Interrupt: keys})
		keys <- os.Interrupt // pressed before there was anything to stop
		go func() {
			time.Sleep(time.Minute)
			keys <- os.Interrupt
		}()
		began := time.Now()
		err := s.Run(t.Context(), Command{Verb: Download, Name: "lab.iso"})
		if !errors.Is(err, ErrInterrupted) || time.Since(began) != time.Minute {
			t.Errorf("stopped after %v: %v", time.Since(began), err)
		}
		if got, want := errs.String(), "error: stopped; the same command resumes it\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if err := s.Run(t.Context(), Command{Verb: List}); err != nil {
			t.Errorf("the next command: %v", err)
		}
	})
}

func TestSendWaitsForTheTracker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNode{ready: make(chan struct{})}
		s, out, _ := testSession(n, Config{})
		began := time.Now()
		time.AfterFunc(time.Hour, func() { close(n.ready) })
		if err := s.Run(t.Context(), Command{Verb: Send, Name: "f"}); err != nil || time.Since(began) != time.Hour {
			t.Errorf("it ran after %v: %v", time.Since(began), err)
		}
		if want := "no tracker\nf  waiting\nsharing"; !strings.HasPrefix(out.String(), want) {
			t.Errorf("shown:\n%swant first\n%s", out, want)
		}
	})
}

func TestSendOfAMissingFileDoesNotWaitForTheTracker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := errors.New("f: no such file")
		s, _, _ := testSession(&fakeNode{ready: make(chan struct{}), err: missing}, Config{})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := s.Run(ctx, Command{Verb: Send, Name: "f"}); !errors.Is(err, missing) || time.Since(began) != 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestANodeThatFailsForGoodSaysWhy(t *testing.T) {
	n := newFakeNode()
	n.block = true
	ctx, cancel := context.WithCancelCause(t.Context())
	taken := errors.New("node id 4 is taken")
	cancel(taken)
	s, _, errs := testSession(n, Config{})
	if err := s.Run(ctx, Command{Verb: Download, Name: "f"}); !errors.Is(err, taken) || errs.String() != "error: node id 4 is taken\n" {
		t.Errorf("%v, %q", err, errs)
	}
}

func TestStatusOfANodeThatIsRefusedSaysSoAndFails(t *testing.T) {
	n := &fakeNode{ready: make(chan struct{})}
	n.status = node.Status{Tracker: "http://tracker", Refused: "node id 4 is in use"}
	ctx, cancel := context.WithCancelCause(t.Context())
	taken := errors.New("register node 4: node id 4 is in use")
	cancel(taken)
	s, out, errs := testSession(n, Config{})
	if err := s.Run(ctx, Command{Verb: Status}); !errors.Is(err, taken) || errs.String() != "error: register node 4: node id 4 is in use\n" {
		t.Errorf("%v, %q", err, errs)
	}
	if want := "tracker http://tracker: not registered: node id 4 is in use\n"; !strings.Contains(out.String(), want) {
		t.Errorf("shown:\n%slacks %s", out, want)
	}
}

func TestStatusOfANodeThatASignalEndsIsNoFailure(t *testing.T) {
	n := &fakeNode{ready: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, _, errs := testSession(n, Config{})
	if err := s.Run(ctx, Command{Verb: Status}); err != nil || errs.String() != "" {
		t.Errorf("%v, %q", err, errs)
	}
}

func TestAServedSendEndsWellBySignalAndBadlyWithTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, cause := range []error{nil, errors.New("socket broke")} {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Minute, func() { cancel(cause) })
			s, _, _ := testSession(newFakeNode(), Config{})
			began := time.Now()
			if err := s.Serve(ctx, Command{Verb: Send, Name: "f"}); !errors.Is(err, cause) || time.Since(began) != time.Minute {
				t.Errorf("served %v, %v; want %v", time.Since(began), err, cause)
			}
		}
	})
}

// events parses JSON lines.
func events(t *testing.T, lines string) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, event)
	}
	return list
}

func TestJSONOfADownload(t *testing.T) {
	n := newFakeNode()
	n.reports = []node.Progress{halfway}
	n.result = labResult
	s, out, _ := testSession(n, Config{JSON: true})
	if err := s.Run(t.Context(), Command{Verb: Download, Name: "lab 1.iso"}); err != nil {
		t.Fatal(err)
	}
	want := `{"event":"progress","command":"download","phase":"downloading","file":"Лекция 日本語 😀.mp4","info_hash":"0000000000000000000000000000000000000000",` +
		`"bytes":451000000,"length":1000000000,"rate":32000000,"pieces":431,"pieces_total":954,"eta_seconds":17,"owners":[` +
		`{"node_id":1,"addr":"","bytes":120000000,"rate":10000000,"state":"active","from":150000000,"to":250000000,"pieces":0,"via":"","rtt_ms":25},`
	if got := out.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, last, _ := strings.Cut(out.String(), "\n")
	want = `{"event":"done","command":"download","seconds":12.5,"file":"lab 1.iso","path":"node_files/node4/lab 1.iso","bytes":1000000000,"pieces":954,` +
		`"sha1":"abababababababababababababababababababab","sha1_checked":true,"info_hash":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","resumed":250000000,` +
		`"owners":[{"node_id":1,"bytes":500000000,"asked":416700,"repeated":30,"lost":31},{"node_id":12,"bytes":250000000,"asked":0,"repeated":0,"lost":0}]}` + "\n"
	if last != want {
		t.Errorf("got  %swant %s", last, want)
	}
}

func TestJSONEndsEveryCommandWithDoneOrFailed(t *testing.T) {
	for _, c := range []struct {
		line string
		err  error
		want string
	}{
		{"torrent -setMode send f", nil, "sharing done"},
		{"torrent -setMode download f", nil, "done"},
		{"torrent -setMode download f", errors.New("no owners"), "failed"},
		{"torrent -list", nil, "list done"},
		{"torrent -list", errors.New("no tracker"), "failed"},
		{"torrent -status", nil, "status done"},
		{"torrent -verify f", nil, "verified failed"},
		{"torrent -setMode exit", nil, "done"},
		{"help", nil, "done"},
		{"hlep", nil, "failed"},
	} {
		n := newFakeNode()
		n.err = c.err
		s, out, errs := testSession(n, Config{JSON: true})
		err := s.Lines(t.Context(), strings.NewReader(c.line))
		var names []string
		for _, e := range events(t, out.String()) {
			names = append(names, e["event"].(string))
			for key, value := range e {
				if value == nil && key != "eta_seconds" {
					t.Errorf("%s: %s is null", c.line, key)
				}
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s (%v): events %q, want %q", c.line, c.err, got, c.want)
		}
		if failed := strings.HasSuffix(c.want, "failed"); failed != (err != nil) || failed != (strings.Count(errs.String(), "\n") == 1) {
			t.Errorf("%s (%v): %v, on standard error %q", c.line, c.err, err, errs)
		}
	}
}

func TestJSONDoneOfASendIsComplete(t *testing.T) {
	n := newFakeNode()
	n.shared = node.Shared{File: "f", Path: "/f", Bytes: 5, Pieces: 1, InfoHash: hash(7)}
	s, out, _ := testSession(n, Config{JSON: true})
	if err := s.Run(t.Context(), Command{Verb: Send, Name: "f"}); err != nil {
		t.Fatal(err)
	}
	list := events(t, out.String())
	for _, key := range []string{"file", "bytes", "seconds", "pieces", "sha1", "sha1_checked", "info_hash", "owners"} {
		if _, ok := list[len(list)-1][key]; !ok {
			t.Errorf("done lacks %s", key)
		}
	}
}

func TestJSONHoldsNothingButJSON(t *testing.T) {
	s, out, _ := testSession(newFakeNode(), Config{JSON: true})
	s.Notice("the tracker does not answer")
	s.Failed(errors.New("first\nsecond"))
	want := `{"event":"notice","message":"the tracker does not answer"}` + "\n" + `{"event":"failed","error":"first\nsecond"}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestANoticeLeavesThePromptBelowIt(t *testing.T) {
	s, out, _ := testSession(newFakeNode(), Config{Size: func() (int, int) { return 80, 24 }})
	s.setPrompt(true)
	s.Notice("the tracker answers again")
	if got, want := out.String(), "\r\x1b[Kthe tracker answers again\n"+prompt; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgressAndNoticesFromOtherGoroutinesDoNotMix(t *testing.T) {
	n := newFakeNode()
	for range 100 {
		n.reports = append(n.reports, halfway)
	}
	s, out, _ := testSession(n, Config{JSON: true})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			s.Notice("news")
		}
	}()
	if err := s.Run(t.Context(), Command{Verb: Download, Name: "f"}); err != nil {
		t.Fatal(err)
	}
	<-ended
	events(t, out.String())
}
