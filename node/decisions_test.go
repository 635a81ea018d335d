package node

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"udptorrent/segment"
	"udptorrent/tracker/api"
)

// ranges returns what was logged of ranges, in pieces of so many bytes, as in
// "range 3 133-179 left by node 2".
func ranges(log *observer.ObservedLogs, piece int64) (lines []string) {
	for _, e := range log.All() {
		if c := e.ContextMap(); strings.HasPrefix(e.Message, "range") && c["from"] != nil {
			line := fmt.Sprintf("%s %v %d-%d", e.Message, c["node"], c["from"].(int64)/piece, c["to"].(int64)/piece)
			if c["why"] != nil {
				line += " " + c["why"].(string)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func TestTheLogSaysWhoseARangeIsAndWhy(t *testing.T) {
	now := time.Unix(100, 0)
	x := rehearsal(t, 2<<20, 2<<20, now)
	core, log := observer.New(zap.InfoLevel)
	x.log = zap.New(core)
	piece, pieces := x.tor.PieceLength, x.tor.NumPieces()
	if pieces != 64 {
		t.Fatalf("%d pieces", pieces)
	}
	var named []api.Owner
	for node := 4; node <= 7; node++ {
		named = append(named, api.Owner{NodeID: node, Addr: waiter(node).String()})
	}
	x.take(named, now)
	for o := range named {
		x.Connected(o, now)
		x.Next(o, int(piece), now) // the first piece of its share
	}
	x.Gone(2, segment.ErrSilent, now)
	x.Next(3, int(15*piece), now)
	x.Next(3, int(piece), now) // what node 6 had begun
	x.Next(3, int(piece), now)
	x.ban(x.owners[1], 0, now)
	x.Next(0, int(15*piece), now)
	x.Next(0, int(piece), now) // what node 5 had begun
	x.Next(0, int(15*piece), now)
	x.Next(0, int(piece), now)
	x.logDecisions()
	want := []string{
		"range 4 0-16 equal share", "range 5 16-32 equal share", "range 6 32-48 equal share", "range 7 48-64 equal share",
		"range left 6 33-48", "range 7 33-48 left by node 6",
		"range left 5 17-32", "range 4 17-32 left by node 5",
		"range 4 41-48 back half of node 7's",
	}
	if got := ranges(log, piece); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheLogSaysWhenItGoesByRarity(t *testing.T) {
	now := time.Unix(100, 0)
	x := rehearsal(t, 1<<20, 4, now)
	core, log := observer.New(zap.InfoLevel)
	x.log = zap.New(core)
	o := x.add(4, waiter(4), now)
	x.Connected(o.number, now)
	for _, has := range []func(int) bool{nil, func(i int) bool { return i < 5 }, func(i int) bool { return i < 6 }, nil} {
		x.Has(o.number, has, now)
		x.logDecisions()
		x.logDecisions()
	}
	var got []string
	for _, e := range log.All() {
		if e.ContextMap()["why"] != nil {
			got = append(got, e.Message)
		}
	}
	if want := []string{"rarest first", "ranges again"}; !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
}

func TestNothingThatWasDecidedIsMissingInTheLog(t *testing.T) {
	s, content := honestStage()
	x, _, err := s.play(t, content, 16<<10) // it takes no time
	if err != nil {
		t.Fatal(err)
	}
	if left := x.plan.Decisions(); len(left) > 0 {
		t.Errorf("not logged: %+v", left)
	}
}

func TestADownloadLogsItsRangesAndWhoDelivered(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 6*mega)
	var path string
	for id := 1; id <= 3; id++ {
		path = s.node(id, rate(float64(int(mega/2)<<id))).share("a", content).TorrentPath
	}
	d := s.node(4)
	r := d.fetch(path, content)
	lines := ranges(d.log, mega)
	for i := range 3 {
		if want := fmt.Sprintf(" %d-%d equal share", 2*i, 2*i+2); len(lines) < 4 || !strings.HasSuffix(lines[i], want) {
			t.Fatalf("no %q in its place in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if len(lines) > 30 || !strings.Contains(lines[3], "back half of node") {
		t.Errorf("logged\n%s", strings.Join(lines, "\n"))
	}
	var owners []string
	for _, o := range r.Owners {
		owners = append(owners, fmt.Sprintf("node %d %d", o.Node, o.Bytes))
	}
	done := d.log.FilterMessage("download done").All()
	if len(done) != 1 || len(owners) != 3 || done[0].ContextMap()["owners"] != strings.Join(owners, ", ") {
		t.Errorf("done %v, want the owners %q", done, owners)
	}
}
