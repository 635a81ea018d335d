package swarmtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"udptorrent/segment"
)

// A dice draws a scenario.
type dice struct {
	*rand.Rand
	s *scenario
}

// draw returns the scenario of a seed: the same each time.
func draw(seed uint64) *scenario {
	d := dice{rand.New(rand.NewPCG(seed, 0)), &scenario{seed: seed}}
	d.network()
	d.files()
	d.nodes()
	d.lies()
	d.wants()
	d.events()
	d.manners()
	d.farewell()
	d.s.sort()
	return d.s
}

// one reports true once in n times.
func (d dice) one(n int) bool { return d.IntN(n) == 0 }

// between draws evenly from lo to hi, both included.
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// spread draws from lo to hi so that each order of magnitude is as likely.
func (d dice) spread(lo, hi float64) float64 {
	return lo * math.Exp(d.Float64()*math.Log(hi/lo))
}

// upTo draws a time, to the millisecond.
func (d dice) upTo(most time.Duration) time.Duration {
	return time.Duration(d.Float64() * float64(most)).Round(time.Millisecond)
}

// pick draws one of several.
func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) network() {
	s := d.s
	if d.one(4) {
		s.corrupt = d.spread(0.001, 0.05)
	}
	if d.one(6) {
		s.mtu = d.between(1200, 1472)
	}
	s.oneIP = d.one(8)
	s.patience = pick(d, 30*time.Second, 60*time.Second, 90*time.Second)
	s.wholeFile = !d.one(3)
	s.settle = d.one(4)
	s.interval = pick(d, 5*time.Second, 10*time.Second, 20*time.Second)
	s.latency = d.upTo(100 * time.Millisecond)
	if d.one(3) {
		s.lost = d.spread(0.01, 0.3)
	}
}

// names that files may have: the odd ones are as good as any.
var names = []string{"lab.iso", "a b", "ж.bin", "x", "notes (2).txt", "0123456789abcdef0123456789abcdef01234567"}

func (d dice) files() {
	for i := range pick(d, 1, 1, 1, 1, 2, 3) {
		length := int(d.spread(10_000, 400_000))
		pieceLength := pick(d, 1<<10, 1<<12, 1<<13, 1<<14, 1<<14, 1<<16, 5000, 7)
		switch {
		case d.one(50):
			length = d.between(0, 20)
		case pieceLength < 1000 && length > 3000:
			length, pieceLength = 3000+length%3000, 700
		case length/pieceLength > 100:
			pieceLength = 1 << 12
		}
		d.s.files = append(d.s.files, file{names[(i+d.IntN(2))%len(names)] + string(rune('a'+i)), length, pieceLength})
	}
}

// nodes draws how many there are, their lines, and who has which file.
func (d dice) nodes() {
	n := d.between(2, 8)
	if d.one(10) {
		n = d.between(9, 16)
	} else if d.one(25) {
		n = d.between(17, 32)
	}
	line := pick(d, dice.perfect, dice.lan, dice.home, dice.home, dice.far, dice.radio, dice.radio, dice.mixed)
	for i := range n {
		r := role{id: i + 1, link: line(d)}
		if !d.one(3) {
			r.port = 6881
			if d.s.oneIP {
				r.port += uint16(i)
			}
		}
		r.link.Seed = d.Uint64() | 1
		d.s.roles = append(d.s.roles, r)
	}
	for f := range d.s.files {
		owners := 1
		if !d.one(2) {
			owners = d.between(1, max(1, n/2))
		}
		for _, i := range d.Perm(n)[:min(owners, n-1)] {
			d.s.roles[i].holds = append(d.s.roles[i].holds, f)
		}
	}
}

func (d dice) perfect() segment.LinkConfig { return segment.LinkConfig{} }

func (d dice) lan() segment.LinkConfig {
	return segment.LinkConfig{Rate: d.spread(1e6, 1e8), Delay: d.upTo(time.Millisecond)}
}

func (d dice) home() segment.LinkConfig {
	return segment.LinkConfig{Rate: d.spread(50e3, 3e6), Delay: d.upTo(30 * time.Millisecond), Loss: d.Float64() * 0.01, Queue: d.queue()}
}

func (d dice) far() segment.LinkConfig {
	return segment.LinkConfig{Rate: d.spread(100e3, 1e7), Delay: d.upTo(200 * time.Millisecond), Loss: d.Float64() * 0.02, Queue: d.queue()}
}

