package plot

import "fmt"

// Download returns the picture of one download, in SVG: one below the other, what each
// owner's control was doing, the rates, the bytes in flight, the round trip and the
// losses.
func Download(t Trace, o Options) []byte {
	f := &figure{Options: o, clock: o.clock(t)}
	owners := t.owners()
	for i, w := range owners {
		f.strips = append(f.strips, strip{key(i, len(owners)), f.modes(w.samples)})
	}
	rates := f.ratesOfOne(owners[0])
	if len(owners) > 1 {
		rates = f.ratesOfMany(owners)
	}
	f.panels = []panel{rates, f.flight(owners), f.roundTrips(owners), f.lost(owners)}
	return f.svg()
}

// key returns the colour of one of several; of a single one it is empty.
func key(place, several int) string {
	if several == 1 {
		return ""
	}
	return colorOf(place)
}

// Fields of a sample.
func rate(s Sample) float64         { return s.Rate }
func pacing(s Sample) float64       { return s.Pacing }
func window(s Sample) float64       { return s.Window }
func inFlight(s Sample) float64     { return s.InFlight }
func roundTrip(s Sample) float64    { return s.RTT }
func minRoundTrip(s Sample) float64 { return s.MinRTT }

// ratesOfOne is the panel of what an owner was asked for and what came.
func (f *figure) ratesOfOne(w owner) panel {
	return f.rates([]curve{
		{name: "delivered", color: blue, style: filled, points: f.delivery(w)},
		{name: "pacing", color: orange, style: faint, steps: true, points: f.values(w.samples, pacing)},
		{name: "bandwidth estimate", color: ink, style: solid, steps: true, points: f.values(w.samples, rate)},
	})
}

// ratesOfMany is that of several owners, and what came from all.
func (f *figure) ratesOfMany(owners []owner) panel {
	var came, asked []curve
	for i, w := range owners {
		came = append(came, curve{name: fmt.Sprintf("by node %d", w.node), color: colorOf(i), points: f.delivery(w)})
		asked = append(asked, curve{color: colorOf(i), style: faint, steps: true, points: f.values(w.samples, pacing)})
	}
	asked[0].name = "thin: pacing"
	all := curve{name: "delivered by all", color: grey, style: filled, points: f.delivery(owners...)}
	return f.rates(append(append([]curve{all}, came...), asked...))
}

// rates is a panel of rates, with what the line carries. If nothing else is asked for, its
// axis ends not far above what came: start-up paces at far more than ever comes, and would
// leave little room for the rest.
func (f *figure) rates(curves []curve) panel {
	const room = 1.45
	p := panel{title: "rate", units: rateUnits, height: 200, curves: curves, top: f.Top}
	if len(f.Line) > 0 {
		p.curves = append(p.curves, f.line())
	}
	for _, cv := range p.curves {
		if f.Top == 0 && cv.style != faint {
			p.top = max(p.top, room*cv.highest(f.clock))
		}
	}
	return p
}

// line is the curve of what the line carries.
func (f *figure) line() curve {
	cv := curve{name: "line", color: ink, style: dashed, steps: true}
	for _, s := range f.Line {
		cv.points = append(cv.points, point{s.From.Seconds(), s.Rate})
	}
	cv.points = append(cv.points, point{f.to, cv.points[len(cv.points)-1].y})
	return cv
}

// flight is the panel of what was on the way.
func (f *figure) flight(owners []owner) panel {
	p := panel{title: "in flight", units: byteUnits, height: 110}
	if len(owners) == 1 {
		s := owners[0].samples
		p.curves = []curve{
			{name: "in flight", color: blue, style: filled, points: f.values(s, inFlight)},
			{name: "window", color: orange, steps: true, points: f.values(s, window)},
		}
		return p
	}
	for i, w := range owners {
		p.curves = append(p.curves,
			curve{color: colorOf(i), points: f.values(w.samples, inFlight)},
			curve{color: colorOf(i), style: faint, steps: true, points: f.values(w.samples, window)})
	}
	p.curves[0].name, p.curves[1].name = "in flight", "window"
	return p
}

// roundTrips is the panel of the round trip and its minimum.
func (f *figure) roundTrips(owners []owner) panel {
	p := panel{title: "round trip", units: timeUnits, height: 110}
	smoothed, minimum := "smoothed", "minimum"
	for i, w := range owners {
		p.curves = append(p.curves,
			curve{name: smoothed, color: colorOf(i), points: f.values(w.samples, roundTrip)},
			curve{name: minimum, color: ink, style: dashed, steps: true, points: f.values(w.samples, minRoundTrip)})
		smoothed, minimum = "", "" // the legend says it once
	}
	return p
}

// lost is the panel of losses.
func (f *figure) lost(owners []owner) panel {
	p := panel{title: "blocks lost", units: percent, height: 50, least: 2}
	for i, w := range owners {
		color := red
		if len(owners) > 1 {
			color = colorOf(i)
		}
		p.curves = append(p.curves, curve{color: color, style: bars, points: f.losses(w.samples)})
	}
	return p
}
