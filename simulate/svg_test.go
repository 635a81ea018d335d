package simulate

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPlotsAreWellFormedAndHaveEveryCurve(t *testing.T) {
	results := []*Result{play(t, Config{Nodes: 5, Pieces: 20}), play(t, Config{Nodes: 50, Pieces: 20})}
	for _, p := range []*Plot{ScalePlot(results), FinishPlot("finish", []string{"few", "many"}, results)} {
		var b strings.Builder
		if err := p.WriteSVG(&b); err != nil {
			t.Fatal(err)
		}
		curves := 0
		for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "polyline" {
				curves++
			}
		}
		if curves != 2 || strings.Contains(b.String(), "NaN") {
			t.Errorf("%d curves in %s", curves, b.String())
		}
	}
}
