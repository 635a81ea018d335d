package serving

import "testing"

func TestWhoHasLessIsServedFirst(t *testing.T) {
	for has := range 100 {
		if Turn(Asker{has, has}) >= Turn(Asker{has + 1, has + 1}) {
			t.Errorf("%d pieces are not before %d", has, has+1)
		}
	}
}

func TestNewcomersAndSlowUplinksAreInGoodStanding(t *testing.T) {
	for _, a := range []Asker{{0, 0}, {4, 0}, {100, 24}, {400, 400}, {10, 1000}} {
		if got := Turn(a); got != float64(a.Has) {
			t.Errorf("%+v waits until %v", a, got)
		}
	}
}

func TestAFreeRiderAdvancesAtAThirdOfThePace(t *testing.T) {
	rider := 0
	for Turn(Asker{rider, 0}) < Turn(Asker{1000, 1000}) {
		rider++
	}
	if rider < 325 || rider > 345 {
		t.Errorf("it has %d pieces when others have 1000", rider)
	}
}
