package scenario

import (
	"fmt"

	"udptorrent/bench/plot"
)

// Draw returns a picture of a recording, in SVG.
func (r *Recording) Draw(p Picture) []byte {
	o := plot.Options{
		Title: p.Title, About: r.Scenario.about(), Origin: r.Origin,
		From: p.From, To: p.To, Top: p.Top, Marks: r.Scenario.marks(),
	}
	if o.To == 0 {
		o.To = r.Scenario.Length
	}
	for _, step := range r.Scenario.Line {
		o.Line = append(o.Line, plot.Step{From: step.From, Rate: step.Rate})
	}
	if len(r.Traces) == 1 {
		return plot.Download(r.Traces[0], o)
	}
	var flows []plot.Flow
	for i, t := range r.Traces {
		flows = append(flows, plot.Flow{Name: fmt.Sprintf("download %d", i+1), Trace: t})
	}
	return plot.Share(flows, o)
}
