package segment

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// An outbox is a Socket that keeps the HAVEs that are written to it.
type outbox struct {
	Socket
	server *Server
	haves  []have
	writes int
}

func (b *outbox) Write(ds []Datagram) error {
	b.writes++
	for _, d := range ds {
		var m have
		if h, body, err := parseHeader(d.Head); err == nil && h.kind == kindHave && parseHave(&m, h, body) == nil {
			b.haves = append(b.haves, m)
		}
	}
	return nil
}

// take returns what the server has said since the last call.
func (b *outbox) take() (haves []have) {
	b.server.flush()
	haves, b.haves = b.haves, nil
	return haves
}

// A counterpart is an Offer that some askers come to.
type counterpart struct {
	*shelf
	known []uint32 // pieces that every asker is known to have
}

func (c *counterpart) Open(InfoHash) (Content, error)    { return c, nil }
func (c *counterpart) Meet(int, Interest, time.Time)     {}
func (c *counterpart) Idle(float64)                      {}
func (c *counterpart) Rank(int) float64                  { return 0 }
func (c *counterpart) ReadAt([]byte, int64) (int, error) { return 0, nil }

func (c *counterpart) News(_ int, pieces []uint32) int {
	if i := slices.IndexFunc(pieces, func(p uint32) bool { return !slices.Contains(c.known, p) }); i >= 0 {
		return i
	}
	return len(pieces)
}

// counterServer returns a server of an offer, and hear, by which an asker says INTEREST.
func counterServer(list ...uint32) (s *Server, o *counterpart, b *outbox, hear func(asker int, m interest)) {
	b, o = &outbox{}, &counterpart{shelf: &shelf{pieces: 100, list: list}}
	s = NewServer(b, ServerConfig{Library: o})
	b.server = s
	return s, o, b, func(asker int, m interest) {
		from, now := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(asker)}), 4000), time.Now()
		m.nonce, m.cookie = uint64(asker), s.jar.bake(from, now)
		s.handle(incoming{from, appendInterest(nil, m), now})
	}
}

func TestOnlyTheLastOfSeveralInterestsIsAnswered(t *testing.T) {
	s, _, b, hear := counterServer(5, 6)
	for n := range uint32(3) {
		hear(1, interest{number: n + 1, page: noPage})
		hear(2, interest{number: 10 * (n + 1), page: noPage})
		s.settle(true)
	}
	if got := b.take(); len(got) > 0 {
		t.Fatalf("%d answers while more waits to be heard", len(got))
	}
	s.settle(false)
	got := b.take()
	if len(got) != 2 || got[0].number != 3 || got[1].number != 30 || len(got[0].pieces) != 2 {
		t.Errorf("answered with %+v", got)
	}
	if s.settle(false); len(b.take()) > 0 {
		t.Error("answered again")
	}
	hear(1, interest{number: 2, page: noPage}) // it was overtaken
	if s.settle(false); len(b.take()) > 0 {
		t.Error("an old one is answered after a later one")
	}
	hear(1, interest{number: 4, page: 0, at: 2, list: got[0].list})
	if s.settle(false); len(b.take()) != 1 {
		t.Error("the next one is not answered")
	}
}

// One datagram says both.
func TestATurnAnswersAnInterest(t *testing.T) {
	s, _, b, hear := counterServer(5, 6)
	for asker := range fewAskers + 1 {
		hear(asker, interest{number: 7, page: noPage, flags: flagWants})
	}
	s.settle(false)
	turns := 0
	for _, m := range b.take() {
		if m.number != 7 {
			t.Errorf("said without an answer: %+v", m)
		}
		if m.credit > 0 && m.credit != unlimited {
			turns++
		}
	}
	if turns == 0 {
		t.Error("nobody got a turn")
	}
}

func TestWhatIsSaidToSeveralLeavesAtOnce(t *testing.T) {
	s, _, b, hear := counterServer(5, 6)
	for asker := range 3 {
		hear(asker, interest{number: 1, page: noPage})
	}
	s.settle(false)
	if got := b.take(); len(got) != 3 || b.writes != 1 {
		t.Errorf("%d answers in %d writes", len(got), b.writes)
	}
	s.leave()
	if b.writes != 2 {
		t.Errorf("a goodbye to all takes %d writes", b.writes-1)
	}
	if s.flush(); b.writes != 2 {
		t.Error("nothing is written")
	}
}

// In a swarm about half of what an owner gets the asker has already.
func TestAnAskerIsNotToldUnaskedOfWhatItHas(t *testing.T) {
	s, o, b, hear := counterServer(5, 6)
	o.known = []uint32{7, 8, 9, 11}
	hear(1, interest{number: 1, page: noPage})
	s.settle(false)
	b.take()
	look := func() []have {
		s.attend(time.Now().Add(mostNewsWait * inNoHurry))
		return b.take()
	}
	o.list = append(o.list, 7, 8)
	if got := look(); len(got) > 0 {
		t.Errorf("told of what it has: %+v", got)
	}
	o.list = append(o.list, 9, 10, 11)
	if got := look(); len(got) != 1 || !slices.Equal(got[0].pieces, []uint32{5, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("told of %+v, want all that was not told yet", got)
	}
	if got := look(); len(got) > 0 {
		t.Errorf("told again: %+v", got)
	}
	o.list = append(o.list, 12)
	o.known = append(o.known, 12)
	hear(1, interest{number: 2, page: noPage, list: s.sessions.order[0].list, at: 7})
	s.settle(false)
	if got := b.take(); len(got) != 1 || !slices.Equal(got[0].pieces, []uint32{12}) {
		t.Errorf("told of %+v when it asks", got)
	}
}
