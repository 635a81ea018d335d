package segment

import (
	"math"
	"slices"
	"testing"
	"time"
)

// A counter is where askers wait for their turns, in virtual time.
type counter struct {
	turns
	now      time.Time
	offer    *shelf
	sessions []*session
	told     []int // ids, in order, since the last look
}

func newCounter(askers int) *counter {
	c := &counter{now: time.Unix(1000, 0), offer: &shelf{pieces: 100, turn: 1_000_000, ranks: map[int]float64{}}}
	for id := range askers {
		c.sessions = append(c.sessions, &session{id: id, offer: c.offer, wants: true, minRTT: 10 * time.Millisecond, credit: unlimited})
		c.offer.ranks[id] = float64(id)
	}
	return c
}

// look deals, and returns who has an open turn.
func (c *counter) look() (open []int) {
	c.told = nil
	c.deal(c.now, c.sessions, func(k *session) { c.told = append(c.told, k.id) })
	for _, k := range c.sessions {
		if k.turn.open {
			open = append(open, k.id)
		}
	}
	return open
}

// ask has an asker use n bytes of its turn.
func (c *counter) ask(id, n int) {
	k := c.sessions[id]
	k.asked += uint64(n)
	k.sent += uint64(n)
	k.turn.used = true
	c.served(c.now, n)
}

func (c *counter) expect(t *testing.T, what string, want ...int) {
	t.Helper()
	if got := c.look(); !slices.Equal(got, want) {
		t.Fatalf("%s: turns of %v are open, want %v", what, got, want)
	}
}

func TestFewAskersNeedNoTurns(t *testing.T) {
	c := newCounter(fewAskers)
	c.expect(t, "four askers")
	for _, k := range c.sessions {
		if k.credit != unlimited {
			t.Errorf("asker %d may ask for %d bytes", k.id, k.credit)
		}
	}
}

func TestTurnsGoByRank(t *testing.T) {
	c := newCounter(6)
	c.offer.ranks = map[int]float64{0: 5, 1: 4, 2: 3, 3: 2, 4: 1, 5: 0}
	c.served(c.now, 100_000)
	c.now = c.now.Add(ratePeriod)
	c.served(c.now, 100)
	c.expect(t, "at first", 5)
	c.ask(5, 500_000)
	c.expect(t, "half-way", 5)
	c.ask(5, 300_000)
	c.offer.ranks[5] = 1.5 // it has more now
	c.expect(t, "with little left to ask", 4, 5)
	c.ask(5, 200_000)
	c.ask(4, 800_000)
	c.expect(t, "the next", 4, 5)
}

func TestCreditIsForOnePiece(t *testing.T) {
	c := newCounter(6)
	c.sessions[0].asked = 123
	c.look()
	if got := c.sessions[0].credit; got != 1_000_123 {
		t.Errorf("credit of %d, want what it has asked for and 1,000,000", got)
	}
	if got := c.sessions[1].credit; got != 0 {
		t.Errorf("credit of %d without a turn", got)
	}
}

func TestOnALongPathTurnsOverlap(t *testing.T) {
	c := newCounter(20)
	for _, k := range c.sessions {
		k.minRTT = 100 * time.Millisecond
	}
	for range 30 { // 100 MB/s: ten pieces are on the way
		c.served(c.now, 10_000_000)
		c.now = c.now.Add(ratePeriod)
	}
	if got := len(c.look()); got != 10 {
		t.Errorf("%d turns are open, want 10", got)
	}
}

func TestATurnThatIsNotUsedIsToldAgainAndThenGivenAway(t *testing.T) {
	c := newCounter(6)
	for range 2 { // at 20 MB/s a turn is soon over
		c.served(c.now, 2_000_000)
		c.now = c.now.Add(ratePeriod)
	}
	c.expect(t, "at first", 0)
	c.now = c.now.Add(repeatTurn + time.Millisecond)
	c.expect(t, "later", 0)
	if !slices.Equal(c.told, []int{0}) {
		t.Errorf("told %v, want 0 again", c.told)
	}
	c.now = c.now.Add(lateTurn)
	c.expect(t, "another need not wait any longer", 0, 1)
	c.ask(1, 1_000_000)
	c.now = c.now.Add(unusedTurn)
	c.expect(t, "too late", 1)
	c.ask(1, 1_000_000)
	c.now = c.now.Add(afterVain)
	c.expect(t, "when it may try again", 0)
}

