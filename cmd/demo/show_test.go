package main

import (
	"strings"
	"testing"
	"time"
)

// scene is a download of 600 MB from three owners, after half and the end of node 2.
func scene() *watch {
	w := new(watch)
	for _, e := range []event{
		progress(0, "active", 0, 200, "active", 200, 400, "active", 400, 600),
		progress(300, "active", 60, 200, "active", 290, 400, "active", 550, 600),
		progress(310, "active", 70, 200, "gone", 0, 0, "active", 560, 600),
	} {
		w.take(e)
	}
	w.decided([]decision{{2, span{290e6, 400e6}, ""}})
	return w
}

// progress is an event of three owners: the state of each, and its range in MB.
func progress(bytes int64, of ...any) event {
	e := event{Event: "progress", Bytes: bytes * 1e6, Length: 600e6, Rate: 21.5e6}
	for i := 0; i < len(of); i += 3 {
		from, to := int64(of[i+1].(int))*1e6, int64(of[i+2].(int))*1e6
		e.Owners = append(e.Owners, ownerEvent{Node: i/3 + 1, Bytes: from, Rate: 7e6, State: of[i].(string), From: from, To: to})
	}
	return e
}

func TestTheBlockShowsTheRangesOfAllOwners(t *testing.T) {
	const want = `
total   [################...............]    52 %   310 of 600 MB  22 MB/s
node 1  [###========....................]    70 MB   7.0 MB/s
node 2  [..........#####xxxxxx..........]     0 MB  gone
node 3  [....................########===]   560 MB   7.0 MB/s
`
	got := "\n" + strings.Join(scene().block(74), "\n") + "\n"
	if got != want {
		t.Errorf("got%swant%s", got, want)
	}
}

func TestTheLineShowsTheSame(t *testing.T) {
	const want = " 52 %  21.5 MB/s  1 [#=====..........]  2 [.....##xxxx.....]  3 [..........####==]"
	if got := scene().line(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSharesNameTheOwnerOfEachPart(t *testing.T) {
	w := scene()
	w.take(progress(500, "active", 180, 200, "gone", 0, 0, "active", 380, 400))
	w.finish()
	const want = "111111111122223333333333333333"
	if got := w.shares(30); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for width := range 120 {
		for _, line := range scene().block(width) {
			if len(line) > width {
				t.Fatalf("%d columns: %q", width, line)
			}
		}
	}
}

func TestATerminalIsDrawnOverAndTheStoryStaysAbove(t *testing.T) {
	var b strings.Builder
	s := newScreen(&b, func() (int, int) { return 40, 24 })
	s.show(time.Second, scene(), time.Time{})
	s.say(2*time.Second, "news")
	s.clear()
	out := b.String()
	if strings.Count(out, "\x1b[4A") != 2 || strings.Count(out, "total") != 2 || !strings.Contains(out, "\x1b[J  2.0 s  news\ntotal") {
		t.Errorf("%q", out)
	}
}

func TestElsewhereThereIsALineEachSecond(t *testing.T) {
	var b strings.Builder
	s := newScreen(&b, nil)
	at := time.Unix(100, 0)
	for i := range 11 {
		s.show(0, scene(), at.Add(time.Duration(i)*200*time.Millisecond))
	}
	if out := b.String(); strings.Count(out, "\n") != 3 || strings.Contains(out, "\x1b") {
		t.Errorf("%q", out)
	}
}
