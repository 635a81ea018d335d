package simulate

import "fmt"

// Play runs the scenario's swarm. It is an error if nodes wait in vain.
func (s Scenario) Play(seed uint64) (*Result, error) {
	s.Config.Seed = seed
	r, err := Run(s.Config)
	if err == nil && r.Unfinished > 0 {
		err = fmt.Errorf("%d nodes wait in vain", r.Unfinished)
	}
	if err != nil {
		return nil, fmt.Errorf("%s, seed %d: %w", s.Name, seed, err)
	}
	return r, nil
}

// each plays so many swarms that differ from the scenario's as change says, with one seed
// after the other.
func (s Scenario) each(seed uint64, swarms int, change func(*Config), see func(*Result)) error {
	s.Config = s.Config.with(change)
	for i := range uint64(swarms) {
		r, err := s.Play(seed + i)
		if err != nil {
			return err
		}
		see(r)
	}
	return nil
}

func unchanged(*Config) {}
