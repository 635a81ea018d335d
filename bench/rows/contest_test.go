package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// A fake peer takes so many seconds in each run.
type fake struct {
	name    string
	missing string
	seconds []float64
	err     error
	order   *[]string
	n       *int
}

func (f fake) Name() string    { return f.name }
func (f fake) Missing() string { return f.missing }
func (f fake) Transfer(context.Context, peers.Scene) (peers.Outcome, error) {
	*f.order = append(*f.order, f.name)
	o := peers.Outcome{Seconds: f.seconds[*f.n%len(f.seconds)], Bytes: 1e9, CPU: 3 * time.Second, OwnerPeak: 10 << 20, DownloaderPeak: 20 << 20}
	*f.n++
	return o, f.err
}

func TestProgramsRunInTurnAndTheTableHasTheirMedians(t *testing.T) {
	var ran []string
	peer := func(name, missing string, err error, seconds ...float64) *entry {
		f := fake{name, missing, seconds, err, &ran, new(int)}
		return enter(f, peers.Scene{}, func(o peers.Outcome) map[string]float64 { return map[string]float64{"x": o.Seconds * 2} })
	}
	b := New(Config{Rounds: 3, Log: io.Discard, Slow: 10 * time.Second})
	entries := []*entry{
		peer("ours", "", nil, 1, 3, 2), peer("theirs", "", nil, 4, 4, 5), peer("slow", "", nil, 20),
		peer("absent", "apt-get install it", nil, 1), peer("broken", "", errors.New("no"), 1), peer("late", "", rig.ErrTooLong, 1),
	}
	if err := b.contest(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{{"broken", "late", "ours", "slow", "theirs"}, {"ours", "theirs"}, {"ours", "theirs"}} {
		round := ran[:len(want)]
		ran = ran[len(want):]
		if slices.Sort(round); !slices.Equal(round, want) {
			t.Errorf("a round of %q, want %q", round, want)
		}
	}
	if len(ran) > 0 {
		t.Errorf("%q ran as well", ran)
	}
	tab := b.table("a title", entries, figure{"x", func(v float64) string { return fmt.Sprint(v) }})
	want := [][]string{
		{"ours", "3", "2.00", "1.00 - 3.00", "500", "1.00", "3.00", "10 MiB", "20 MiB", "4"},
		{"theirs", "3", "4.00", "4.00 - 5.00", "250", "0.50", "3.00", "10 MiB", "20 MiB", "8"},
		{"slow", "1", "20.0", "20.0 - 20.0", "50.0", "0.10", "3.00", "10 MiB", "20 MiB", "40"},
	}
	if !slices.EqualFunc(tab.Lines, want, slices.Equal) {
		t.Errorf("lines\n%q\nwant\n%q", tab.Lines, want)
	}
	notes := strings.Join(tab.Notes, "; ")
	if notes != "slow was run once, since it took longer than 10s; absent is left out: apt-get install it; broken failed: no; late: took too long (at most 2m0s)" {
		t.Errorf("notes: %s", notes)
	}
}

func TestEveryRoundHasAnOrderOfItsOwn(t *testing.T) {
	const n, rounds = 13, 100
	after := make(map[[2]int]int)
	for round := range rounds {
		got := order(round, n)
		if !slices.Equal(got, order(round, n)) {
			t.Fatal("a round has two orders")
		}
		for i := range n - 1 {
			after[[2]int{got[i], got[i+1]}]++
		}
	}
	for pair, times := range after {
		if times > 25 { // of 100, where 8 are to be expected
			t.Errorf("%d comes after %d %d times", pair[1], pair[0], times)
		}
	}
}

func TestTheFirstIsComparedWithTheOthers(t *testing.T) {
	took := func(name string, seconds float64, cpu time.Duration) *entry {
		return &entry{name: name, runs: []run{{Outcome: peers.Outcome{Seconds: seconds, CPU: cpu, Bytes: 1e9}}}}
	}
	got := compare([]*entry{took("ours", 1, time.Second), took("theirs", 3, 4*time.Second), {name: "absent"}})
	if got != "ours has 3.00 x the speed and 0.25 x the CPU time of theirs" {
		t.Error(got)
	}
	if got := compare([]*entry{took("ours", 1, 1), took("ours, portable", 1, 1), {name: "absent"}}); got != "" {
		t.Errorf("of nobody else: %q", got)
	}
}

func TestOnlyChosenProgramsRun(t *testing.T) {
	b := New(Config{Only: "ours, TCP"})
	for name, want := range map[string]bool{"ours": true, "libtorrent tcp": true, "aria2": false} {
		if b.chosen(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	if !New(Config{}).chosen("anything") {
		t.Error("without a choice not all are run")
	}
}

func TestAProgramIsChosenWhateverItsLabel(t *testing.T) {
	for only, want := range map[string]bool{"udptorrent": true, "undisturbed": true, "libtorrent": false, "": true} {
		b := New(Config{Only: only})
		if e := b.losing("undisturbed", peers.Scene{}, nil); b.takes(e) != want {
			t.Errorf("%q: %v", only, !want)
		}
	}
}

func TestARowOfWhichNothingIsChosenSaysSo(t *testing.T) {
	b := New(Config{Only: "aria2", Rounds: 1, Log: io.Discard})
	entries := []*entry{{name: "libtorrent", lacks: "it"}, {name: "undisturbed", program: ourName}}
	if err := b.contest(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	alone, err := beside(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range []*score.Table{b.table("a title", entries), alone} {
		if len(tab.Lines) != 0 || len(tab.Notes) != 1 || !strings.Contains(tab.Notes[0], `"aria2"`) {
			t.Errorf("%q, %q", tab.Lines, tab.Notes)
		}
	}
}

func TestRowsHaveNamesOfTheirOwn(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range All {
		if seen[r.Name] || r.About == "" || r.run == nil || strings.ContainsAny(r.Name, ", ") {
			t.Errorf("row %+v", r)
		}
		seen[r.Name] = true
	}
}
