package plan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestEveryDownloadEnds: whatever owners do, no rule is broken on the way, no honest
// owner is banned, and one honest owner is enough to end it.
func TestEveryDownloadEnds(t *testing.T) {
	for range 10 { // a hundred trials each
		rapid.Check(t, everyDownloadEnds)
	}
}

// TestEverySwarmEnds: the same holds with owners that have some pieces and get more of
// them; in the end one honest owner gets all, one by one.
func TestEverySwarmEnds(t *testing.T) {
	for range 10 {
		rapid.Check(t, everySwarmEnds)
	}
}

func FuzzEveryDownloadEnds(f *testing.F) { f.Fuzz(rapid.MakeFuzz(everyDownloadEnds)) }

func FuzzEverySwarmEnds(f *testing.F) { f.Fuzz(rapid.MakeFuzz(everySwarmEnds)) }

func everyDownloadEnds(t *rapid.T) { everyEnds(t, false) }

func everySwarmEnds(t *rapid.T) { everyEnds(t, true) }

func everyEnds(t *rapid.T, swarm bool) {
	r := newTrial(t)
	r.swarm = swarm
	next := func(*rapid.T) { r.next(r.owner(), rapid.IntRange(1, 70).Draw(t, "limit")) }
	deliver := func(*rapid.T) {
		o := r.owner()
		if len(r.owes[o]) == 0 {
			return
		}
		i := rapid.IntRange(0, len(r.owes[o])-1).Draw(t, "which")
		q := r.owes[o][i]
		from := rapid.IntRange(0, q.n-1).Draw(t, "from")
		n := rapid.IntRange(1, q.n-from).Draw(t, "n")
		if rapid.Bool().Draw(t, "the whole of it") {
			r.owes[o] = slices.Delete(r.owes[o], i, i+1) // otherwise some may come twice
			from, n = 0, q.n
		}
		r.deliver(o, q.off+int64(from), n)
	}
	actions := map[string]func(*rapid.T){
		"next": next, "next again": next, "and again": next,
		"continue": func(*rapid.T) { r.proceed(r.owner(), rapid.IntRange(1, 70).Draw(t, "limit")) },
		"deliver":  deliver, "deliver more": deliver,
		"join":  func(*rapid.T) { r.join(r.owner()) },
		"leave": func(*rapid.T) { r.leave(r.owner()) },
		"time":  func(*rapid.T) { r.step(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond) },
		"unasked bytes": func(*rapid.T) {
			r.deliver(r.owner(), int64(rapid.IntRange(-5, 310).Draw(t, "off")), rapid.IntRange(0, 90).Draw(t, "n"))
		},
		"verify": func(*rapid.T) {
			if len(r.full) > 0 {
				r.verify()
			}
		},
		"": func(t *rapid.T) { checkPlan(t, r.plan) },
	}
	if swarm {
		actions["has"] = func(*rapid.T) { r.has(r.owner()) }
		actions["gained"] = func(*rapid.T) { r.gained(r.owner()) }
		actions["gained more"] = actions["gained"]
	}
	t.Repeat(actions)
	r.finish()
	checkPlan(t, r.plan)
}
