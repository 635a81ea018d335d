package rows

import (
	"fmt"
	"strings"
	"time"
)

// watchEvery is how often a gathering is looked at.
const watchEvery = 2 * time.Second

// watch tells, until it is stopped, what left each host since it last did, and how much
// each member has. What is idle shows where a swarm waits.
func (f *field) watch(g *gathering) (stop func()) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		before := make([]int64, len(f.hosts))
		for {
			select {
			case <-ticker.C:
				f.tell(g, before)
			case <-stopped:
				return
			}
		}
	}()
	return func() {
		close(stopped)
		<-ended
	}
}

// tell prints a line, and keeps in before what has left each host.
func (f *field) tell(g *gathering, before []int64) {
	var up, have strings.Builder
	for i := range f.hosts {
		passed, _ := f.star.Passed(i)
		if i != trackingAll {
			fmt.Fprintf(&up, " %4.1f", float64(passed.Bytes-before[i])*8/1e6/watchEvery.Seconds())
		}
		before[i] = passed.Bytes
	}
	for _, d := range g.members {
		fmt.Fprintf(&have, " %.1f", float64(d.Verified())/(1<<20))
	}
	f.say("    %4.0f s  Mbit/s up, seed first:%s  MiB:%s", g.Since(), up.String(), have.String())
}
