package segment

import (
	"net/netip"
	"slices"
	"time"

	"go.uber.org/zap"
)

// This is the part of a Server that deals with the askers of Offers: it hears what they
// want, tells them what there is, and has the turns dealt out.

const (
	// A crowd is looked at each crowdTick while askers wait for a turn or for news,
	// and each calmTick else.
	crowdTick = 10 * time.Millisecond
	calmTick  = 50 * time.Millisecond

	// After mostUnsettled INTERESTs, or a crowdTick, they are answered and turns are dealt,
	// though more wait to be taken in.
	mostUnsettled = 64

	// mostTrip is the longest round trip that an asker is believed to have.
	mostTrip = time.Second

	// wantsFor is how long a silent asker is believed to want something.
	wantsFor = 2 * time.Second
)

// Told says that an Offer has more to tell. Any goroutine may call it.
func (s *Server) Told() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// interest takes in what an asker says, and answers.
func (s *Server) interest(m incoming, msg *interest) {
	if !s.jar.check(msg.cookie, m.from, m.at) {
		s.renew(m, msg.nonce)
		return
	}
	content, err := s.cfg.Library.Open(msg.hash)
	if err != nil {
		s.refuse(m.from, msg.nonce, msg.number, err)
		return
	}
	offer, ok := content.(Offer)
	if !ok {
		s.reply(m.from, appendHave(nil, have{
			nonce: msg.nonce, flags: flagAll, number: msg.number, serial: msg.number, credit: unlimited,
		}))
		return
	}
	k := s.sessions.find(m.from, msg.nonce)
	if k == nil {
		if k = s.begin(m.at, m.from, msg.nonce, msg.hash, offer); k == nil {
			return
		}
		if s.turns.crowded {
			k.claim(msg.asked)
			k.grant(0)
		}
		s.log.Debug("asker", hashField(msg.hash), peerField(m.from), zap.Uint32("node", msg.node), zap.Uint32("has", msg.has))
	}
	s.meet(m, k, msg)
	if s.unsettled++; s.unsettled == 1 {
		s.settleBy = time.Now().Add(crowdTick)
	}
	if s.lookAt.IsZero() { // the first that comes: before it nobody was idle
		s.lookAt, s.idleAt = m.at.Add(crowdTick), m.at
	}
}

// begin opens a session, nil if there are too many, or if it is known to be over. An earlier one
// of the same asker for the same torrent is over: it was given up, with all that it had asked
// for. When it was its turn, and what it made of it, is not forgotten.
func (s *Server) begin(now time.Time, from netip.AddrPort, nonce uint64, hash InfoHash, offer Offer) *session {
	last := s.sessions.of(from, hash)
	if last != nil && slices.Contains(last.over, nonce) {
		return nil
	}
	s.queue.drop(from, hash)
	if last != nil {
		if last.turn.open {
			s.turns.close(now, last)
		}
		s.sessions.end(func(k *session) bool { return k == last })
	}
	k := s.sessions.open(from, nonce, hash, offer)
	if k != nil && last != nil {
		k.turn, k.vain = turn{number: last.turn.number, size: last.turn.size, after: last.turn.after}, last.vain
		k.over = append(last.over[max(0, len(last.over)+1-mostOver):], last.nonce)
	}
	return k
}

// meet takes in what an asker says of itself.
func (s *Server) meet(m incoming, k *session, msg *interest) {
	if k.seen.IsZero() || msg.number > k.heard { // the others came twice, or were overtaken
		k.heard = msg.number
		k.asks(msg)
		k.minRTT, k.rate = min(msg.minRTT, mostTrip), float64(msg.rate)
		k.wants = msg.flags&flagWants != 0
		if msg.flags&flagPasses != 0 {
			s.turns.pass(m.at, k)
			k.credit = min(k.credit, msg.asked) // what k.asked says may be a guess
		}
	}
	k.seen = m.at
	k.claim(msg.asked)
	if msg.list == k.list {
		k.at = max(k.at, msg.at)
	}
	i := Interest{Node: msg.node, Addr: netip.AddrPortFrom(m.from.Addr(), msg.port), Has: int(msg.has)}
	if known := k.newsSeen - msg.newsAt; known <= uint32(len(msg.news)) {
		i.News = msg.news[known:]
		k.newsSeen += uint32(len(i.News))
	}
	k.offer.Meet(k.id, i, m.at)
}

