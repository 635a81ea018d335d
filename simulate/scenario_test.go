package simulate

import (
	"strings"
	"testing"
)

func TestEveryScenarioOfOneSwarmIsPlayedToItsEnd(t *testing.T) {
	for _, s := range append(append(Sizes(100, 40), Rules(60, 40)...), Troubles(60, 40)...) {
		r, err := s.Play(1)
		if err != nil {
			t.Error(err)
			continue
		}
		row := r.Row(s.Name)
		if len(row) != len(Heading) || strings.Contains(row, "NaN") {
			t.Errorf("under %q stands %q", Heading, row)
		}
		if riders := s.Config.FreeRiders > 0; riders == strings.Contains(row, " - ") {
			t.Errorf("free riders %v in %q", riders, row)
		}
	}
}

func TestWhoWaitsInVainIsAnError(t *testing.T) {
	s := Scenario{Name: "gone", Config: Config{Nodes: 5, Pieces: 40, SeedCopies: 0.5}}
	if r, err := s.Play(3); err == nil || !strings.Contains(err.Error(), "gone, seed 3: ") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestPiecesOnTheirWayCoverARoundTrip(t *testing.T) {
	for _, test := range []struct {
		pieces, slots int
		delay         float64
	}{{64, 2, 0.286}, {512, 2, 2.289}, {1024, 3, 4.578}} {
		c := lines(32<<20, test.pieces)
		if c.Slots != test.slots || c.Delay < test.delay-0.001 || c.Delay > test.delay+0.001 {
			t.Errorf("%d pieces: %d at a time, news after %.3f rounds; want %d and %.3f", test.pieces, c.Slots, c.Delay, test.slots, test.delay)
		}
	}
}

func TestRowsStandUnderTheirHeadings(t *testing.T) {
	harm := &Harm{Givers: []float64{1, 1.1}, Riders: []float64{1.2, 1.3}}
	if got := harm.Row("lab"); len(got) != len(HarmHeading) || !strings.HasSuffix(got, "1.00-1.10  1.20-1.30") {
		t.Errorf("%q", got)
	}
	if got := new(Length).Row("64 of 512 KiB"); len(got) != len(LengthHeading) {
		t.Errorf("%q", got)
	}
}
