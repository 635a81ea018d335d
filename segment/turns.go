package segment

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// With up to fewAskers that want something all are served at once, and each asks
	// for as much as it likes. With more, or if one of them is held back, they take turns
	// until hardly anybody waits.
	fewAskers = 4

	// calm is how long no more than one has to want something until a crowd is none any more.
	// When a seed has sent each piece once, nobody wants anything of it for a moment; then it
	// tells of everything, and all ask at once.
	calm = time.Second

	// openApart is how long after one asker that could begin at once the next one can. The
	// others wait for what they are told, as in a crowd.
	openApart = time.Second

	// The next turn begins when what is left to ask for and to send in the open ones is a
	// part of a piece, turnLead, or what the line carries until the next asker's first
	// request comes, if that is more. That takes a round trip, and what both wait behind
	// others in queues; of this we allow for mostWait, since to be ahead makes a queue by
	// itself, and for lateTimes as long as the server itself is late on a busy machine: that
	// has nothing to do with the line. We allow for less if a piece takes long: half of one is
	// ahead on the mean, whatever we wait for. A line that has sent for less than youngPeriods
	// was hardly ever full: it is faster than what was measured, and the lead is firstLead at
	// the least.
	turnLead     = 0.25
	firstLead    = 64 << 10
	youngPeriods = 10
	leastWait    = 2 * time.Millisecond
	mostWait     = 32 * time.Millisecond
	lateTimes    = 4

	// An asker that does not use its turn is told again after repeatTurn, and then each time
	// that its turn has become twice as old: its line may be full of what all its owners tell
	// it. After lateTurn, and twice the time that the line takes for what it has asked for,
	// nobody is kept waiting for it any more: it may be gone, or its requests stand in its own
	// line behind what it sends to others. After unusedTurn the turn is over. One that is used
	// is over after leastPatience, or twice as long as it should take; its credit stays good.
	// The line is taken to carry slowest, in bytes per second, at the least for this, and at
	// the most, but slowLine, for how long others wait; and for a long round trip they wait no
	// longer than for farOff times what the half of them has, or leastTrip.
	repeatTurn    = 50 * time.Millisecond
	lateTurn      = 150 * time.Millisecond
	unusedTurn    = 500 * time.Millisecond
	leastPatience = 100 * time.Millisecond
	slowest       = 256 << 10
	slowLine      = 32 << 10
	farOff        = 4
	leastTrip     = 50 * time.Millisecond

	// A turn is for a piece, but lasts no shorter than this, up to so many bytes: what it
	// takes to deal one out must be little beside it.
	shortestTurn = 10 * time.Millisecond
	mostTurn     = 1 << 20

	// afterPass is how long an asker that has passed is passed over, or holding times as long as
	// it had its turn without a word. afterVain is it for one that has used less than
	// goodPart of its turn; twice as long if it has not used the one before either, and so on
	// for mostVain turns.
	afterPass = 20 * time.Millisecond
	afterVain = 500 * time.Millisecond
	mostVain  = 4
	holding   = 4
	goodPart  = 1.0 / 8

	// Bytes are counted by ratePeriod; the rate is that of the best of ratePeriods.
	ratePeriod  = 100 * time.Millisecond
	ratePeriods = 20

	// fewSeen askers have to tell of the line to be believed, and up to mostSeen times what it
	// has carried.
	fewSeen  = 2
	mostSeen = 4
)

// A turn is an asker's right to be served.
type turn struct {
	open   bool
	since  time.Time
	told   time.Time // when it was last told of it
	used   bool      // it asked for something
	number int       // of its last turn, among those of all
	size   int       // bytes
	after  time.Time // not before, since it has passed, or not used the last
}

// turns deals out a server's time to those who wait for it: a whole piece to one before
// the next, since a piece that comes in small parts to many can be passed on by nobody
// until late. Only the goroutine of Server.Run uses it.
type turns struct {
	crowded bool
	dealt   int

	began    time.Time     // of the first period
	period   int           // the present one
	bytes    int           // sent in it
	rates    maxFilter     // by period
	seen     float64       // at which turns come, as the askers see it; 0: not known
	seenAt   time.Time     // when they were last looked at
	trip     time.Duration // round trip of those who want something: what the half of them has
	rated    []float64     // of listen
	trips    []time.Duration
	waiting  []*session    // of deal: those who had no need to wait before
	late     time.Duration // smoothed: how much later than it should the server looks at the crowd
	takenUp  time.Duration // smoothed time from a turn to its first request
	openedAt time.Time     // when somebody was last let begin at once
	wantedAt time.Time     // when more than one last wanted something
}

