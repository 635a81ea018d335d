package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A desk puts questions to a plan of small pieces and checks the answers.
type desk struct {
	*testing.T
	plan *Plan
	now  time.Time
}

// newDesk plans a file of so many pieces of 10 bytes, with owners 0, 1, ... that joined.
func newDesk(t *testing.T, pieces, owners, slots int, done ...int) *desk {
	d := &desk{T: t, now: time.Unix(100, 0)}
	d.plan = New(Config{Length: int64(pieces) * 10, PieceLength: 10, MaxActive: slots},
		func(i int) bool { return slices.Contains(done, i) })
	var numbers []int
	for o := range owners {
		numbers = append(numbers, o)
	}
	d.plan.Assign(numbers)
	for o := range owners {
		d.plan.Join(o, d.now)
	}
	return d
}

func (d *desk) wait(t time.Duration) { d.now = d.now.Add(t) }

// asks fails unless owner, with room for limit bytes, is asked for n bytes at off.
func (d *desk) asks(owner, limit int, off int64, n int) {
	d.Helper()
	gotOff, gotN := d.plan.Next(owner, limit, d.now)
	if gotN != n || n > 0 && gotOff != off {
		d.Fatalf("Next(%d, %d) = %d+%d, want %d+%d", owner, limit, gotOff, gotN, off, n)
	}
	checkPlan(d, d.plan)
}

// asksNothing fails if there is anything to ask of owner.
func (d *desk) asksNothing(owner int) { d.Helper(); d.asks(owner, 1000, 0, 0) }

// got delivers n bytes at off and fails unless the answer reads like want, as in
// "0:2+3 0:5+5! 1:10+1", where ! marks a full piece.
func (d *desk) got(owner int, off int64, n int, want string) {
	d.Helper()
	text := ""
	for _, f := range d.plan.Got(owner, off, n, d.now) {
		text += fmt.Sprintf(" %d:%d+%d", f.Piece, f.Off, f.N)
		if f.Full {
			text += "!"
		}
	}
	if text = trim(text); text != want {
		d.Fatalf("Got(%d, %d, %d) = %q, want %q", owner, off, n, text, want)
	}
	checkPlan(d, d.plan)
}

func trim(s string) string {
	if s == "" {
		return ""
	}
	return s[1:]
}

// chunks lists the runs of pieces that each owner has not started.
func (d *desk) chunks() (text string) {
	for _, o := range d.plan.ranks {
		text += " " + fmt.Sprint(o.chunk.runs)
	}
	return trim(text)
}

func (d *desk) wantChunks(want string) {
	d.Helper()
	if got := d.chunks(); got != want {
		d.Fatalf("chunks %s, want %s", got, want)
	}
}
