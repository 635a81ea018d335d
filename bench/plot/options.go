package plot

import "time"

// Options say what a picture is to show beside the samples. The zero value is all of
// the download, without a title.
type Options struct {
	Title string
	About string // a line below the title

	// Origin is zero of the axis of time; the zero time is the first sample.
	Origin time.Time

	// From and To bound the picture, since Origin. To 0 is the last sample.
	From, To time.Duration

	// Top is where the axis of rates ends, in bytes per second. 0 is not far above
	// what came.
	Top float64

	// Line is what the line carries, if that is known, to be compared with.
	Line []Step

	// Marks are what happened to the line.
	Marks []Mark
}

// A Step is a rate that holds from a time on.
type Step struct {
	From time.Duration // since the origin
	Rate float64       // bytes per second
}

// A Mark is something that happened.
type Mark struct {
	At   time.Duration // since the origin
	Text string
}

// clock returns the time of a picture of downloads.
func (o Options) clock(downloads ...Trace) clock {
	first, last := downloads[0][0].Time, downloads[0][0].Time
	for _, t := range downloads {
		if t[0].Time.Before(first) {
			first = t[0].Time
		}
		if end := t[len(t)-1].Time; end.After(last) {
			last = end
		}
	}
	c := clock{origin: o.Origin, from: o.From.Seconds(), to: o.To.Seconds()}
	if c.origin.IsZero() {
		c.origin = first
	}
	if o.To == 0 {
		c.to = c.at(last)
	}
	c.to = max(c.to, c.from+leastBin)
	return c
}