// served counts n bytes.
func (t *turns) served(now time.Time, n int) {
	if t.began.IsZero() {
		t.began = now
	}
	if period := int(now.Sub(t.began) / ratePeriod); period != t.period {
		t.rates.update(t.period, float64(t.bytes)/ratePeriod.Seconds(), ratePeriods)
		t.period, t.bytes = period, 0
	}
	t.bytes += n
}

// rate is how many bytes per second the line has lately carried.
func (t *turns) rate() float64 { return t.rates.max() }

// looked notes that the server looks at the crowd so long after it should; earlier, if it is
// negative, since it was told something.
func (t *turns) looked(late time.Duration) {
	if late >= 0 {
		t.late += (late - t.late) / 8
	}
}

// use notes that an asker has asked for something. It may be late: its turn is over, and it
// has its credit still.
func (t *turns) use(now time.Time, k *session) {
	// What came before the turn was asked on an earlier one.
	if took := now.Sub(k.turn.since); k.turn.open && !k.turn.used && t.crowded && took >= 0 {
		if t.takenUp == 0 {
			t.takenUp = took
		}
		t.takenUp += (took - t.takenUp) / 8
	}
	k.turn.used = true
	if k.vain > 0 && k.wellUsed() {
		k.vain, k.turn.after = 0, time.Time{}
	}
}

// close ends k's turn. Who has not used it for what it was given waits for the next one, or
// could keep the line idle: what it says that it asked for does not count.
func (t *turns) close(now time.Time, k *session) {
	switch {
	case k.wellUsed():
		k.vain = 0
	case !k.wants:
		t.pass(now, k)
	default:
		k.turn.after = now.Add(afterVain << k.vain)
		k.vain = min(k.vain+1, mostVain-1)
	}
	k.turn.open = false
}

// pass ends k's turn, if it has one, since it has nothing to ask for now. The line may have
// waited for it.
func (t *turns) pass(now time.Time, k *session) {
	wait := afterPass
	if k.turn.open && !k.turn.used {
		wait = max(wait, holding*(now.Sub(k.turn.since)-t.trip))
	}
	k.turn.open, k.turn.after = false, now.Add(wait)
}

// used is how many bytes k has asked for since its last turn began, whatever it says.
func (k *session) used() uint64 { return max(k.sent+uint64(k.queued), k.mark) - k.mark }

// wellUsed reports whether that is what the turn was for, or a good part of it.
func (k *session) wellUsed() bool { return float64(k.used()) >= goodPart*float64(k.turn.size) }

// mayOpen reports whether one more asker may begin at once. In a flash crowd the first may:
// a few that look for the rate of the line at the same time overfill its queue.
func (t *turns) mayOpen(now time.Time) bool {
	if t.crowded || now.Sub(t.openedAt) < openApart {
		return false
	}
	t.openedAt = now
	return true
}

// deal closes turns that are over and gives out new ones. Everybody whose credit has
// changed is told through tell.
func (t *turns) deal(now time.Time, all []*session, tell func(*session)) {
	if t.count(now, all); !t.crowded {
		release(all, tell)
		return
	}
	if now.Sub(t.seenAt) >= crowdTick {
		t.listen(all)
		t.seenAt = now
	}
	ahead := 0
	t.waiting = t.waiting[:0]
	for _, k := range all {
		ahead += t.tend(now, k, tell)
	}
	t.open(now, all, ahead, tell)
	for _, k := range t.waiting {
		if !k.turn.open {
			tell(k)
		}
	}
}

// count finds out whether those who want something are a crowd, and what rank each has in it.
func (t *turns) count(now time.Time, all []*session) {
	wanting, held := 0, false
	for _, k := range all {
		if k.wants {
			wanting++
			k.rank = k.offer.Rank(k.id)
			held = held || math.IsInf(k.rank, 1)
		}
	}
	if wanting > 1 {
		t.wantedAt = now
	}
	t.crowded = held || wanting > fewAskers || t.crowded && now.Sub(t.wantedAt) < calm
}

// release has everybody ask for as much as it likes.
func release(all []*session, tell func(*session)) {
	for _, k := range all {
		k.turn.open = false
		if k.credit != unlimited {
			k.credit = unlimited
			tell(k)
		}
	}
}

