package repl

import (
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"udptorrent/node"
)

// halfway is a download from four owners, each in another state.
var halfway = node.Progress{
	Phase: node.PhaseDownloading, File: "Лекция 日本語 😀.mp4",
	Bytes: 451_000_000, Length: 1_000_000_000, Rate: 32e6, ETA: 17 * time.Second, Pieces: 431, PiecesTotal: 954,
	Owners: []node.OwnerProgress{
		{Node: 1, Bytes: 120_000_000, Rate: 10e6, RTT: 25 * time.Millisecond, State: node.OwnerActive, From: 150e6, To: 250e6},
		{Node: 12, Bytes: 301_000_000, Rate: 22e6, RTT: 900 * time.Microsecond, State: node.OwnerActive, From: 500e6, To: 1000e6},
		{Node: 3, Bytes: 30_000_000, State: node.OwnerGone},
		{Node: 4, State: node.OwnerConnecting},
		{Node: 5, Bytes: 4096, State: node.OwnerIdle, RTT: time.Millisecond},
	},
}

func TestBlockOnAWideTerminal(t *testing.T) {
	checkBlock(t, block(halfway, 106, 10), `
Лекция 日本語 😀.mp4  downloading
total    [###############...................]   45 %  451 MB of 1.0 GB  32 MB/s  0:17 left  431/954 pieces
node 1   [.....====.........................]  120 MB  10 MB/s   25 ms
node 12  [.................=================]  301 MB  22 MB/s   0.9 ms
node 3   [..................................]  30 MB   gone
node 4   [..................................]  0 B     connecting
node 5   [..................................]  4.1 kB  idle      1.0 ms
`)
}

func TestBlockOnANarrowTerminalKeepsWhatMattersMost(t *testing.T) {
	checkBlock(t, block(halfway, 40, 2), `
Лекция 日本語 😀.mp4  downloading
total    [#########............]   45 %
node 1   [...===...............]  120 MB
node 12  [..........===========]  301 MB
and 3 owners more
`)
	checkBlock(t, block(halfway, 24, 1), `
Лекция 日~  downloading
total    45 %  451 MB o~
node 1  120 MB  10 MB/s~
and 4 owners more
`)
}

func TestNothingIsFullOfWhatNothingIsKnown(t *testing.T) {
	for _, phase := range []node.Phase{node.PhaseWaiting, node.PhaseQueued} {
		p := node.Progress{Phase: phase, File: "lab.iso", ETA: -1}
		want := "lab.iso  " + string(phase)
		checkBlock(t, block(p, 80, 10), "\n"+want+"\n")
		if got := line(p); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		p.Length = 10
		if got, want := line(p), want+"  0 %  0 B of 10 B"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func checkBlock(t *testing.T, lines []string, want string) {
	t.Helper()
	if got := "\n" + strings.Join(lines, "\n") + "\n"; got != want {
		t.Errorf("got%swant%s", got, want)
	}
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for width := range 150 {
		for _, line := range block(halfway, width, 3) {
			if got := runewidth.StringWidth(line); got > width {
				t.Fatalf("%d columns on a terminal of %d: %s", got, width, line)
			}
		}
	}
}

func TestTheMarkedPartFollowsTheChunk(t *testing.T) {
	for _, c := range []struct {
		from, to, whole int64
		want            string
	}{
		{0, 100, 100, "=========="},
		{0, 50, 100, "=====....."},
		{50, 100, 100, ".....====="},
		{99, 100, 100, ".........="},
		{0, 1, 1 << 40, "=........."},
		{70, 70, 100, ".........."},
		{0, 0, 0, ".........."},
		{3, 4, 5, "......==.."},      // a fifth of ten
		{90, 200, 100, ".........="}, // beyond the end: nothing breaks
	} {
		if got := span(c.from, c.to, c.whole, 10); got != c.want {
			t.Errorf("[%d, %d) of %d is %s, want %s", c.from, c.to, c.whole, got, c.want)
		}
	}
}

func TestTheTotalBarIsFullOnlyAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		done, whole int64
		want        string
	}{
		{0, 100, ".........."}, {99, 100, "#########."}, {100, 100, "##########"}, {0, 0, "##########"}, {200, 100, "##########"},
	} {
		if got := filled(c.done, c.whole, 10); got != c.want {
			t.Errorf("%d of %d is %s, want %s", c.done, c.whole, got, c.want)
		}
	}
}

func TestLineSaysAll(t *testing.T) {
	want := "Лекция 日本語 😀.mp4  downloading  45 %  451 MB of 1.0 GB  32 MB/s  0:17 left  431/954 pieces" +
		"  node 1 120 MB  node 12 301 MB  node 3 30 MB gone  node 4 0 B connecting  node 5 4.1 kB idle"
	if got := line(halfway); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	finishing := node.Progress{Phase: node.PhaseFinishing, File: "a", Bytes: 10, Length: 10, Rate: 1e12, PiecesTotal: 5}
	if got, want := line(finishing), "a  finishing  100 %  10 B of 10 B"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	hashing := node.Progress{Phase: node.PhaseHashing, File: "a\x1b[2J", Bytes: 5, Length: 10}
	if got, want := line(hashing), `a\x1b[2J  hashing  50 %  5 B of 10 B`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
