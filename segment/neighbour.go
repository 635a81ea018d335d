package segment

import (
	"math"
	"time"
)

const (
	// An INTEREST is repeated every renewInterest, so that the owner does not forget
	// the asker; one that is not answered is repeated sooner at first.
	renewInterest = time.Second
	leastRepeat   = 50 * time.Millisecond

	// News of ours goes to an owner that wants it, and an owner tells of its own, no more
	// often than every newsRTTs round trips, within these bounds: fewer datagrams, and
	// on a busy machine, fewer interruptions.
	newsRTTs      = 2
	leastNewsWait = 40 * time.Millisecond
	mostNewsWait  = 80 * time.Millisecond

	// relistEvery is how soon an owner may begin another list, which it does when it has forgotten
	// us or was started anew.
	relistEvery = time.Second

	// deafness is how long an owner may leave INTERESTs without an answer.
	deafness = 3 * time.Second
)

// A neighbour is the part of a session that is about pieces: what the owner has, what
// it was told that we have, and how much it lets us ask for.
//
//	COOKIE, open ------------------------------------> met
//	COOKIE, not open --> INTEREST --> HAVE, all of it --> met --> HAVE ...
type neighbour struct {
	met      bool // we know what it has: it may be asked
	all      bool // everything
	retreats int  // how often it took that back
	news     bool // it wants to be told what we get

	list     uint32    // its list, and how much of it we know
	listedAt time.Time // when it began
	at       uint32
	page     uint32 // of bits to ask for next; noPage: none
	pageAt   uint32 // shortest list that a page was made of

	credit uint64 // bytes of the session that we may ask for
	drawn  uint64 // and have asked for
	serial uint32 // of the HAVE that gave the credit
	giver  uint32 // list that this HAVE named: an owner that forgot us counts anew

	number   uint32    // of the last INTEREST
	sentAt   time.Time // when it was sent
	due      time.Time // when the next one is; zero: none is due
	repeat   time.Duration
	answered time.Time // when a HAVE last came, or the first INTEREST left
	wants    bool      // what the last one said
	toldNews uint32    // so many of our pieces it has acknowledged
}

// newsWait is how long news may wait for more news.
func newsWait(rtt time.Duration) time.Duration {
	return min(max(newsRTTs*rtt, leastNewsWait), mostNewsWait)
}

// left is how many bytes the owner lets us ask for now.
func (n *neighbour) left() int {
	switch {
	case n.credit == unlimited:
		return math.MaxInt
	case n.credit <= n.drawn:
		return 0
	}
	return int(min(n.credit-n.drawn, math.MaxInt))
}

// introduce begins to speak of pieces. open says that the owner waits for nothing.
func (n *neighbour) introduce(now time.Time, open bool) {
	if open {
		n.all, n.credit = true, unlimited
	}
	n.page, n.pageAt = 0, math.MaxUint32
	n.answered, n.due = now, now
}

// sent notes that an INTEREST left.
func (n *neighbour) sent(now time.Time, rtt time.Duration) {
	n.repeat = min(max(2*n.repeat, 2*rtt, leastRepeat), renewInterest)
	n.sentAt, n.due = now, now.Add(n.repeat)
}

// heardHave notes that a HAVE came.
func (n *neighbour) heardHave(now time.Time, m *have) {
	n.answered = now
	if m.number == n.number {
		n.repeat = 0
		n.due = n.sentAt.Add(renewInterest)
	}
	n.news = m.flags&flagNews != 0
	if n.toldNews = max(n.toldNews, m.seen); m.number == n.number {
		n.toldNews = m.seen // less than before if the owner has forgotten us meanwhile
	}
	if m.list != n.giver || int32(m.serial-n.serial) > 0 {
		n.giver, n.serial, n.credit = m.list, m.serial, m.credit
	}
}

// deafAt is when an owner that answers no INTEREST counts as gone.
func (n *neighbour) deafAt() time.Time { return n.answered.Add(deafness) }

// soon has an INTEREST leave at t, or earlier if one is due earlier.
func (n *neighbour) soon(t time.Time) {
	if t.Before(n.due) {
		n.due = t
	}
}

// pieces takes in what a HAVE lists, and calls gained with what is new. It reports
// whether the owner is to be asked for more of its list at once.
func (n *neighbour) pieces(m *have, gained func(piece int)) (more bool) {
	if m.list != n.list {
		// Another list: that of an owner which has forgotten us.
		n.list, n.at, n.page, n.pageAt = m.list, 0, 0, math.MaxUint32
		if m.first != 0 {
			return true
		}
	}
	if m.flags&flagBits != 0 {
		return n.bits(m, gained)
	}
	end := m.first + uint32(len(m.pieces))
	if m.first > n.at {
		return true // something in between was lost
	}
	for _, piece := range m.pieces[min(n.at-m.first, uint32(len(m.pieces))):] {
		gained(int(piece))
	}
	n.at, n.page = max(n.at, end), noPage
	return n.at < m.length
}

// bits takes in a page of them. When all pages have come, what is left is what the list
// has got meanwhile.
func (n *neighbour) bits(m *have, gained func(piece int)) (more bool) {
	if m.first != n.page {
		return n.page != noPage
	}
	for i, b := range m.bits {
		for bit := range 8 {
			if b<<bit&0x80 != 0 {
				gained(int(m.first)*pageBits + 8*i + bit)
			}
		}
	}
	n.pageAt = min(n.pageAt, m.length)
	if len(m.bits) == pageBits/8 {
		n.page++
		return true
	}
	n.at, n.page = n.pageAt, noPage
	return n.at < m.length
}