// What an asker is told takes room on its line. If that is full of what fifty owners tell it, it
// can use no turn.
func TestWhoUsesNoTurnIsToldLessAndLess(t *testing.T) {
	c := newCounter(6)
	told := [2]int{} // in the first ten seconds, and in the second
	for i := range 2000 {
		c.look()
		told[i/1000] += len(c.told)
		c.now = c.now.Add(10 * time.Millisecond)
	}
	if told[1] > 10*len(c.sessions)*3/2 {
		t.Errorf("%d askers are told %d times in ten seconds, and then %d times", len(c.sessions), told[0], told[1])
	}
	k := c.sessions[0]
	if k.vain == 0 {
		t.Error("nothing was in vain")
	}
	c.ask(0, k.turn.size)
	if c.use(c.now, k); k.vain != 0 {
		t.Error("a turn that is used does not make good for those that were not")
	}
}

func TestWhoHasPassedIsPassedOver(t *testing.T) {
	c := newCounter(6)
	c.expect(t, "at first", 0)
	c.sessions[0].turn.open, c.sessions[0].turn.after = false, c.now.Add(afterPass)
	c.expect(t, "after it passed", 1)
	c.now = c.now.Add(afterPass)
	c.ask(1, 1_000_000)
	c.expect(t, "a while later", 0)
}

func TestWhenTheCrowdIsGoneNobodyWaits(t *testing.T) {
	c := newCounter(6)
	c.look()
	for _, k := range c.sessions[1:] {
		k.wants = false
	}
	c.expect(t, "one that wants something", 0)
	c.now = c.now.Add(calm)
	c.expect(t, "the same a while later")
	if !slices.Equal(c.told, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("told %v, want all", c.told)
	}
}

// When a seed tells of everything, all ask it for that at once, though nobody did just before.
func TestACrowdThatWantsNothingForAMomentIsStillOne(t *testing.T) {
	c := newCounter(fewAskers)
	c.offer.ranks[0] = math.Inf(1)
	c.expect(t, "one is held back", 1)
	c.offer.ranks[0] = 0
	for _, k := range c.sessions {
		k.wants = false
	}
	c.now = c.now.Add(calm - time.Millisecond)
	c.expect(t, "nobody wants anything")
	for _, k := range c.sessions {
		k.wants = true
	}
	c.now = c.now.Add(afterPass)
	c.expect(t, "all want something again", 0)
	for _, k := range c.sessions {
		if k.credit == unlimited {
			t.Errorf("asker %d may ask for everything", k.id)
		}
	}
}

func TestInAFlashCrowdOneBeginsAtOnce(t *testing.T) {
	c := newCounter(0)
	opened := 0
	for range 20 {
		if c.mayOpen(c.now) {
			opened++
		}
	}
	if opened != 1 {
		t.Errorf("%d of 20 may begin at once", opened)
	}
	if c.now = c.now.Add(2 * time.Second); !c.mayOpen(c.now) {
		t.Error("two seconds later none may")
	}
}

// What a line that is hardly used has carried says little about it.
func TestAYoungLineIsAskedForMoreThanItHasCarried(t *testing.T) {
	c := newCounter(6)
	c.offer.turn = 32 << 10
	c.look()
	slow := firstLead / 8 // in a period
	for range youngPeriods {
		if lead := c.lead(c.sessions); lead < firstLead {
			t.Errorf("period %d: a lead of %d bytes", c.period, lead)
		}
		c.served(c.now, slow)
		c.now = c.now.Add(ratePeriod)
	}
	c.served(c.now, slow)
	if lead := c.lead(c.sessions); lead >= firstLead {
		t.Errorf("after %d periods at %.0f bytes/s still a lead of %d", c.period, c.rate(), lead)
	}
}

// A lead that is too short makes the line carry too little, which would make the lead too
// short. The askers know better, but not each of them, and one may lie.
func TestTheLeadFollowsFromWhatMostAskersSee(t *testing.T) {
	const line = 6_000_000
	c := newCounter(6)
	c.offer.turn = 32 << 10
	for range youngPeriods + 1 {
		c.look()
		c.served(c.now, line/30) // a third of what the line could carry in a period
		c.now = c.now.Add(ratePeriod)
	}
	short := c.lead(c.sessions)
	c.sessions[0].rate = 1000 * line
	if c.look(); c.lead(c.sessions) != short {
		t.Error("one asker is believed")
	}
	for id, part := range []float64{1000, 1, 1.02, 0.5, 0.98} {
		c.sessions[id].rate = part * line
	}
	c.now = c.now.Add(crowdTick)
	c.look()
	if c.seen != line {
		t.Errorf("turns seem to come at %.0f bytes/s", c.seen)
	}
	want := line*(c.sessions[0].minRTT+leastWait).Seconds() - float64(c.offer.turn)/2
	if lead := c.lead(c.sessions); float64(lead) < want-1 || lead <= short {
		t.Errorf("a lead of %d bytes, want %.0f; it was %d", lead, want, short)
	}
	for _, k := range c.sessions {
		k.rate = 1000 * line
	}
	c.now = c.now.Add(crowdTick)
	c.look()
	if most := mostSeen * c.rate() * (c.sessions[0].minRTT + mostWait).Seconds(); float64(c.lead(c.sessions)) > most {
		t.Errorf("if all of them lie, a lead of %d bytes, want at most %.0f", c.lead(c.sessions), most)
	}
}

