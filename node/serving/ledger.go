package serving

import (
	"container/list"
	"math"
)

// mostAccounts is how many accounts are kept of askers that have left: a peer can come under
// new names for ever. It is more than a file has downloaders that come and go.
const mostAccounts = 4096

const (
	// newcomer is how many pieces anyone may take before it gives any. A node has nothing
	// to give at first, and if each owner sends it one it soon has.
	newcomer = 1

	// Nobody starves: whatever it gives, an asker may take one piece of each share that
	// others are sent, and one of each pause in which nobody asks for anything.
	share = 64
	pause = 8

	// fairShare is how many pieces an asker may take for each that it gives. It is large
	// since what two give each other is a poor measure of what they give to all: uplinks
	// differ eightfold, and who has few pieces has fewer still that the owner lacks. It
	// is those who give nothing that are to be told from the others.
	fairShare = 64
)

// An account is what the owner knows of one asker, in pieces.
type account struct {
	has    float64 // as it says
	took   float64 // was sent
	lent   float64 // of these, what it could repay
	repaid float64
	since  float64       // what could be taken freely when it came
	ripe   float64       // what it was sent some time ago
	left   *list.Element // of Ledger.left; nil: the asker is here
}

// A Ledger is what one owner knows of all who ask it for one file. Askers go by names that the
// owner chose; one that leaves and comes again should have the same. It is not safe for
// concurrent use.
type Ledger[Name comparable] struct {
	pieces   float64
	scarce   bool
	sent     float64
	idle     float64
	accounts map[Name]*account
	here     map[Name]*account // those of askers that have not left
	left     *list.List        // the names of the others, who left first in front
}

// NewLedger returns the ledger of the owner of a file of so many pieces. It is scarce.
func NewLedger[Name comparable](pieces int) *Ledger[Name] {
	return &Ledger[Name]{
		pieces: float64(pieces), scarce: true,
		accounts: make(map[Name]*account), here: make(map[Name]*account), left: list.New(),
	}
}

// Scarce says whether the owner still needs others to give: it lacks pieces itself, or it has
// some that no other has. It is so in the beginning.
func (l *Ledger[Name]) Scarce(is bool) { l.scarce = is }

// Says notes how many pieces an asker says it has. The first time makes it known.
func (l *Ledger[Name]) Says(asker Name, has int) {
	a := l.accounts[asker]
	if a == nil {
		a = &account{since: l.free()}
		l.accounts[asker], l.here[asker] = a, a
	}
	if a.left != nil {
		l.left.Remove(a.left)
		a.left, l.here[asker] = nil, a
	}
	a.has = float64(has)
	a.ripe += (a.took - a.ripe) / 8
}

// Left says that an asker is gone. Its account stays, for the case that it comes again, until
// too many have left after it.
func (l *Ledger[Name]) Left(asker Name) {
	a := l.here[asker]
	if a == nil {
		return
	}
	delete(l.here, asker)
	a.left = l.left.PushBack(asker)
	if l.left.Len() > mostAccounts {
		delete(l.accounts, l.left.Remove(l.left.Front()).(Name))
	}
}

// Sent notes that an asker was sent so many pieces, or so much of one. repayable says that it
// could give something for it: it has what the owner lacks, or serves nowhere. If it says
// that it has much less than it was sent it could, too.
func (l *Ledger[Name]) Sent(asker Name, pieces float64, repayable bool) {
	l.sent += pieces
	a := l.accounts[asker]
	if a == nil {
		return
	}
	a.took += pieces
	if l.scarce && (repayable || a.has < a.ripe/2-newcomer) {
		a.lent += pieces
	}
}

// Idle says that for the time that so many pieces take nobody asked for anything that it may
// have.
func (l *Ledger[Name]) Idle(pieces float64) { l.idle += pieces }

// Repaid notes that the owner had so many pieces from an asker, and they were good.
func (l *Ledger[Name]) Repaid(asker Name, pieces float64) {
	if a := l.accounts[asker]; a != nil {
		a.repaid += pieces
	}
}

// Spread says, at a seed, how many pieces an asker alone was sent until now, and how many of
// them others then had.
func (l *Ledger[Name]) Spread(asker Name, lent, spread int) {
	if a := l.accounts[asker]; a != nil {
		a.lent, a.repaid = float64(lent), float64(spread)
	}
}

// Owes reports whether an asker has taken more than it may.
func (l *Ledger[Name]) Owes(asker Name) bool {
	a := l.accounts[asker]
	return a != nil && l.owes(a)
}

// owes goes by what was lent and takes it that of the rest the asker would have given as much.
func (l *Ledger[Name]) owes(a *account) bool {
	if a.lent-fairShare*a.repaid <= newcomer {
		return false
	}
	return a.took*(1-fairShare*a.repaid/a.lent) > newcomer+l.free()-a.since-a.took/share
}

// free is how many pieces anyone may take who has been here from the beginning.
func (l *Ledger[Name]) free() float64 { return l.sent/share + l.idle/pause }

// Rank says when an asker is served: before all that have a greater one, and if it is
// infinite, not now.
func (l *Ledger[Name]) Rank(asker Name) float64 {
	a := l.accounts[asker]
	switch {
	case a == nil:
		return 0
	case !l.owes(a):
		return max(a.has, a.took)
	case l.scarce && l.waits():
		return math.Inf(1)
	}
	return l.pieces + a.took
}

// waits reports whether there is an asker that owes nothing and lacks pieces.
func (l *Ledger[Name]) waits() bool {
	for _, a := range l.here {
		if max(a.has, a.took) < l.pieces && !l.owes(a) {
			return true
		}
	}
	return false
}
