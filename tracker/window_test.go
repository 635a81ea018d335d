package tracker

import (
	"testing"

	"pgregory.net/rapid"
)

// The window agrees with a plain set of serials, but for serials that are older than
// its 256 bits: those it always takes for shown.
func TestWindowAgreesWithASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		seen := map[uint64]bool{0: true}
		high := uint64(0)
		base := rapid.Uint64Max(1<<63).Draw(t, "base")
		for range rapid.IntRange(1, 200).Draw(t, "receipts") {
			serial := base + rapid.Uint64Max(600).Draw(t, "serial")
			tooOld := high >= 256 && serial <= high-256
			if got, want := w.has(serial), seen[serial] || tooOld; got != want {
				t.Fatalf("serial %d, greatest %d: has says %v, want %v", serial, high, got, want)
			}
			w.add(serial)
			seen[serial] = true
			high = max(high, serial)
			if !w.has(serial) {
				t.Fatalf("serial %d is new after it was added", serial)
			}
		}
	})
}

func TestWindowSurvivesText(t *testing.T) {
	var w window
	for _, serial := range []uint64{1 << 40, 1<<40 + 3, 1<<40 + 70, 1<<40 + 200} {
		w.add(serial)
	}
	text, err := w.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back window
	if err := back.UnmarshalText(text); err != nil || back != w {
		t.Errorf("%s became %+v, %v", text, back, err)
	}
	for _, bad := range []string{"", "1", "1:2", "1:1.2.3.x", "x:1.2.3.4", "1:1.2.3.4.5"} {
		if err := back.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a window", bad)
		}
	}
}
