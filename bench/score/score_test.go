package score

import (
	"math"
	"strings"
	"testing"
)

func TestMedianIsTheMiddle(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 100}, 3.5}} {
		if got := Median(c.of); got != c.want {
			t.Errorf("of %v: %v", c.of, got)
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("of nothing")
	}
}

func TestJainIsOneForEqualSharesAndAnNthForOne(t *testing.T) {
	if Jain([]float64{5, 5, 5}) != 1 || Jain([]float64{7, 0}) != 0.5 || Jain(nil) != 1 {
		t.Error("not so")
	}
	if got := Jain([]float64{1, 3}); got != 0.8 {
		t.Errorf("of 1:3: %v", got)
	}
}

func TestRatesOfATimeline(t *testing.T) {
	line := Timeline{{0, 0}, {1, 100}, {2, 200}, {4, 240}, {5, 340}, {6, 440}, {7, 540}}
	for at, want := range map[float64]float64{-1: 0, 0.5: 50, 2: 200, 3: 220, 9: 540} {
		if got := line.Bytes(at); got != want {
			t.Errorf("bytes at %v: %v, want %v", at, got, want)
		}
	}
	if got := line.Rate(2, 4); got != 20 {
		t.Errorf("rate: %v", got)
	}
	if got := line.Reaches(90, 2.5); math.Abs(got-1.4) > 0.051 {
		t.Errorf("reaches the rate after %v s", got)
	}
	if !math.IsNaN(line.Reaches(1000, 0)) || !math.IsNaN(line.Rate(1, 1)) || !math.IsNaN(Timeline(nil).Reaches(1, 0)) {
		t.Error("what is never reached has a time")
	}
}

func TestTablesLineUp(t *testing.T) {
	tab := Table{Name: "loop", Title: "a file", Columns: []string{"program", "s", "ratio"}}
	tab.Add("udptorrent", "1.02", "1")
	tab.Add("été", "10.2", "0.1")
	tab.Note("busy")
	tab.Note("busy")
	var plain, page strings.Builder
	tab.Plain(&plain)
	tab.Markdown(&page)
	want := "\nloop: a file\n  program        s  ratio\n  udptorrent  1.02      1\n  été         10.2    0.1\n  * busy\n"
	if plain.String() != want {
		t.Errorf("got\n%s\nwant\n%s", plain.String(), want)
	}
	want = "### loop\n\na file\n\n| program | s | ratio |\n|---|---:|---:|\n| udptorrent | 1.02 | 1 |\n| été | 10.2 | 0.1 |\n\n- busy\n\n"
	if page.String() != want {
		t.Errorf("got\n%s\nwant\n%s", page.String(), want)
	}
}

func TestATableOfNothingHasItsNotes(t *testing.T) {
	tab := Table{Name: "wan", Title: "not measured"}
	tab.Note("needs %s", "root")
	var plain, page strings.Builder
	tab.Plain(&plain)
	tab.Markdown(&page)
	if plain.String() != "\nwan: not measured\n  * needs root\n" || page.String() != "### wan\n\nnot measured\n\n\n- needs root\n\n" {
		t.Errorf("got %q and %q", plain.String(), page.String())
	}
}

func TestFiguresHaveThreeDigits(t *testing.T) {
	for v, want := range map[float64]string{1234.5: "1234", 99.7: "100", 12.34: "12.3", 1.234: "1.23", 0.0123: "0.012", 0: "0"} {
		if got := Figure(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if Figure(math.NaN()) != "-" || Percent(math.NaN()) != "-" || Percent(0.8571) != "85.7 %" || Percent(0.0123) != "1.23 %" || MiB(0) != "-" || MiB(3<<20) != "3 MiB" {
		t.Error("percent, MiB")
	}
}
