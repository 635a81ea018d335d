package netem

import (
	"testing"
	"time"
)

func TestTheLoopRestsForHalfAPacketOfTheFastestLine(t *testing.T) {
	for _, c := range []struct {
		hosts []Host
		want  time.Duration
	}{
		{[]Host{{}}, leastGrain},
		{[]Host{{Up: LineConfig{Rate: Mbit(20)}, Down: LineConfig{Rate: Mbit(40)}}}, 150 * time.Microsecond},
		{[]Host{{Up: LineConfig{Rate: Mbit(20)}}, {Down: LineConfig{Rate: []Step{{Rate: 1e6}, {From: time.Second, Rate: 7.5e6}}}}}, 100 * time.Microsecond},
		{[]Host{{Down: LineConfig{Rate: Mbit(1000)}}}, leastGrain},
		{[]Host{{Down: LineConfig{Rate: Mbit(1)}}}, mostGrain},
	} {
		if got := (Config{Hosts: c.hosts, MTU: 1500}).grain(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.hosts, got, c.want)
		}
	}
}
