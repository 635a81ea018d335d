// Command simulate plays swarms of 10 to 10,000 nodes and says how close to what is
// possible they come: it prints the tables of docs/scale.md that are of swarms, and with -plots draws its pictures.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"udptorrent/simulate"
)

// labs and lengths are how many swarms a line of the last two tables is made of.
const (
	labs    = 21
	lengths = 10
)

func main() {
	most := flag.Int("nodes", 10_000, "the largest flash crowd")
	pieces := flag.Int("pieces", 400, "pieces of the file; the labs and the lengths have their own")
	seed := flag.Uint64("seed", 1, "of all that is random; the same seed plays the same swarms")
	plots := flag.String("plots", "", "folder for pictures; empty draws none")
	flag.Parse()
	if err := run(*most, *pieces, *seed, *plots); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

func run(most, pieces int, seed uint64, plots string) error {
	sizes, err := play("Many who want one file", simulate.Sizes(most, pieces), seed)
	if err != nil {
		return err
	}
	rules, err := play("What makes it so", simulate.Rules(min(most, 1000), pieces), seed)
	if err != nil {
		return err
	}
	troubles, err := play("When things go wrong", simulate.Troubles(min(most, 1000), pieces), seed)
	if err != nil {
		return err
	}
	if err := many(seed); err != nil {
		return err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Printf("\n%d MB of memory\n", memory.Sys/1e6)
	if plots == "" {
		return nil
	}
	return draw(plots, map[string]*simulate.Plot{
		"scale":    simulate.ScalePlot(sizes.results),
		"finish":   sizes.plot("When nodes have the file, by the size of the crowd"),
		"troubles": rules.curves(troubles).plot("When nodes have the file, if something differs"),
	})
}

// many prints the tables whose lines are made of many swarms.
func many(seed uint64) error {
	fmt.Printf("\nWho gives nothing: ranges of %d swarms\n%s\n", labs, simulate.HarmHeading)
	for _, s := range simulate.Riders() {
		h, err := s.Harm(seed, labs)
		if err != nil {
			return err
		}
		fmt.Println(h.Row(s.Name))
	}
	fmt.Printf("\nHow long a piece should be: means of %d swarms\n%s\n", lengths, simulate.LengthHeading)
	for _, s := range simulate.Lengths() {
		l, err := s.Length(seed, lengths)
		if err != nil {
			return err
		}
		fmt.Println(l.Row(s.Name))
	}
	return nil
}

// A table is scenarios and what came of each.
type table struct {
	scenarios []simulate.Scenario
	results   []*simulate.Result
}

// play runs scenarios and prints a line for each.
func play(title string, all []simulate.Scenario, seed uint64) (*table, error) {
	fmt.Printf("\n%s\n%s\n", title, simulate.Heading)
	t := &table{scenarios: all}
	for _, s := range all {
		r, err := s.Play(seed)
		if err != nil {
			return nil, err
		}
		fmt.Println(r.Row(s.Name))
		t.results = append(t.results, r)
	}
	return t, nil
}

// curves returns what is drawn of two tables.
func (t *table) curves(other *table) *table {
	drawn := &table{}
	for _, from := range []*table{t, other} {
		for i, s := range from.scenarios {
			if s.Curve {
				drawn.scenarios = append(drawn.scenarios, s)
				drawn.results = append(drawn.results, from.results[i])
			}
		}
	}
	return drawn
}

func (t *table) plot(title string) *simulate.Plot {
	var names []string
	for _, s := range t.scenarios {
		names = append(names, s.Name)
	}
	return simulate.FinishPlot(title, names, t.results)
}

// draw writes each plot to a file of its name.
func draw(folder string, plots map[string]*simulate.Plot) error {
	for name, p := range plots {
		f, err := os.Create(filepath.Join(folder, name+".svg"))
		if err != nil {
			return err
		}
		if err := p.WriteSVG(f); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
