package plot

// A Flow is one of several downloads.
type Flow struct {
	Name  string
	Trace Trace
}

// Share returns the picture of several downloads, in SVG: what came of each in each
// second; the round trips, which show the queue that they share; and the losses.
func Share(flows []Flow, o Options) []byte {
	traces := make([]Trace, len(flows))
	for i, fl := range flows {
		traces[i] = fl.Trace
	}
	f := &figure{Options: o, clock: o.clock(traces...)}
	trips := panel{title: "round trip", units: timeUnits, height: 110}
	lost := panel{title: "blocks lost", units: percent, height: 50, least: 2}
	var rates []curve
	var all []owner
	for i, fl := range flows {
		owners := fl.Trace.owners()
		all = append(all, owners...)
		for _, w := range owners {
			f.strips = append(f.strips, strip{colorOf(i), f.modes(w.samples)})
			trips.curves = append(trips.curves, curve{color: colorOf(i), points: f.values(w.samples, roundTrip)})
			lost.curves = append(lost.curves, curve{color: colorOf(i), style: bars, points: f.losses(w.samples)})
		}
		rates = append(rates, curve{name: fl.Name, color: colorOf(i), points: f.delivery(owners...)})
	}
	together := curve{name: "together", color: grey, style: filled, points: f.delivery(all...)}
	came := panel{title: "delivered", units: rateUnits, height: 260, top: o.Top, curves: append([]curve{together}, rates...)}
	if len(o.Line) > 0 {
		came.curves = append(came.curves, f.line())
	}
	f.panels = []panel{came, trips, lost}
	return f.svg()
}
