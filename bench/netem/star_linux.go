package netem

import (
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

// A Star is a running network. Its loop owns the router and the lines; other
// goroutines speak to it by commands.
type Star struct {
	cfg      Config
	names    []string // of the namespaces
	ports    *ports
	commands chan func()
	ended    chan struct{}

	// Of the loop.
	router  router
	started time.Time
	looked  time.Time // when queues were last sampled
	late    lateness
	used    time.Duration // of processor time by the time of Start
	overran int64         // packets by then; -1: unknown
	closing bool
}

var stars atomic.Int64

// New makes the namespaces and starts to carry packets. It needs root. Close takes
// all of it away again.
func New(cfg Config) (*Star, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("network namespaces: %w: run it as root", os.ErrPermission)
	}
	if cfg.MTU == 0 {
		cfg.MTU = 1500
	}
	if cfg.Prefix == "" {
		cfg.Prefix = fmt.Sprintf("netem%d-%d-", os.Getpid(), stars.Add(1))
	}
	ports, err := newPorts()
	if err != nil {
		return nil, err
	}
	s := &Star{
		cfg:      cfg,
		ports:    ports,
		commands: make(chan func()),
		ended:    make(chan struct{}),
		router:   router{network: Network},
		started:  time.Now(),
	}
	for i, h := range cfg.Hosts {
		s.router.hosts = append(s.router.hosts, hostLines{
			up:   NewLine(h.Up, cfg.Seed, uint64(2*i), s.started),
			down: NewLine(h.Down, cfg.Seed, uint64(2*i+1), s.started),
		})
		if err := s.addHost(i); err != nil {
			s.removeHosts()
			return nil, err
		}
	}
	go s.loop()
	return s, nil
}

// Namespace returns the name of a host's network namespace, as "ip netns exec" takes it.
func (s *Star) Namespace(host int) string { return s.names[host] }

// Addr returns the address of a host.
func (s *Star) Addr(host int) netip.Addr { return Addr(host) }

// do has the loop call fn, and waits until it has.
func (s *Star) do(fn func()) {
	done := make(chan struct{})
	s.commands <- func() {
		defer close(done)
		fn()
	}
	<-done
}

// Start has the steps of all rates count from now, and counts anew.
func (s *Star) Start() {
	overran, ok := s.overrun()
	if !ok {
		overran = -1
	}
	s.do(func() {
		s.started = time.Now()
		for _, h := range s.router.hosts {
			h.up.Restart(s.started)
			h.down.Restart(s.started)
		}
		s.late, s.used, s.overran = lateness{}, threadTime(), overran
	})
}

// Report returns what was counted since Start.
func (s *Star) Report() Report {
	var r Report
	var overran int64
	s.do(func() {
		r.Seconds, r.CPU = time.Since(s.started).Seconds(), threadTime()-s.used
		for _, h := range s.router.hosts {
			r.Hosts = append(r.Hosts, HostReport{
				Up: h.up.Counters(), Down: h.down.Counters(),
				UpQueue: h.up.Samples(), DownQueue: h.down.Samples(),
			})
		}
		r.Accuracy = Accuracy{
			Packets: s.late.packets, Median: s.late.quantile(0.5),
			P99: s.late.quantile(0.99), Greatest: s.late.greatest,
		}
		overran = s.overran
	})
	r.Accuracy.Overrun = -1
	if now, ok := s.overrun(); ok && overran >= 0 {
		r.Accuracy.Overrun = now - overran
	}
	return r
}

// Passed returns what has passed the lines of a host since Start.
func (s *Star) Passed(host int) (up, down Counters) {
	s.do(func() { up, down = s.router.hosts[host].up.Counters(), s.router.hosts[host].down.Counters() })
	return up, down
}

// Close ends the network and removes the namespaces. Programs that still run in them
// have no network from then on.
func (s *Star) Close() error {
	s.do(func() { s.closing = true })
	<-s.ended
	return s.removeHosts()
}

// burst is how many packets the loop reads of one host before it looks at the next.
const burst = 128

// loop carries packets until Close.
func (s *Star) loop() {
	defer close(s.ended)
	defer hurry()()
	grain := s.cfg.grain()
	for !s.closing {
		moved := s.read()
		now := time.Now()
		moved += s.router.advance(now, s.deliver)
		s.look(now)
		select {
		case command := <-s.commands:
			command()
		default:
		}
		if moved > 0 {
			rest(grain)
		} else {
			s.wait(now)
		}
	}
}

// wait returns when a host sends something, a packet is due, or the queues are to be
// looked at.
func (s *Star) wait(now time.Time) {
	until := s.looked.Add(SampleEvery)
	if next, ok := s.router.next(); ok && next.Before(until) {
		until = next
	}
	if timeout := until.Sub(now); timeout > 0 {
		s.ports.wait(timeout)
	}
}

// read takes what the hosts have sent. A packet enters its line when it is read.
func (s *Star) read() (packets int) {
	for _, e := range s.ports.senders() {
		host := hostOf(e)
		for range burst {
			p := s.router.get(s.cfg.MTU + 64)
			n := s.ports.read(host, p.bytes)
			if n == 0 {
				s.router.put(p)
				break
			}
			p.bytes = p.bytes[:n]
			s.router.enter(host, p, time.Now())
			packets++
		}
	}
	return packets
}

func (s *Star) deliver(host int, b []byte, at time.Time) {
	s.ports.write(host, b)
	s.late.add(time.Since(at))
}

// look samples the queues, if it is time to.
func (s *Star) look(now time.Time) {
	if now.Sub(s.looked) < SampleEvery {
		return
	}
	s.looked = now
	for _, h := range s.router.hosts {
		h.up.Look(now)
		h.down.Look(now)
	}
}
