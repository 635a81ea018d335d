package segment

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

const (
	// sessionIdle is how long an asker is remembered that says nothing.
	sessionIdle = 5 * time.Second

	// mostSessions bounds what a server remembers, and mostOfHost what of it, or of its queue, is about one
	// host, which has as many ports as it likes.
	mostSessions = 4096
	mostOfHost   = 1024

	// overlap is how many pieces of the list a HAVE that comes unasked repeats: the
	// one before it may have been lost.
	overlap = 8

	// mostAsked bounds what an asker can say it has asked for.
	mostAsked = 1 << 62

	// mostOver is how many sessions of an asker are known to be over: its INTERESTs that were on
	// their way then may still come, or come twice.
	mostOver = 2

	// inNoHurry is how much longer news wait for an asker that wants something already.
	inNoHurry = 4
)

// A session is what a server knows of an asker of an Offer: what it wants, what it was
// told, and whether it is its turn. It is soft state, which the asker's next INTEREST
// would make again.
type session struct {
	id    int
	from  netip.AddrPort
	nonce uint64
	hash  InfoHash
	offer Offer
	list  uint32   // what the list that it is told is called; not 0
	over  []uint64 // nonces of the last sessions of the asker before this one

	seen   time.Time // when it last said anything
	heard  uint32    // the latest INTEREST
	wants  bool
	minRTT time.Duration
	rate   float64 // at which its turns come, as it says, bytes/s; 0: not known
	asked  uint64  // bytes: see claim
	sent   uint64  // bytes
	queued int     // bytes in the server's queue

	credit uint64  // of bytes asked; see grant
	given  bool    // it has had credit: without any there is nothing to be late with
	base   uint64  // asked, when credit was last given
	mark   uint64  // what had been sent then, or was queued
	rank   float64 // when turns were last dealt, if it wants anything
	turn   turn
	vain   int // turns in a row that it did not use

	question question

	serial   uint32
	at       uint32 // so much of the list it knows
	pushed   uint32 // so much of it was sent
	had      uint32 // and so much was sent, or is about what it has itself
	pushedAt time.Time
	all      bool   // it knows that it may ask for everything
	newsSeen uint32 // so many of its own pieces are known here
}

// A question is what the last INTEREST of a session asked. Its number is heard.
type question struct {
	open bool   // until it is answered
	page uint32 // noPage: none
	from uint32 // place in the list
}

// sessionKey names a session: nonces are random, but not ours.
type sessionKey struct {
	from  netip.AddrPort
	nonce uint64
}

// sessions are those that were heard lately.
type sessions struct {
	byKey map[sessionKey]*session
	order []*session // in the order of their first INTEREST
	hosts map[netip.Addr]int
	drawn int    // ids
	lists uint32 // names of lists, from a random one on: a server that was started anew has other lists
}

// find returns the session, nil if there is none.
func (ss *sessions) find(from netip.AddrPort, nonce uint64) *session {
	return ss.byKey[sessionKey{from, nonce}]
}

// of returns the session of an asker for a torrent, nil if there is none.
func (ss *sessions) of(from netip.AddrPort, hash InfoHash) *session {
	for _, k := range ss.order {
		if k.from == from && k.hash == hash {
			return k
		}
	}
	return nil
}

// open returns a new session, nil if there are too many.
func (ss *sessions) open(from netip.AddrPort, nonce uint64, hash InfoHash, offer Offer) *session {
	if len(ss.order) >= mostSessions || ss.hosts[from.Addr()] >= mostOfHost {
		return nil
	}
	if ss.byKey == nil {
		ss.byKey, ss.hosts = make(map[sessionKey]*session), make(map[netip.Addr]int)
		ss.lists = rand.Uint32()
	}
	ss.drawn++
	if ss.lists++; ss.lists == 0 {
		ss.lists++
	}
	k := &session{id: ss.drawn, list: ss.lists, from: from, nonce: nonce, hash: hash, offer: offer, credit: unlimited}
	ss.byKey[sessionKey{from, nonce}] = k
	ss.order = append(ss.order, k)
	ss.hosts[from.Addr()]++
	return k
}

