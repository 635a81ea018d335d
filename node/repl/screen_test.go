package repl

import (
	"strings"
	"testing"
	"time"

	"udptorrent/internal/panel"
	"udptorrent/node"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func testScreen() (*screen, *strings.Builder) {
	var b strings.Builder
	return &screen{panel: panel.New(&b), size: func() (int, int) { return 60, 24 }}, &b
}

func TestAScreenDrawsOverWhatStands(t *testing.T) {
	s, out := testScreen()
	p := node.Progress{Phase: node.PhaseDownloading, File: "a", Bytes: 10, Length: 100,
		Owners: []node.OwnerProgress{{Node: 1, Bytes: 10, State: node.OwnerIdle}}}
	s.show(p, noon)
	first := "a  downloading\x1b[K\ntotal   [##.........................]   10 %  10 B of 100 B\x1b[K\n" +
		"node 1  [...........................]  10 B    idle\x1b[K\n\x1b[J"
	if got := out.String(); got != first {
		t.Fatalf("first block\n%q, want\n%q", got, first)
	}
	out.Reset()
	s.show(p, noon.Add(redrawEvery-1))
	if got := out.String(); got != "" {
		t.Errorf("drawn again too soon: %q", got)
	}
	p.Owners = nil
	s.show(p, noon.Add(redrawEvery))
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[3Aa  downloading") || !strings.HasSuffix(got, "\n\x1b[J") {
		t.Errorf("second block: %q", got)
	}
	out.Reset()
	s.clear()
	if got, want := out.String(), "\r\x1b[2A\x1b[J"; got != want {
		t.Errorf("cleared by %q, want %q", got, want)
	}
}

func TestAScreenKeepsNewsAboveTheBlock(t *testing.T) {
	s, out := testScreen()
	p := node.Progress{Phase: node.PhaseDownloading, File: "a", Length: 100}
	s.show(p, noon)
	out.Reset()
	p.Message = "node 3 delivered a bad piece\x1b[1m"
	s.show(p, noon.Add(1))
	if got, want := out.String(), "\r\x1b[2A\x1b[Jnode 3 delivered a bad piece\\x1b[1m\na  downloading\x1b[K\n"; !strings.HasPrefix(got, want) {
		t.Errorf("news is drawn by %q, want %q first", got, want)
	}
	out.Reset()
	s.show(p, noon.Add(2))
	if got := out.String(); got != "" {
		t.Errorf("news twice: %q", got)
	}
}

func TestAScreenShowsANewPhaseAtOnce(t *testing.T) {
	s, out := testScreen()
	s.show(node.Progress{Phase: node.PhaseDownloading, Length: 1}, noon)
	out.Reset()
	s.show(node.Progress{Phase: node.PhaseFinishing, Length: 1}, noon.Add(1))
	if !strings.Contains(out.String(), "finishing") {
		t.Errorf("drawn: %q", out)
	}
}

func TestAScrollAddsOneLineASecond(t *testing.T) {
	var out strings.Builder
	s := &scroll{w: &out}
	for i := range 25 {
		p := node.Progress{Phase: node.PhaseDownloading, File: "a", Bytes: int64(i), Length: 25}
		if i >= 12 {
			p.Message = "node 3 is gone"
		}
		s.show(p, noon.Add(time.Duration(i)*100*time.Millisecond))
	}
	want := "a  downloading  0 %  0 B of 25 B\na  downloading  40 %  10 B of 25 B\nnode 3 is gone\na  downloading  80 %  20 B of 25 B\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAScrollRepeatsALineOnlyNowAndThen(t *testing.T) {
	var out strings.Builder
	s := &scroll{w: &out}
	p := node.Progress{Phase: node.PhaseWaiting, File: "a", Length: 25}
	for i := range 12 { // seconds 0 to 11
		s.show(p, noon.Add(time.Duration(i)*time.Second))
	}
	p.Bytes = 5
	s.show(p, noon.Add(11*time.Second))
	s.clear()
	s.show(p, noon.Add(12*time.Second)) // of another command
	none, some := "a  waiting  0 %  0 B of 25 B\n", "a  waiting  20 %  5 B of 25 B\n"
	if got, want := out.String(), none+none+some+some; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
