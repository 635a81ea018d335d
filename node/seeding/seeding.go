package seeding

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Config describes a file and how much is told of it.
type Config struct {
	Pieces int // of the file

	// Credit is how many pieces an asker is told of at first that are not out yet;
	// 0 means 2. It should fill the pipe to an asker: a window is rarely more.
	Credit int

	// Patience is how long a piece stays reserved for an asker that does not ask for
	// it, and how long one that was sent may take to spread before others are told of it;
	// 0 means 5 s. A seed that needs long for all that it has told is more patient.
	Patience time.Duration

	// Random draws the order in which pieces leave, so that two seeds of one file
	// begin with different ones; nil means a source of the seeding's own.
	Random *rand.Rand
}

// What a piece is to a seed.
type state uint8

const (
	hidden state = iota // nobody was told
	told                // one asker was, and has not been sent it
	sent                // to one asker, and no other is known to have it
	out                 // a third node has it
)

type piece struct {
	state state
	to    *asker // of told and sent; nil if that one left, or was waited for in vain
	lent  *asker // who alone was sent it; nil if there is none, or another had it, too
	again bool   // that one kept it, and so it is for others
}

// An asker is a downloader that serves what it has.
type asker struct {
	number int
	credit int
	unsent int // pieces it was told of and was not sent
	unseen int // pieces it was sent that are not out
	kept   int // pieces it was sent and did not pass on in time, less those that it did since
	lent   int // pieces that it alone was sent, and others did not get from the seed before it had time to pass them on
	spread int // those of them that others were seen to have
}

// A Disclosure is a piece that one asker is to be told of.
type Disclosure struct {
	Asker, Piece int
}

// A Seeding is what one seed says of one file. It is not safe for concurrent use. Times
// given to its methods should not go backwards.
type Seeding struct {
	cfg         Config
	pieces      []piece
	queue       []int // has every hidden piece, the next one last, and some that are not
	askers      []*asker
	bets        []bet        // what was told and sent, the oldest first
	told        int          // pieces that are told
	unsent      int          // pieces that are neither sent nor out
	open        bool         // everything was sent
	disclosures []Disclosure // what Tell returns

	last time.Time     // when a piece was last sent; zero if it was idle since
	pace time.Duration // the usual time from one piece to the next
}

// A bet is on a piece's moving on from that state.
type bet struct {
	piece int
	on    state
	to    *asker
	since time.Time
}

