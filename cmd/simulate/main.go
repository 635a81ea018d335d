// Command simulate plays swarms of 10 to 10,000 nodes and says how close to what is
// possible they come. With -plots it draws the pictures of docs/scale.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"udptorrent/simulate"
)

func main() {
	most := flag.Int("nodes", 10_000, "the largest flash crowd")
	pieces := flag.Int("pieces", 400, "pieces of the file")
	seed := flag.Uint64("seed", 1, "of all that is random; the same seed plays the same swarms")
	plots := flag.String("plots", "", "folder for pictures; empty draws none")
	flag.Parse()
	if err := run(*most, *pieces, *seed, *plots); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

func run(most, pieces int, seed uint64, plots string) error {
	fmt.Println(simulate.Heading)
	sizes, names, err := play(simulate.Sizes(most, pieces), seed)
	if err != nil {
		return err
	}
	troubles, stories, err := play(simulate.Troubles(min(most, 1000), pieces), seed)
	if err != nil || plots == "" {
		return err
	}
	pick := []int{0, 1, 3, 4, 8, 9}
	var some []*simulate.Result
	var called []string
	for _, i := range pick {
		some, called = append(some, troubles[i]), append(called, stories[i])
	}
	return draw(plots, map[string]*simulate.Plot{
		"scale":    simulate.ScalePlot(sizes),
		"finish":   simulate.FinishPlot("When nodes have the file, by the size of the crowd", names, sizes),
		"troubles": simulate.FinishPlot("When nodes have the file, if something differs", called, some),
	})
}

// play runs scenarios and prints a line for each.
func play(all []simulate.Scenario, seed uint64) (results []*simulate.Result, names []string, err error) {
	for _, s := range all {
		s.Config.Seed = seed
		r, err := simulate.Run(s.Config)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		fmt.Println(r.Row(s.Name))
		if r.Unfinished > 0 {
			return nil, nil, fmt.Errorf("%s: %d nodes wait in vain", s.Name, r.Unfinished)
		}
		results, names = append(results, r), append(names, s.Name)
	}
	return results, names, nil
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
