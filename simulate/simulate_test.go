package simulate

import (
	"math"
	"reflect"
	"testing"
)

// play runs a swarm and fails unless everybody who stays gets the file.
func play(t *testing.T, c Config) *Result {
	t.Helper()
	r, err := Run(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d nodes: %.0f rounds, %.3f of the bound; %.3f copies, the first complete after %.3f; took %v",
		r.Config.Nodes, r.Rounds, r.Ratio(), r.Copies, r.FirstCopy, r.Took)
	if r.Unfinished > 0 {
		t.Errorf("%d nodes wait in vain", r.Unfinished)
	}
	return r
}

// within fails if a swarm took longer, or its seed sent more, than these many times
// what is possible.
func within(t *testing.T, r *Result, ratio, copies float64) {
	t.Helper()
	if r.Ratio() > ratio || r.Copies > copies {
		t.Errorf("%d nodes: %.3f of the bound and %.3f copies, want %.2f and %.2f", r.Config.Nodes, r.Ratio(), r.Copies, ratio, copies)
	}
}

// underRace is set when the race detector looks on.
var underRace bool

func TestAFlashCrowdTakesLittleMoreThanTheBound(t *testing.T) {
	for _, nodes := range []int{1, 2, 3, 10, 33, 100, 1000} {
		for seed := range uint64(3) {
			if underRace && nodes == 1000 {
				continue
			}
			within(t, play(t, Config{Nodes: nodes, Pieces: 400, Seed: seed}), 1.06, 1.1)
		}
	}
}

func TestTenThousandNodesTakeLittleMoreThanTheBound(t *testing.T) {
	if testing.Short() || underRace {
		t.Skip("takes seconds, and minutes under the race detector")
	}
	// Three owners are named to each: it is enough, and the fewer there are, the less there is to tell.
	within(t, play(t, Config{Nodes: 10_000, Pieces: 400, Seed: 1, Ranked: 1, Drawn: 2, Peers: 8}), 1.15, 1.2)
}

func TestAllFinishThoughTheSeedLeaves(t *testing.T) {
	for seed := range uint64(5) {
		r := play(t, Config{Nodes: 200, Pieces: 200, SeedUp: 4, SeedCopies: 1.1, Seed: seed})
		if r.Copies > 1.1+4.0/200 { // four were on their way
			t.Errorf("the seed left after %.3f copies", r.Copies)
		}
	}
}

func TestThoseWhoStayFinishThoughAThirdCrashes(t *testing.T) {
	for seed := range uint64(5) {
		r := play(t, Config{Nodes: 200, Pieces: 200, Crash: 1.0 / 3, Seed: seed})
		if r.Crashed != 66 || len(r.Finish) != 134 {
			t.Errorf("%d crashed, %d finished", r.Crashed, len(r.Finish))
		}
		within(t, r, 1.15, 1.2)
	}
}

func TestUnequalUplinksAreUsed(t *testing.T) {
	for _, c := range []Config{{Nodes: 16, Pieces: 128}, {Nodes: 1000, Pieces: 400}} {
		c.Up, c.Down, c.Ticks = []float64{0.25, 0.5, 1, 2}, 2, 4
		for c.Seed = range 3 {
			if c.Nodes < 1000 || !underRace {
				within(t, play(t, c), 1.15, 1.2)
			}
		}
	}
}

// One swarm of 16 says little: it is the middle one of many that counts.
func TestFreeRidersFinishLastAndHarmLittle(t *testing.T) {
	for _, s := range Riders() {
		h, err := s.Harm(1, 21)
		if err != nil {
			t.Fatal(err)
		}
		least := 1.3
		if s.Config.Pieces < 256 && s.Config.Delay > 0 {
			least = 1.25 // the first pieces, which are free, are a large part of the file
		}
		if givers, riders := Quantile(h.Givers, 0.5), Quantile(h.Riders, 0.5); givers > 1.1 || riders < least {
			t.Errorf("%s of %d: givers took %.2f of what they take among themselves, free riders %.2f of the givers'", s.Name, s.Config.Pieces, givers, riders)
		}
	}
}