// radio loses, repeats and mixes up; the path between two such nodes loses twice as much.
func (d dice) radio() segment.LinkConfig {
	return segment.LinkConfig{
		Rate: d.spread(50e3, 3e6), Delay: d.upTo(50 * time.Millisecond), Queue: d.queue(),
		Loss: d.Float64() * 0.1, Reorder: d.Float64() * 0.1, Duplicate: d.Float64() * 0.1,
	}
}

func (d dice) mixed() segment.LinkConfig {
	return pick(d, dice.perfect, dice.lan, dice.home, dice.far, dice.radio)(d)
}

func (d dice) queue() int { return pick(d, 0, 0, 16<<10, 64<<10, 1<<20) }

// lies draws who lies. Somebody who does not is left for each file.
func (d dice) lies() {
	if !d.one(3) {
		return
	}
	for f, file := range d.s.files {
		honest := d.s.owners(f)
		d.Shuffle(len(honest), func(i, j int) { honest[i], honest[j] = honest[j], honest[i] })
		for len(honest) > 1 && file.length > 0 && !d.one(3) {
			r := &d.s.roles[honest[0]]
			r.lies = append(r.lies, d.lie(f, file))
			honest = honest[1:]
		}
	}
}

func (d dice) lie(f int, file file) lie {
	l := lie{file: f, slight: d.one(2)}
	if d.one(3) {
		l.at = d.upTo(d.s.busy())
	}
	pieces := (file.length + file.pieceLength - 1) / file.pieceLength
	share := pick(d, 1, 0.5, 0.1)
	for i := range pieces {
		if d.Float64() < share {
			l.pieces = append(l.pieces, i)
		}
	}
	if len(l.pieces) == 0 {
		l.pieces = []int{d.IntN(pieces)}
	}
	return l
}

// wants has nearly everybody want what it does not have: at once, one after another, or
// when others are through.
func (d dice) wants() {
	arrive := pick(d, 0, time.Second, d.s.busy(), 3*d.s.busy())
	for i := range d.s.roles {
		r := &d.s.roles[i]
		for f := range d.s.files {
			if slices.Contains(r.holds, f) || d.one(10) && i > 1 {
				continue
			}
			w := want{file: f, at: d.upTo(arrive), by: handle(d.IntN(3))}
			if d.one(12) {
				w.stopped = w.at + d.upTo(d.s.busy())
			}
			r.wants = append(r.wants, w)
		}
	}
}

// events draws what goes wrong. Half of the swarms have a quiet life.
func (d dice) events() {
	s := d.s
	if d.one(2) {
		s.lost = 0
		return
	}
	span := d.s.busy() * 3 / 2
	s.calm = span
	for range d.between(1, 4+len(s.roles)/4) {
		e := d.event(d.upTo(span))
		s.world = append(s.world, e)
		s.calm = max(s.calm, e.at+e.last)
	}
}

// manners draws who gives nothing, and who limits itself.
func (d dice) manners() {
	selfish, limited := d.one(6), d.one(6)
	for i := range d.s.roles {
		r := &d.s.roles[i]
		r.selfish = selfish && d.one(3)
		if limited && d.one(2) {
			r.up = int64(d.spread(30e3, 1e6))
		}
		if limited && d.one(3) {
			r.down = int64(d.spread(30e3, 1e6))
		}
	}
}

// farewell has those leave for good who had the files in the beginning, when the others
// may or may not have all of it.
func (d dice) farewell() {
	if !d.one(5) {
		return
	}
	at := d.upTo(2 * d.s.busy())
	for i, r := range d.s.roles {
		if len(r.holds) > 0 {
			at += d.upTo(time.Second)
			d.s.world = append(d.s.world, event{at: at, what: pick(d, leave, crash), who: i})
		}
	}
	d.s.calm = max(d.s.calm, at)
}

func (d dice) event(at time.Duration) event {
	e := event{at: at, who: d.IntN(len(d.s.roles)), last: 100*time.Millisecond + d.upTo(15*time.Second)}
	switch d.IntN(10) {
	case 0, 1, 2:
		e.what = crash
		e.harm = pick(d, noHarm, noHarm, noHarm, bitRot, tornMap, tornPart, lostParts)
		if d.one(4) {
			e.last = 0
		}
	case 3:
		e.what = leave
		if d.one(2) {
			e.last = 0
		}
	case 4, 5, 6:
		e.what = stall
	case 7:
		e.what = split
		for range len(d.s.roles) + 1 {
			e.side = append(e.side, d.one(2))
		}
		if d.one(6) {
			e.last = 0
		}
	default:
		e.what = outage
		if d.one(3) {
			e.harm = amnesia
		}
		e.last = d.upTo(40 * time.Second)
	}
	return e
}