// What a turn takes to be taken up may be the queue that our lead has made, unless the machine
// is busy: then the next asker is told in time all the same.
func TestOnABusyMachineTheLeadIsLonger(t *testing.T) {
	c := newCounter(6)
	const line = 1_000_000 // bytes per second
	c.offer.turn = 10_000
	for range 2 * youngPeriods {
		c.served(c.now, line/10)
		c.now = c.now.Add(ratePeriod)
	}
	c.takenUp = 200 * time.Millisecond
	most := func() int { return int(line*(c.trip+mostWait+lateTimes*c.late).Seconds()) - c.offer.turn/2 }
	if got := c.lead(c.sessions); got != most() {
		t.Errorf("the lead is %d bytes, want %d", got, most())
	}
	for range 100 {
		c.looked(20 * time.Millisecond)
		c.looked(-10 * time.Millisecond)
	}
	if got := c.lead(c.sessions); got != most() || c.late < 19*time.Millisecond {
		t.Errorf("20 ms late the lead is %d bytes, want %d", got, most())
	}
	for range 100 {
		c.looked(0)
	}
	if got := c.lead(c.sessions); got != most() || c.late > time.Millisecond {
		t.Errorf("in time again the lead is %d bytes, want %d", got, most())
	}
}

// A server that comes late since it was sending is not on a busy machine: its line is full.
func TestWhoIsLateForSendingIsNotBusy(t *testing.T) {
	s := NewServer(nil, ServerConfig{})
	due := time.Unix(1000, 0)
	now := due.Add(80 * time.Millisecond)
	s.lookAt, s.servedAt = due, now
	if s.attend(now); s.turns.late != 0 {
		t.Errorf("late by %v for sending", s.turns.late)
	}
	s.lookAt, s.servedAt = due, due.Add(-time.Millisecond)
	if s.attend(now); s.turns.late != 10*time.Millisecond {
		t.Errorf("late by %v, want an eighth of 80ms", s.turns.late)
	}
}

// What was on its way before a turn began does not say how long it takes to be taken up.
func TestARequestFromBeforeATurnIsNoAnswerToIt(t *testing.T) {
	c := newCounter(6)
	c.look()
	k := c.sessions[0]
	c.use(c.now.Add(-time.Second), k)
	if !k.turn.open || c.takenUp != 0 {
		t.Errorf("open: %v; a turn takes %v to be taken up", k.turn.open, c.takenUp)
	}
	k.turn.used = false
	c.use(c.now.Add(30*time.Millisecond), k)
	if c.takenUp != 30*time.Millisecond {
		t.Errorf("a turn takes %v to be taken up, want 30ms", c.takenUp)
	}
}

// While more is to be heard it is, before turns are dealt; but not without end.
func TestTurnsAreDealtWhenAllIsHeard(t *testing.T) {
	s := NewServer(nil, ServerConfig{})
	s.settleBy = time.Now().Add(time.Hour)
	for n := 1; n < mostUnsettled; n++ {
		s.unsettled++
		if s.settle(true); s.unsettled != n {
			t.Fatalf("dealt after %d of them", n)
		}
	}
	s.unsettled++
	if s.settle(true); s.unsettled != 0 {
		t.Error("not dealt though many were heard")
	}
	s.unsettled++
	if s.settle(false); s.unsettled != 0 {
		t.Error("not dealt though all was heard")
	}
	s.unsettled++
	s.settleBy = time.Now()
	if s.settle(true); s.unsettled != 0 {
		t.Error("not dealt though one has waited for long")
	}
}

func TestWhoIsHeldBackGetsNoTurn(t *testing.T) {
	c := newCounter(3)
	c.offer.ranks[0] = math.Inf(1)
	c.expect(t, "one of three is held back", 1)
	if k := c.sessions[0]; k.credit == unlimited {
		t.Error("it may ask for everything, since there are only three")
	}
	c.offer.ranks[0] = 7
	c.ask(1, 1_000_000)
	c.sessions[1].wants, c.sessions[2].wants = false, false
	c.now = c.now.Add(calm)
	c.expect(t, "it is not any more, and alone")
	if k := c.sessions[0]; k.credit != unlimited {
		t.Errorf("it may ask for %d bytes", k.credit)
	}
}