// tend does for k what is due in a crowd, and returns how many bytes of its turn others wait for.
func (t *turns) tend(now time.Time, k *session, tell func(*session)) (ahead int) {
	if k.credit == unlimited {
		k.given = true // it had all
		k.grant(0)
		t.waiting = append(t.waiting, k)
	}
	if k.turn.open && t.over(now, k) {
		t.close(now, k)
	}
	if !k.turn.open {
		return 0
	}
	if !k.turn.used && now.Sub(k.turn.told) > max(repeatTurn, 2*k.minRTT, k.turn.told.Sub(k.turn.since)) {
		k.turn.told = now
		tell(k)
	}
	if now.Sub(k.turn.since) < t.waits(k) {
		ahead = int(k.credit - min(k.asked, k.credit))
	}
	return ahead + k.queued
}

// open gives turns to those who wait, until what is ahead is as much as the lead.
func (t *turns) open(now time.Time, all []*session, ahead int, tell func(*session)) {
	for lead := t.lead(all); ahead <= lead; {
		k := t.next(now, all)
		if k == nil {
			return
		}
		t.dealt++
		k.turn = turn{open: true, since: now, told: now, number: t.dealt, size: t.size(k)}
		k.grant(k.turn.size)
		ahead += k.turn.size
		tell(k)
	}
}

// size is how many bytes a turn of k is for: a piece, or on a fast line as many whole
// pieces as it carries in shortestTurn.
func (t *turns) size(k *session) int {
	piece := max(k.offer.Turn(), 1) // an empty file has none
	pieces := int(t.rate() * shortestTurn.Seconds() / float64(piece))
	return piece * max(1, min(pieces, mostTurn/piece))
}

// next returns the asker whose turn it is, nil if none waits.
func (t *turns) next(now time.Time, all []*session) (best *session) {
	least := math.Inf(1)
	for _, k := range all {
		if !k.wants || k.turn.open || now.Before(k.turn.after) {
			continue
		}
		if k.rank < least || best != nil && k.rank == least && k.turn.number < best.turn.number {
			best, least = k, k.rank
		}
	}
	return best
}

// over reports whether an open turn has ended: it was used, or takes too long.
func (t *turns) over(now time.Time, k *session) bool {
	if k.asked >= k.credit && k.queued == 0 || !k.wants {
		return true
	}
	if !k.turn.used {
		return now.Sub(k.turn.since) > max(unusedTurn, 4*k.minRTT)
	}
	should := float64(k.turn.size) / max(t.rate(), slowest)
	patience := 2 * (t.tripOf(k) + time.Duration(should*float64(time.Second)))
	return now.Sub(k.turn.since) > max(patience, leastPatience)
}

// waits is how long others wait for k to ask for what its open turn is for: twice as long as
// the line takes for what it has asked for, and a little.
func (t *turns) waits(k *session) time.Duration {
	line := min(max(t.rate(), slowLine), slowest)
	asked := time.Duration(2 * float64(k.used()) / line * float64(time.Second))
	return max(lateTurn, 2*t.tripOf(k)) + asked
}

// tripOf is the round trip of k, as far as others wait for it.
func (t *turns) tripOf(k *session) time.Duration {
	return min(k.minRTT, max(farOff*t.trip, leastTrip))
}

// listen takes in what the askers see of the line. What it has carried says how much they asked
// for, and as long as that is too little, so is the lead that follows from it; but a turn
// comes as fast as the line is, however rare turns are. The median, since some share the line
// with another turn, and some see several come at once out of a queue of their own.
func (t *turns) listen(all []*session) {
	t.rated, t.trips = t.rated[:0], t.trips[:0]
	for _, k := range all {
		if k.rate > 0 {
			t.rated = append(t.rated, k.rate)
		}
		if k.wants {
			t.trips = append(t.trips, k.minRTT)
		}
	}
	t.trip = median(t.trips)
	if t.seen = 0; len(t.rated) >= fewSeen {
		t.seen = median(t.rated)
	}
}

// median sorts v, and returns what stands in its middle; 0 if it is empty.
func median[T cmp.Ordered](v []T) (m T) {
	if len(v) > 0 {
		slices.Sort(v)
		m = v[len(v)/2]
	}
	return m
}

// lead is how many bytes of turns that are open may be left to ask for when the next one
// begins.
func (t *turns) lead(all []*session) int {
	piece := 0
	for _, k := range all {
		if k.wants {
			piece = max(piece, k.offer.Turn())
		}
	}
	wait := min(max(t.takenUp-t.trip, leastWait), mostWait+lateTimes*t.late)
	least := turnLead * float64(piece)
	if t.period < youngPeriods {
		least = max(least, firstLead)
	}
	rate := max(t.rate(), min(t.seen, mostSeen*t.rate()))
	return int(max(least, rate*(t.trip+wait).Seconds()-float64(piece)/2))
}