// New returns the seeding of a file of which nobody was told anything.
func New(cfg Config) *Seeding {
	if cfg.Credit == 0 {
		cfg.Credit = 2
	}
	if cfg.Patience == 0 {
		cfg.Patience = 5 * time.Second
	}
	if cfg.Random == nil {
		cfg.Random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return &Seeding{
		cfg: cfg, pieces: make([]piece, cfg.Pieces), queue: cfg.Random.Perm(cfg.Pieces),
		unsent: cfg.Pieces, open: cfg.Pieces == 0,
	}
}

// Open reports whether every piece was sent, so that everybody may be told of all. It
// stays so.
func (s *Seeding) Open() bool { return s.open }

// Join says that an asker has come that serves what it has. If it returns true, the asker
// is to be told of everything: the seed is open, or nobody else is there. Otherwise Tell
// says what it is to be told of.
func (s *Seeding) Join(number int) (all bool) {
	if s.find(number) == nil {
		s.askers = append(s.askers, &asker{number: number, credit: s.cfg.Credit})
	}
	return s.open || len(s.askers) == 1
}

// Leave says that an asker has gone. What it was told of, or has not passed on, is for
// others.
func (s *Seeding) Leave(number int) {
	a := s.find(number)
	if a == nil {
		return
	}
	s.askers = slices.DeleteFunc(s.askers, func(b *asker) bool { return b == a })
	for i := range s.pieces {
		p := &s.pieces[i]
		if p.to == a || p.state == sent && p.lent == a {
			s.hide(i)
		}
		if p.lent == a {
			p.lent = nil
		}
	}
}

// Sent says that an asker was sent the whole of a piece, whether it was told of it or not.
func (s *Seeding) Sent(number, index int, now time.Time) {
	p := &s.pieces[index]
	s.clock(now)
	if p.lent != nil && p.lent.number != number {
		if !p.again {
			p.lent.lent-- // if others have it now, that says nothing
		}
		p.lent = nil
	}
	if p.state == sent || p.state == out {
		return
	}
	s.settle(p)
	p.state, p.to = sent, s.find(number)
	if p.to != nil {
		p.lent = p.to
		p.to.lent++
		p.to.unseen++
		p.to.credit = max(p.to.credit, s.cfg.Credit)
		s.bets = append(s.bets, bet{index, sent, p.to, now})
	}
	if !p.again {
		s.count(-1)
	}
}

// Seen says that the node of that number has a piece: an asker, or any other. That the
// one has it to which it was sent is no news.
func (s *Seeding) Seen(number, index int) {
	p := &s.pieces[index]
	if p.state == out || p.state == sent && p.to != nil && p.to.number == number || p.lent != nil && p.lent.number == number {
		return
	}
	if p.lent != nil {
		p.lent.spread++
		p.lent.kept = max(0, p.lent.kept-1)
		p.lent = nil
	}
	before := p.state
	s.settle(p)
	p.state, p.to = out, nil
	if before != sent && !p.again {
		s.count(-1)
	}
}

// Spread returns how many pieces an asker alone was sent, and how many of them it has passed
// on: others were seen to have them, and not from this seed. It stays true when the seed
// is open, but hardly anything comes to it any more.
func (s *Seeding) Spread(number int) (lent, spread int) {
	if a := s.find(number); a != nil {
		return a.lent, a.spread
	}
	return 0, 0
}

// Idle says that the seed has time and nobody asks it for anything. Who was sent
// all that it was told of gets twice the credit.
func (s *Seeding) Idle() {
	s.last = time.Time{} // what comes next took no longer to send for this
	for _, a := range s.askers {
		if a.unsent == 0 && a.credit <= a.unseen+a.kept {
			a.credit = max(1, 2*a.credit)
		}
	}
}

// Tell returns which askers are to be told of which pieces now. It should be called after
// anything else was, and now and then. The result is valid until the next call.
func (s *Seeding) Tell(now time.Time) []Disclosure {
	s.disclosures = s.disclosures[:0]
	s.expire(now)
	turn := s.cfg.Random.IntN(max(1, len(s.askers))) // else those who never ask could always come first
	for misses := 0; misses < len(s.askers) && !s.open; {
		a := s.askers[(turn+misses)%len(s.askers)]
		if a.unsent+a.unseen+a.kept >= a.credit || !s.tell(a, now) {
			misses++
			continue
		}
		turn += misses + 1
		misses = 0
	}
	return s.disclosures
}

// tell tells a of the next piece. It reports whether there is one.
func (s *Seeding) tell(a *asker, now time.Time) bool {
	i, ok := s.next(a)
	if !ok {
		return false
	}
	s.pieces[i].state, s.pieces[i].to = told, a
	s.told++
	a.unsent++
	s.bets = append(s.bets, bet{i, told, a, now})
	s.disclosures = append(s.disclosures, Disclosure{a.number, i})
	return true
}

// next takes the next hidden piece that a lacks out of the queue.
func (s *Seeding) next(a *asker) (piece int, ok bool) {
	for k := len(s.queue) - 1; k >= 0; k-- {
		i := s.queue[k]
		p := &s.pieces[i]
		if p.state == hidden && p.lent == a {
			continue
		}
		s.queue = slices.Delete(s.queue, k, k+1)
		if p.state == hidden {
			return i, true
		}
	}
	return 0, false
}

// expire ends what was waited for long enough: a piece that was not asked for is for
// others too, and one that does not spread is so once. The one who kept it is told of one
// less until it has passed on another.
func (s *Seeding) expire(now time.Time) {
	for len(s.bets) > 0 && now.Sub(s.bets[0].since) > s.patience() {
		b := s.bets[0]
		s.bets = s.bets[1:]
		p := &s.pieces[b.piece]
		if p.state != b.on || p.to != b.to {
			continue
		}
		if b.on == told {
			s.hide(b.piece)
			b.to.credit = 0 // until it is sent something, or nobody else asks
			continue
		}
		b.to.kept++
		if !p.again {
			p.again = true
			s.hide(b.piece)
			continue
		}
		s.settle(p)
		p.to = nil
	}
}

// patience is longer for a slow seed: all that was told has to wait for its turn.
func (s *Seeding) patience() time.Duration {
	return max(s.cfg.Patience, 2*s.pace*time.Duration(s.told))
}

// clock notes that a piece was sent.
func (s *Seeding) clock(now time.Time) {
	last := s.last
	s.last = now
	if last.IsZero() {
		return
	}
	if took := now.Sub(last); s.pace > 0 {
		s.pace += (took - s.pace) / 8
	} else {
		s.pace = took
	}
}

// hide has a piece told of anew, next.
func (s *Seeding) hide(index int) {
	p := &s.pieces[index]
	s.settle(p)
	if p.state == sent && !p.again {
		s.count(1)
	}
	p.state, p.to = hidden, nil
	s.queue = append(s.queue, index)
}

// settle takes a piece from the account of the asker that it is on.
func (s *Seeding) settle(p *piece) {
	switch {
	case p.to == nil:
	case p.state == told:
		s.told--
		p.to.unsent--
	case p.state == sent:
		p.to.unseen--
	}
}

// count changes the number of pieces that were not sent.
func (s *Seeding) count(n int) {
	s.unsent += n
	s.open = s.open || s.unsent == 0
}

func (s *Seeding) find(number int) *asker {
	for _, a := range s.askers {
		if a.number == number {
			return a
		}
	}
	return nil
}
