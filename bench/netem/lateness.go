package netem

import (
	"math"
	"time"
)

// A lateness counts packets by how late they were handed over. A bucket is a quarter
// of an octave wide, and the first one ends at a microsecond.
type lateness struct {
	buckets  [96]int64
	packets  int64
	greatest time.Duration
}

const bucketsPerOctave = 4

func (l *lateness) add(d time.Duration) {
	i := 0
	if d > time.Microsecond {
		octaves := math.Log2(float64(d) / float64(time.Microsecond))
		i = min(int(math.Ceil(octaves*bucketsPerOctave)), len(l.buckets)-1)
	}
	l.buckets[i]++
	l.packets++
	l.greatest = max(l.greatest, d)
}

// quantile returns a time that a share of the packets were not later than, to within
// a bucket.
func (l *lateness) quantile(share float64) time.Duration {
	seen, want := int64(0), int64(math.Ceil(share*float64(l.packets)))
	for i, n := range l.buckets {
		if seen += n; seen >= want && n > 0 {
			end := math.Exp2(float64(i) / bucketsPerOctave)
			return min(time.Duration(end*float64(time.Microsecond)), l.greatest).Round(time.Microsecond)
		}
	}
	return 0
}