func TestFreeRidersFinishThoughWhoHasTheFileLeaves(t *testing.T) {
	r := play(t, Config{Nodes: 300, Pieces: 100, Arrive: 600, Leave: true, FreeRiders: 0.25})
	if len(r.Riders) != 75 {
		t.Errorf("%d of 75 finished", len(r.Riders))
	}
}

func TestRealNodesNeedSmallPieces(t *testing.T) {
	most := map[int]float64{64: 1.25, 128: 1.15, 256: 1.1, 512: 1.08, 1024: 1.06}
	for _, s := range Lengths() {
		l, err := s.Length(1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if most := most[s.Config.Pieces]; l.Worst > most || l.Copies > most {
			t.Errorf("%s: %.2f of the bound and %.2f copies, want %.2f", s.Name, l.Worst, l.Copies, most)
		}
		if !(l.Worst >= 1 && l.Copies >= 1 && l.Unequal >= 1 && l.Unequal < 1.5 && l.Late > 1) {
			t.Errorf("%s: %+v", s.Name, *l)
		}
	}
}

func TestWhoArrivesLateIsServedByThoseWhoHaveIt(t *testing.T) {
	for _, leave := range []bool{false, true} {
		r := play(t, Config{Nodes: 300, Pieces: 100, Arrive: 600, Leave: leave, Seed: 3})
		if took := Quantile(r.Finish, 0.5); took > 110 {
			t.Errorf("leave %v: half of them took %.0f rounds", leave, took)
		}
	}
}

func TestASeedThatDisclosesSendsEachPieceOnceBeforeItRepeats(t *testing.T) {
	c := Config{Nodes: 500, Pieces: 200, SeedUp: 10, Seed: 1, Ticks: 10}
	disclosed := play(t, c)
	c.Whole = true
	told := play(t, c)
	if disclosed.FirstCopy > 1.15 || told.FirstCopy < 1.2*disclosed.FirstCopy {
		t.Errorf("first copy after %.3f, without disclosure after %.3f", disclosed.FirstCopy, told.FirstCopy)
	}
}

func TestServingInTurnLeavesSomeBehind(t *testing.T) {
	c := Config{Nodes: 500, Pieces: 400, Seed: 1}
	fewest := play(t, c)
	c.InTurn = true
	inTurn := play(t, c)
	if inTurn.Rounds < 1.1*fewest.Rounds {
		t.Errorf("%.0f rounds in turn, %.0f by need: is serving worth its code?", inTurn.Rounds, fewest.Rounds)
	}
}

func TestASwarmCanBeReplayed(t *testing.T) {
	c := Config{Nodes: 60, Pieces: 50, Crash: 0.2, Arrive: 30, FreeRiders: 0.1, Up: []float64{0.5, 1}, Ticks: 2, Seed: 9}
	first, second := play(t, c), play(t, c)
	first.Took, second.Took = 0, 0
	if !reflect.DeepEqual(first, second) {
		t.Errorf("%+v\nthen\n%+v", first, second)
	}
}

func TestBounds(t *testing.T) {
	for _, test := range []struct {
		c    Config
		want float64
	}{
		{Config{Nodes: 1, Pieces: 400}, 400},
		{Config{Nodes: 10_000, Pieces: 400}, 413},
		{Config{Nodes: 16, Pieces: 100, Up: []float64{0.25, 0.5, 1, 2}, Down: 2}, 100},
		{Config{Nodes: 16, Pieces: 100, SeedUp: 4, Down: 2}, 80},
		{Config{Nodes: 4, Pieces: 100, SeedUp: 50}, 50},
	} {
		if got := Bound(test.c); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%+v: %v, want %v", test.c, got, test.want)
		}
	}
}

func TestAConfigThatMakesNoSenseIsRefused(t *testing.T) {
	for _, c := range []Config{{}, {Nodes: 1}, {Nodes: 1, Pieces: 1, Up: []float64{0}}, {Nodes: 1, Pieces: 1, Down: 0.5}, {Nodes: 1, Pieces: 1, Slots: -1}} {
		if _, err := Run(c); err == nil {
			t.Errorf("%+v is played", c)
		}
	}
}
