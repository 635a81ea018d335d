package tracker

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// uploads counts what a node has delivered to others.
type uploads struct {
	// Frequency is the decayed count at the time At: every delivery adds one,
	// and every half-life halves it.
	Frequency float64   `json:"frequency"`
	At        time.Time `json:"at,omitzero"`

	Deliveries int64 `json:"deliveries"` // ever
	Bytes      int64 `json:"bytes"`      // ever
}

// add counts a delivery of n bytes.
func (u *uploads) add(n int64, now time.Time, halfLife time.Duration) {
	u.Frequency = u.frequency(now, halfLife) + 1
	u.At = now
	u.Deliveries++
	u.Bytes += n
}

// frequency returns the decayed count at now.
func (u *uploads) frequency(now time.Time, halfLife time.Duration) float64 {
	if u.Frequency == 0 {
		return 0
	}
	age := max(now.Sub(u.At), 0)
	return u.Frequency * math.Exp2(-float64(age)/float64(halfLife))
}

// score orders nodes as their frequencies do, at any time: all counts decay alike, so
// the order of log2(frequency) moved back to one common time does not change between
// deliveries. It is -Inf for a node that never delivered.
func (u *uploads) score(halfLife time.Duration) float64 {
	if u.Frequency == 0 {
		return math.Inf(-1)
	}
	return math.Log2(u.Frequency) + float64(u.At.UnixMilli())/float64(halfLife.Milliseconds())
}

// idle is the score below which a frequency has decayed to less than 2^-10 at now:
// such a node ranks with those that never delivered.
func idle(now time.Time, halfLife time.Duration) float64 {
	return float64(now.UnixMilli())/float64(halfLife.Milliseconds()) - 10
}

// A choice says how many owners to pick of each kind.
type choice struct {
	ranked int // the best by score
	drawn  int // by lot from all the others
}

// A ranking picks owners from a row of them: the best by score, ties drawn by lot,
// and some of all the others, so that a newcomer can earn a rank.
type ranking struct {
	choice
	best   []ranked // in order, at most choice.ranked
	lucky  []ranked // of those not among best the ones with the greatest draws, in order
	random *rand.PCG
}

type ranked struct {
	node  *node // nil for nobody
	score float64
	lot   uint32 // of equal scores the greater lot goes first
	draw  uint32 // independent of lot
}

func newRanking(c choice, random *rand.PCG) *ranking {
	return &ranking{
		choice: c, random: random,
		best: make([]ranked, 0, c.ranked+1), lucky: make([]ranked, 0, c.drawn+1),
	}
}

// offer considers one more owner.
func (r *ranking) offer(n *node, score float64) {
	bits := r.random.Uint64()
	c := ranked{node: n, score: score, lot: uint32(bits >> 32), draw: uint32(bits)}
	at := len(r.best)
	for at > 0 && c.before(r.best[at-1]) {
		at--
	}
	if at == r.ranked {
		r.pass(c)
		return
	}
	r.best = slices.Insert(r.best, at, c)
	if len(r.best) > r.ranked {
		r.pass(r.best[r.ranked])
		r.best = r.best[:r.ranked]
	}
}

func (c ranked) before(d ranked) bool {
	return c.score > d.score || c.score == d.score && c.lot > d.lot
}

// pass has one that is not among the best take part in the draw.
func (r *ranking) pass(c ranked) {
	at := len(r.lucky)
	for at > 0 && c.draw > r.lucky[at-1].draw {
		at--
	}
	if at == r.drawn {
		return
	}
	r.lucky = slices.Insert(r.lucky, at, c)
	r.lucky = r.lucky[:min(len(r.lucky), r.drawn)]
}

// picked returns the best, and those drawn at the end.
func (r *ranking) picked() []*node {
	nodes := make([]*node, 0, len(r.best)+len(r.lucky))
	for _, c := range slices.Concat(r.best, r.lucky) {
		nodes = append(nodes, c.node)
	}
	return nodes
}