// push tells an asker what is new, or what it asked for.
func (s *Server) push(now time.Time, k *session) {
	k.pushedAt = now
	s.reply(k.from, appendHave(nil, k.tell()))
}

// settle deals turns out after INTERESTs were taken in, and answers them. more says that others
// wait to be: with hundreds of askers a look at all of them costs more than to hear one, and of
// an asker's INTERESTs only the last needs an answer.
func (s *Server) settle(more bool) {
	if s.unsettled == 0 {
		return
	}
	now := time.Now()
	if more && s.unsettled < mostUnsettled && now.Before(s.settleBy) {
		return
	}
	s.unsettled = 0
	s.deal(now)
	for _, k := range s.sessions.order {
		if k.question.open { // else it got its answer with a turn
			s.push(now, k)
		}
	}
}

// deal has turns dealt out.
func (s *Server) deal(now time.Time) {
	s.turns.deal(now, s.sessions.order, func(k *session) { s.push(now, k) })
}

// attend does for the crowd what time makes due, and sets when to look again.
func (s *Server) attend(now time.Time) {
	if s.servedAt.Before(s.lookAt) { // else it was a full line that kept us
		s.turns.looked(now.Sub(s.lookAt))
	}
	s.sessions.end(func(k *session) bool { return k.queued == 0 && now.Sub(k.seen) > sessionIdle })
	if len(s.sessions.order) == 0 {
		s.turns.crowded, s.lookAt = false, time.Time{}
		return
	}
	for _, k := range s.sessions.order {
		k.wants = k.wants && now.Sub(k.seen) < wantsFor
	}
	next := calmTick
	s.idle(now)
	s.deal(now)
	for _, k := range s.sessions.order {
		if !k.untold() {
			continue
		}
		if wait := k.newsWait(); now.Sub(k.pushedAt) < wait {
			next = min(next, wait)
			continue
		}
		s.push(now, k)
	}
	if s.turns.crowded {
		next = min(next, crowdTick)
	}
	s.lookAt = now.Add(next)
}

// idle tells the offers that nobody asks, once nobody has for two round trips.
func (s *Server) idle(now time.Time) {
	if !s.queue.empty() {
		return
	}
	told := make(map[InfoHash]bool)
	for _, k := range s.sessions.order {
		if k.turn.open || now.Sub(s.servedAt) < 2*k.minRTT {
			return
		}
	}
	bytes := 0.0
	if since := later(s.servedAt, s.idleAt); !since.IsZero() {
		bytes = now.Sub(since).Seconds() * max(s.turns.rate(), slowest)
	}
	s.idleAt = now
	for _, k := range s.sessions.order {
		if !told[k.hash] {
			told[k.hash] = true
			k.offer.Idle(bytes / float64(max(k.offer.Turn(), 1)))
		}
	}
}

// account notes that a was sent.
func (s *Server) account(a ask) {
	now := time.Now()
	s.servedAt = now
	s.turns.served(now, a.n)
	k := a.session
	if k == nil {
		return
	}
	k.sent += uint64(a.n)
	k.offer.Sent(k.id, a.off, a.n, now)
	if s.turns.crowded && k.queued == 0 {
		s.deal(now)
	}
}

// mayAsk reports whether s.request is within the asker's credit, if it ever had any, and a turn
// beyond it, since credit that is taken back crosses with what was asked on it. Who asks for an
// Offer in a crowd must have introduced itself.
func (s *Server) mayAsk(k *session) bool {
	if k != nil {
		k.claim(s.request.asked)
		return k.credit == unlimited || k.given && k.asked <= k.credit+uint64(k.offer.Turn())
	}
	if !s.turns.crowded {
		return true
	}
	content, _ := s.cfg.Library.Open(s.request.hash)
	_, ok := content.(Offer)
	return !ok
}
