package plan

import (
	"container/heap"
	"testing"
	"time"
)

// A swarm carries out a plan in virtual time, with owners that deliver like pipes.
type swarm struct {
	t      *testing.T
	plan   *Plan
	now    time.Duration
	pipes  []*pipe
	events events
	did    int // events so far, so that those of one time keep their order
}

// A pipe is an owner with a steady rate and a fixed delay that is kept full.
type pipe struct {
	rate    float64       // bytes/s
	delay   time.Duration // there and back, without the time that bytes take
	silent  time.Duration // nothing comes after this, and a second later it leaves; 0 is never
	free    time.Duration // when it has sent all that it was asked
	ahead   int           // bytes that were asked and have not come
	got     int64
	stopped bool
}

const (
	block   = 16 << 10
	request = 64 << 10
)

// window is what keeps the pipe full, with a little to spare.
func (p *pipe) window() int {
	return 2*block + int(1.25*p.rate*p.delay.Seconds())
}

type event struct {
	at  time.Duration
	seq int
	do  func()
}

type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) }
func (e *events) Pop() any   { x := (*e)[len(*e)-1]; *e = (*e)[:len(*e)-1]; return x }

func (s *swarm) after(d time.Duration, do func()) {
	s.did++
	heap.Push(&s.events, event{s.now + d, s.did, do})
}

func (s *swarm) time() time.Time { return time.Unix(1000, 0).Add(s.now) }

// newSwarm has every pipe join at once.
func newSwarm(t *testing.T, p *Plan, pipes ...*pipe) *swarm {
	s := &swarm{t: t, plan: p, pipes: pipes}
	var numbers []int
	for i := range pipes {
		numbers = append(numbers, i)
	}
	p.Assign(numbers)
	for i, pipe := range pipes {
		p.Join(i, s.time())
		if pipe.silent > 0 {
			s.after(pipe.silent+time.Second, func() {
				pipe.stopped = true
				p.Leave(i, s.time())
			})
		}
	}
	return s
}

// run fetches the file and returns how long it took.
func (s *swarm) run() time.Duration {
	s.tick()
	for !s.plan.Whole() {
		if len(s.events) == 0 || s.now > time.Hour {
			s.t.Fatalf("stuck after %v: %+v", s.now, s.plan.Snapshot(s.time()))
		}
		e := heap.Pop(&s.events).(event)
		s.now = e.at
		e.do()
		s.fill()
	}
	return s.now
}

// tick has the owners asked again when nothing comes.
func (s *swarm) tick() { s.fill(); s.after(20*time.Millisecond, s.tick) }

func (s *swarm) fill() {
	for i, p := range s.pipes {
		for !p.stopped && p.ahead < p.window() {
			off, n := s.plan.Next(i, min(request, max(block, p.window()-p.ahead)), s.time())
			if n == 0 {
				break
			}
			s.send(i, off, n)
		}
	}
}

func (s *swarm) send(i int, off int64, n int) {
	p := s.pipes[i]
	p.ahead += n
	p.free = max(p.free, s.now+p.delay/2)
	for n > 0 {
		off1, n1 := off, min(n, block)
		p.free += time.Duration(float64(n1) / p.rate * 1e9)
		at := p.free + p.delay - p.delay/2
		if p.silent == 0 || at < p.silent {
			s.after(at-s.now, func() { s.arrive(i, off1, n1) })
		}
		off, n = off+int64(n1), n-n1
	}
}

func (s *swarm) arrive(i int, off int64, n int) {
	s.pipes[i].ahead -= n
	s.pipes[i].got += int64(n)
	for _, f := range s.plan.Got(i, off, n, s.time()) {
		if f.Full {
			s.after(200*time.Microsecond, func() { s.plan.Done(f.Piece) })
		}
	}
}

// repeats is the share of the bytes that came for nothing.
func (s *swarm) repeats() float64 {
	return float64(s.plan.Snapshot(s.time()).Repeated) / float64(s.plan.cfg.Length)
}
