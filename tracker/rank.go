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

// A ranking picks the best of a row of owners, ties drawn by lot.
type ranking struct {
	most   int
	best   []ranked // in order
	random *rand.Rand
}

type ranked struct {
	node  *node
	score float64
	lot   uint64 // of equal scores the greater lot goes first
}

func newRanking(most int, random *rand.Rand) *ranking {
	return &ranking{most: most, best: make([]ranked, 0, most+1), random: random}
}

// offerAll considers a row of owners, but for one, and for those that score less than
// the least.
func (r *ranking) offerAll(row []*node, except *node, least float64) {
	for _, n := range row {
		if n.score >= least && n != except {
			r.offer(n, n.score)
		}
	}
}

// offer considers one more owner.
func (r *ranking) offer(n *node, score float64) {
	c := ranked{node: n, score: score, lot: r.random.Uint64()}
	at := len(r.best)
	for at > 0 && c.before(r.best[at-1]) {
		at--
	}
	if at == r.most {
		return
	}
	r.best = slices.Insert(r.best, at, c)
	r.best = r.best[:min(len(r.best), r.most)]
}

func (c ranked) before(d ranked) bool {
	return c.score > d.score || c.score == d.score && c.lot > d.lot
}

// nodes returns the best, in order.
func (r *ranking) nodes() []*node {
	nodes := make([]*node, 0, len(r.best))
	for _, c := range r.best {
		nodes = append(nodes, c.node)
	}
	return nodes
}