// end forgets the sessions that are over.
func (ss *sessions) end(over func(*session) bool) {
	kept := ss.order[:0]
	for _, k := range ss.order {
		if !over(k) {
			kept = append(kept, k)
			continue
		}
		delete(ss.byKey, sessionKey{k.from, k.nonce})
		if host := k.from.Addr(); ss.hosts[host] > 1 {
			ss.hosts[host]--
		} else {
			delete(ss.hosts, host)
		}
		k.offer.Left(k.id)
	}
	clear(ss.order[len(kept):])
	ss.order = kept
}

// grant gives credit for n bytes more than were asked for.
func (k *session) grant(n int) {
	k.credit, k.given = k.asked+uint64(n), k.given || n > 0
	k.base, k.mark = k.asked, k.sent+uint64(k.queued)
}

// claim takes in how many bytes the asker says it has asked for. They are no less than half of
// what it was sent on its last credit, whatever it says; the other half may be repeats. What is
// queued does not count: on a slow line that is several copies, before the first has come.
func (k *session) claim(asked uint64) {
	sent := max(k.sent, k.mark) - k.mark
	k.asked = max(k.asked, min(asked, mostAsked), k.base+sent/2)
}

// asks takes in what k asks with msg, in place of what it asked before.
func (k *session) asks(msg *interest) {
	k.question = question{open: true, page: msg.page, from: msg.at}
	if msg.list != k.list {
		k.question.from = 0
	}
}

// tell returns what to say to k: the answer to its question, or else what is new.
func (k *session) tell() have {
	q := k.question
	if k.question.open = false; !q.open {
		return k.have(0, max(k.at, k.pushed-min(k.pushed, overlap)))
	}
	if q.page != noPage {
		if m, ok := k.page(k.heard, q.page); ok {
			return m
		}
	}
	return k.have(k.heard, q.from)
}

// have returns the HAVE that tells k what is new, from that place in the list on, and
// answers INTEREST number.
func (k *session) have(number uint32, from uint32) have {
	list, all := k.offer.Told(k.id)
	k.serial++
	m := have{
		nonce: k.nonce, flags: k.flags(), number: number, serial: k.serial, credit: k.credit,
		list: k.list, length: uint32(len(list)), seen: k.newsSeen,
	}
	if all {
		m.flags |= flagAll
		k.all = true
		return m
	}
	m.first = min(from, m.length)
	m.pieces = list[m.first:min(m.first+maxNews, m.length)]
	k.pushed = max(k.pushed, m.first+uint32(len(m.pieces)))
	return m
}

// flags are those of a HAVE that do not depend on what it tells.
func (k *session) flags() uint16 {
	if k.offer.Curious() {
		return flagNews
	}
	return 0
}

// page returns a HAVE with a page of bits, if the list is too long to be sent.
func (k *session) page(number, page uint32) (have, bool) {
	list, all := k.offer.Told(k.id)
	if all || len(list) <= maxNews {
		return have{}, false
	}
	size, turn := k.offer.Size(), int64(max(k.offer.Turn(), 1))
	first := int64(page) * pageBits
	n := max(0, min((size+turn-1)/turn-first, pageBits))
	m := have{
		nonce: k.nonce, flags: k.flags() | flagBits, number: number, credit: k.credit,
		list: k.list, length: uint32(len(list)), first: page, seen: k.newsSeen,
		bits: make([]byte, (n+7)/8),
	}
	for _, piece := range list {
		if i := int64(piece) - first; i >= 0 && i < n {
			m.bits[i/8] |= 0x80 >> (i % 8)
		}
	}
	k.serial++
	m.serial = k.serial
	k.pushed = max(k.pushed, m.length)
	return m, true
}

// newsWait is how long news may wait for more of them. Who wants something already is in no
// hurry, and will hear them with its next turn.
func (k *session) newsWait() time.Duration {
	if k.wants {
		return inNoHurry * newsWait(k.minRTT)
	}
	return newsWait(k.minRTT)
}

// untold reports whether there is anything to push to k. What it has itself is not worth a
// datagram: the answer to its next INTEREST will do.
func (k *session) untold() bool {
	list, all := k.offer.Told(k.id)
	if all {
		return !k.all
	}
	if k.had = max(k.had, k.pushed); k.had < uint32(len(list)) {
		k.had += uint32(k.offer.News(k.id, list[k.had:]))
	}
	return k.had < uint32(len(list))
}
