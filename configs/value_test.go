package configs

import (
	"flag"
	"testing"
	"time"
)

func TestSizesAndRates(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1000": 1000, "64MiB": 64 << 20, "64mib": 64 << 20, "10 MB": 10e6, "1.5kB": 1500, "512KiB": 512 << 10, "3GiB": 3 << 30, "1TB": 1e12, "7B": 7,
	} {
		var s Size
		if err := s.Set(text); err != nil || s != Size(want) {
			t.Errorf("size %q is %d (%v), want %d", text, int64(s), err, want)
		}
	}
	for text, want := range map[string]Rate{
		"0": 0, "20mbit": 2.5e6, "20Mbit": 2.5e6, "800 kbit": 1e5, "1.5gbit": 1.875e8, "8bit": 1,
	} {
		var r Rate
		if err := r.Set(text); err != nil || r != want {
			t.Errorf("rate %q is %v (%v), want %v", text, float64(r), err, float64(want))
		}
	}
	for _, text := range []string{"", "mbit", "-1", "-1mbit", "1e400", "NaN", "inf", "0x10", "20 parsecs", "1_000", "9999999TiB", "0.5B", "20mbit/s", "0mbit", "1000"} {
		var s Size
		if err := s.Set(text); err == nil && text != "1000" {
			t.Errorf("size %q is taken for %d", text, int64(s))
		}
		var r Rate
		if err := r.Set(text); err == nil {
			t.Errorf("rate %q is taken for %v", text, float64(r))
		}
	}
}

func TestWhatAValueWritesItReads(t *testing.T) {
	for _, c := range []struct {
		value flag.Value
		texts []string
	}{
		{new(Size), []string{"0", "64MiB", "10MB", "1.234kB", "12345B", "1.5GiB", "100kB"}},
		{new(Rate), []string{"0", "20mbit", "1.5gbit", "800kbit", "9bit", "0.5bit", "9876543bit"}},
		{new(Probability), []string{"0", "0.001", "1"}},
		{new(UDP), []string{":0", ":7000", "127.0.0.1:7000", "[::1]:7000"}},
		{new(HostPort), []string{"localhost:12345", ":1", "[::1]:1"}},
		{new(URL), []string{"http://localhost:12345", "https://tracker.example/x"}},
		{new(Level), []string{"debug", "info", "warn", "error"}},
		{duration(new(time.Duration), 0), []string{"0s", "25ms", "10m", "1m30s", "1h2m", "24h", "1h5s", "10m0.5s"}},
		{count(new(int), 0, 9), []string{"0", "9"}},
		{seed(new(uint64)), []string{"0", "18446744073709551615"}},
		{folder(new(string)), []string{"a b", "логи"}},
		{toggle(new(bool)), []string{"true", "false"}},
	} {
		for _, text := range c.texts {
			if err := c.value.Set(text); err != nil || c.value.String() != text {
				t.Errorf("%q comes back as %q (%v)", text, c.value, err)
			}
		}
	}
}

func TestAWrongValueLeavesTheOldOne(t *testing.T) {
	s, r, p := Size(1), Rate(125), Probability(0.5)
	for _, v := range []flag.Value{&s, &r, &p} {
		if before := v.String(); v.Set("x") == nil || v.String() != before {
			t.Errorf("%s became %s", before, v)
		}
	}
}

func FuzzValues(f *testing.F) {
	for _, text := range []string{"20mbit", "64MiB", "25ms", "0.01", ":0", "http://localhost:1", "debug", "1e9", "9876543bit", "12345678", "٣MB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range defaults().table() {
			if s.value.Set(text) != nil {
				continue
			}
			// A size like 1234567.000001MB has no short form; it must come back all the same.
			if again := s.value.String(); s.value.Set(again) != nil {
				t.Errorf("%s: %q is written as %q, which is refused", s.key, text, again)
			}
		}
	})
}
