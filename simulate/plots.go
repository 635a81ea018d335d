package simulate

// FinishPlot shows which share of the nodes had the file after how many rounds, as
// multiples of the bound, one curve for each result.
func FinishPlot(title string, names []string, results []*Result) *Plot {
	p := &Plot{
		Title: title, X: "rounds since a node's arrival / bound", Y: "share of nodes that have the file",
		Min: Point{0.9, 0}, Max: Point{0.9, 1},
	}
	for i, r := range results {
		var points []Point
		for k := 0; k <= 100; k++ {
			q := float64(k) / 100
			x := Quantile(r.Finish, q) / r.Bound
			points = append(points, Point{max(x, p.Min.X), q})
			p.Max.X = max(p.Max.X, x)
		}
		p.Curves = append(p.Curves, Curve{names[i], points})
	}
	p.Max.X = float64(int(p.Max.X*10)+1) / 10
	return p
}

// ScalePlot shows how the time, by the bound, and the copies from the seed grow with
// the number of nodes.
func ScalePlot(results []*Result) *Plot {
	ratio, copies := Curve{Name: "time / bound"}, Curve{Name: "seed's copies"}
	p := &Plot{
		Title: "A flash crowd, by the number of nodes", X: "nodes", Y: "times what is possible", Log: true,
		Min: Point{float64(results[0].Config.Nodes), 1}, Max: Point{float64(results[len(results)-1].Config.Nodes), 1.2},
	}
	for _, r := range results {
		x := float64(r.Config.Nodes)
		ratio.Points = append(ratio.Points, Point{x, r.Ratio()})
		copies.Points = append(copies.Points, Point{x, r.Copies})
	}
	p.Curves = []Curve{ratio, copies}
	return p
}
