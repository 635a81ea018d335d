package score

import (
	"slices"
	"testing"
)

func TestTheBoundIsThatOfWhatIsScarce(t *testing.T) {
	home := Line{Up: 20, Down: 40}
	for _, c := range []struct {
		what   string
		bytes  float64
		seed   Line
		others []Line
		want   float64
	}{
		{"the seed's uplink", 1000, home, slices.Repeat([]Line{home}, 16), 50},
		{"one slow downlink", 1000, home, []Line{home, {Up: 20, Down: 4}}, 250},
		{"all uplinks together", 1000, Line{Up: 100, Down: 100}, slices.Repeat([]Line{{Up: 0, Down: 400}}, 5), 50},
		{"riders beside those who give", 1000, home, append(slices.Repeat([]Line{home}, 3), Line{Down: 40}, Line{Down: 40}), 62.5},
	} {
		if got := Bound(c.bytes, c.seed, c.others); got != c.want {
			t.Errorf("%s: %v s, want %v", c.what, got, c.want)
		}
	}
}
