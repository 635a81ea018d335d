package segment

import (
	"math"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What a peer says of itself nobody has checked. These tests have an owner with one or more
// peers that say what helps them.

// A shop is a server without a network, in virtual time. Its two torrents, 1 and 2, are
// without end.
type shop struct {
	*Server
	now      time.Time
	told     uint32
	torrents map[InfoHash]*ware
}

// ware is an Offer that counts what was sent.
type ware struct {
	shelf
	sent  map[int]int // bytes, by asker
	idles int
}

func (w *ware) Turn() int                                   { return w.turn }
func (w *ware) Size() int64                                 { return 1 << 50 }
func (w *ware) Whole() bool                                 { return true }
func (w *ware) ReadAt(b []byte, _ int64) (int, error)       { return len(b), nil }
func (w *ware) Meet(int, Interest, time.Time)               {}
func (w *ware) Idle(float64)                                { w.idles++ }
func (w *ware) Sent(asker int, _ int64, n int, _ time.Time) { w.sent[asker] += n }
func (s *shop) Open(h InfoHash) (Content, error)            { return s.torrents[h], nil }

func openShop(limits Limits) *shop {
	s := &shop{now: time.Now(), torrents: map[InfoHash]*ware{}}
	for i := range 2 {
		s.torrents[InfoHash{byte(i + 1)}] = &ware{
			shelf: shelf{all: true, turn: 256 << 10, ranks: map[int]float64{}}, sent: map[int]int{},
		}
	}
	s.Server = NewServer(quiet{}, ServerConfig{Library: s, Limits: limits})
	return s
}

// pass lets time pass, in a synctest bubble.
func (s *shop) pass(d time.Duration) {
	time.Sleep(d)
	s.now = time.Now()
	s.attend(s.now)
}

func peerAddr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 6881)
}

// tell has peer i send an INTEREST; what is left out is as an honest one has it.
func (s *shop) tell(i int, m interest) {
	s.told++
	m.cookie, m.hash, m.page, m.number = s.jar.bake(peerAddr(i), s.now), InfoHash{1}, noPage, s.told
	if m.minRTT == 0 {
		m.minRTT = 10 * time.Millisecond
	}
	s.handle(incoming{peerAddr(i), appendInterest(nil, m), s.now})
}

// ask has peer i ask for n bytes at off, and everything sent that waits.
func (s *shop) ask(i int, r request, off int64, n int) {
	r.cookie, r.block, r.ranges = s.jar.bake(peerAddr(i), s.now), 1180, []span{{off, n, 0}}
	if r.hash == (InfoHash{}) {
		r.hash = InfoHash{1}
	}
	s.handle(incoming{peerAddr(i), appendRequest(nil, r), s.now})
	for !s.queue.empty() {
		s.serve(s.queue.pop(maxRequestBytes))
	}
}

// In a crowd bytes come with turns, whatever an asker says that it has asked for, and however
// often it begins anew.
func TestNobodyTakesALineWithoutTurns(t *testing.T) {
	const honest, rounds, asks = 6, 400, 1 << 20
	for what, test := range map[string]struct {
		claim uint64
		nonce func(round int) uint64
	}{
		"says nothing":                {0, func(int) uint64 { return 7 }},
		"says that it had much":       {1 << 40, func(int) uint64 { return 7 }},
		"says that it had everything": {math.MaxUint64, func(int) uint64 { return 7 }},
		"is another each time":        {0, func(round int) uint64 { return 1000 + uint64(round) }},
	} {
		s := openShop(Limits{})
		goods := s.torrents[InfoHash{1}]
		for id := honest + 1; id < honest+rounds+2; id++ {
			goods.ranks[id] = math.Inf(1) // held back
		}
		for round := range rounds {
			if round%100 == 0 {
				for i := range honest {
					s.tell(i, interest{nonce: uint64(i + 1), flags: flagWants})
				}
			}
			nonce := test.nonce(round)
			s.tell(honest, interest{nonce: nonce, flags: flagWants, asked: test.claim})
			s.ask(honest, request{nonce: nonce, asked: test.claim}, int64(round)*asks, asks)
			s.now = s.now.Add(5 * time.Millisecond)
			s.attend(s.now)
		}
		got := 0
		for id, n := range goods.sent {
			if id > honest {
				got += n
			}
		}
		if got > 2*asks {
			t.Errorf("who %s got %d MiB of %d without a turn", what, got>>20, rounds)
		}
	}
}

// What is sent of a torrent is on the account of a session of that torrent.
func TestASessionIsOfOneTorrent(t *testing.T) {
	s := openShop(Limits{})
	s.tell(0, interest{nonce: 1, flags: flagWants})
	s.ask(0, request{nonce: 1, hash: InfoHash{2}}, 0, 100_000)
	if got := s.torrents[InfoHash{1}].sent[1]; got != 0 {
		t.Errorf("%d bytes of another torrent are on its account", got)
	}
}

// Who is given a turn and makes nothing of it keeps the others waiting now and then, and not
// all the time.
func TestNobodyHoldsUpALine(t *testing.T) {
	const honest = 6
	type liar struct {
		asked  func(k *session) uint64 // what it says
		trip   time.Duration
		anew   bool // it begins anew each time that it was given a turn
		fickle bool // when it has held a turn for a while it says
		says   uint16
		uses   bool // a byte of it
	}
	nothing := func(*session) uint64 { return 0 }
	// sold returns what the honest ones get in six seconds, in bytes.
	sold := func(t *testing.T, l *liar) (bytes int) {
		s := openShop(Limits{})
		asked, nonce := make(map[*session]int), uint64(1000)
		for tick := range 300 {
			if tick%25 == 0 {
				for i := range honest {
					s.tell(i, interest{nonce: uint64(i + 1), flags: flagWants, minRTT: time.Millisecond})
				}
			}
			if l != nil && (tick%25 == 0 || l.anew && s.sessions.find(peerAddr(honest), nonce).turn.open) {
				if l.anew {
					nonce++
				}
				s.tell(honest, interest{nonce: nonce, flags: flagWants, minRTT: l.trip})
			}
			for _, k := range slices.Clone(s.sessions.order) {
				if !k.turn.open || asked[k] == k.turn.number {
					continue
				}
				asked[k] = k.turn.number
				switch i := int(k.nonce) - 1; {
				case i < honest:
					s.ask(i, request{nonce: k.nonce, asked: k.credit}, 0, k.turn.size)
					bytes += k.turn.size
				case l.uses:
					s.ask(honest, request{nonce: k.nonce, asked: l.asked(k)}, 0, 1)
				}
			}
			s.pass(20 * time.Millisecond)
			if l == nil || !l.fickle {
				continue
			}
			if k := s.sessions.find(peerAddr(honest), nonce); !k.turn.open {
				s.tell(honest, interest{nonce: nonce, flags: flagWants, minRTT: l.trip})
			} else if s.now.Sub(k.turn.since) > lateTurn-25*time.Millisecond {
				s.tell(honest, interest{nonce: nonce, flags: l.says, minRTT: l.trip})
			}
		}
		return bytes
	}
	synctest.Test(t, func(t *testing.T) {
		most := sold(t, nil)
		for what, l := range map[string]liar{
			"uses no turn":                    {asked: nothing, trip: time.Millisecond},
			"begins anew":                     {asked: nothing, trip: time.Millisecond, anew: true},
			"passes late":                     {asked: nothing, trip: time.Millisecond, fickle: true, says: flagWants | flagPasses},
			"wants nothing after a while":     {asked: nothing, trip: time.Millisecond, fickle: true},
			"uses a byte":                     {asked: nothing, trip: time.Millisecond, uses: true},
			"uses a byte and comes from afar": {asked: nothing, trip: time.Hour, uses: true},
			"uses a byte and says all":        {asked: func(k *session) uint64 { return k.credit }, trip: time.Millisecond, uses: true},
		} {
			if got := sold(t, &l); got < most*3/4 {
				t.Errorf("one who %s leaves the others %d %%", what, 100*got/most)
			}
		}
	})
}

// An empty file has no pieces, and who asks for it all the same gets nothing.
func TestACrowdForAnEmptyFile(t *testing.T) {
	s := openShop(Limits{})
	s.torrents[InfoHash{1}].turn = 0
	for i := range 2 * fewAskers {
		s.tell(i, interest{nonce: uint64(i + 1), flags: flagWants})
	}
	s.attend(s.now)
}

// A second copy of an INTEREST, or an old one that comes late, says nothing new.
func TestAnOldInterestSaysNothing(t *testing.T) {
	s := openShop(Limits{})
	passes := interest{nonce: 1, flags: flagPasses}
	s.tell(0, passes)
	s.tell(0, interest{nonce: 1, flags: flagWants})
	s.told -= 2
	s.tell(0, passes)
	if k := s.sessions.order[0]; !k.wants {
		t.Error("a copy of an old INTEREST takes back what a newer one says")
	}
}

// One host has many ports, and others have a place all the same.
func TestOneHostDoesNotFillTheSessions(t *testing.T) {
	s := openShop(Limits{})
	for port := range mostSessions {
		from := netip.AddrPortFrom(peerAddr(1).Addr(), uint16(port+1))
		s.begin(s.now, from, 1, InfoHash{1}, s.torrents[InfoHash{1}])
	}
	if s.begin(s.now, peerAddr(2), 1, InfoHash{1}, s.torrents[InfoHash{1}]) == nil {
		t.Error("another host finds no place")
	}
	s.sessions.end(func(*session) bool { return true })
	if len(s.sessions.hosts) != 0 {
		t.Errorf("%d hosts are remembered of none", len(s.sessions.hosts))
	}
}

// A lie about the round trip opens no turns, and keeps nobody from being told that the line
// is idle.
func TestARoundTripOfAnHourIsNotBelieved(t *testing.T) {
	const askers = 40
	open := func(claim time.Duration) (n int) {
		s := openShop(Limits{})
		s.turns.period = youngPeriods
		s.turns.rates.update(youngPeriods, 5e6, ratePeriods)
		for i := range askers {
			m := interest{nonce: uint64(i + 1), flags: flagWants}
			if i == askers-1 {
				m.minRTT = claim
			}
			s.tell(i, m)
		}
		s.now = s.now.Add(crowdTick)
		s.attend(s.now)
		for _, k := range s.sessions.order {
			if k.turn.open {
				n++
			}
		}
		return n
	}
	if honest, lie := open(0), open(time.Hour); honest == 0 || lie > honest {
		t.Errorf("%d turns are open at once, and %d if one lies", honest, lie)
	}
	s := openShop(Limits{})
	s.tell(0, interest{nonce: 1, minRTT: time.Hour})
	s.servedAt = s.now
	s.now = s.now.Add(3 * time.Second)
	s.attend(s.now)
	if s.torrents[InfoHash{1}].idles == 0 {
		t.Error("the line never counts as idle")
	}
}

// A flood is over when it ends: what it did to the limit lasts no longer than debtTime.
func TestAFloodLeavesNoDebt(t *testing.T) {
	limits := Limits{Up: NewLimiter(1e6), Down: NewLimiter(1e6)}
	s := openShop(limits)
	for i := range 100_000 {
		s.handle(incoming{peerAddr(i), appendHello(nil, hello{nonce: uint64(i), hash: InfoHash{1}}), s.now})
	}
	if wait := time.Until(limits.Up.resumes()); wait > 4*turnTime {
		t.Errorf("answers to %d HELLOs stop the line for %v", 100_000, wait)
	}
	if !limits.Up.flooded(s.now) {
		t.Error("strangers are answered on, and who is served waits")
	}
	junk := allowance{limit: limits.Down}
	junk.settle(1 << 30)
	if junk.ready(s.now); junk.turn.Sub(s.now) > 2*debtTime {
		t.Errorf("a GiB of junk stops the line for %v", junk.turn.Sub(s.now))
	}
}

// An owner that answers BUSY to everything makes a Fetch remember no more and more.
func TestRefusalsAreForgotten(t *testing.T) {
	o := newOwner(0, peerAddr(1), 1500)
	now := time.Unix(1000, 0)
	for range 100_000 {
		now = now.Add(2 * time.Millisecond)
		number := o.ledger.send(o.newBurst(now, 0), 0, 1180)
		o.refusedBusy(now, busy{number: uint32(number), count: 1})
		o.takeAgain(1180)
	}
	if n := len(o.ledger.ring); n > 1024 {
		t.Errorf("%d transmissions are remembered", n)
	}
}

// An owner whose cookies live no time at all is not greeted all the time.
func TestACookieOfNoLifetimeIsUsedForAWhile(t *testing.T) {
	o := newOwner(0, peerAddr(1), 1500)
	now := time.Unix(1000, 0)
	o.granted(now, grant{})
	if o.helloNow(now.Add(time.Second)) {
		t.Error("it is greeted again at once")
	}
}

// counts is a sink that counts how often an owner's pieces are another set.
type counts struct {
	endless
	sets int
}

func (c *counts) Has(int, func(int) bool, time.Time)      { c.sets++ }
func (*counts) Gained(int, []int, time.Time)              {}
func (*counts) Interested(int, time.Time) bool            { return true }
func (*counts) Continue(int, int, time.Time) (int64, int) { return 0, 0 }

// introduced returns a downloader of ten pieces, its sink, and an owner that it has been introduced to now.
func introduced() (f *Fetch, sink *counts, o *owner, now time.Time) {
	sink, now = &counts{}, time.Unix(1000, 0)
	f = NewFetch(quiet{}, FetchConfig{Sink: sink, Swarm: SwarmConfig{Pieces: 10, PieceLength: 1000}})
	f.Connect(1, peerAddr(1))
	o = f.owners[0]
	o.granted(now, grant{nonce: o.nonce, number: 1})
	f.introduce(now, o, false)
	return f, sink, o, now
}

// An owner that has everything takes that back when a crowd comes, and not again and again: it
// is work for the sink. What it said before and comes late takes nothing back.
func TestEverythingIsTakenBackSeldom(t *testing.T) {
	f, sink, o, now := introduced()
	all := func(serial uint32) *have { return &have{flags: flagAll, list: 7, serial: serial, credit: unlimited} }
	some := func(serial uint32) *have { return &have{list: 7, serial: serial, length: 1, pieces: []uint32{3}} }
	f.hear(now, o, some(1))
	f.hear(now, o, all(3))
	was := sink.sets
	f.hear(now, o, some(2))
	if !o.all || sink.sets != was {
		t.Error("an old HAVE takes back what a later one says")
	}
	f.hear(now, o, some(4))
	if o.all {
		t.Error("a new one does not")
	}
	for serial := uint32(5); serial < 1000; serial += 2 {
		f.hear(now, o, all(serial))
		f.hear(now, o, some(serial+1))
	}
	if sink.sets > 10 {
		t.Errorf("the sink has heard of %d sets of pieces", sink.sets)
	}
}

// Another list is that of an owner which has forgotten us: what it said before counts no more. An
// owner that begins one again and again is not listened to.
func TestAnotherListTakesTheOneBeforeBack(t *testing.T) {
	f, sink, o, now := introduced()
	for list := range uint32(1000) {
		f.hear(now, o, &have{list: list + 1, serial: 1, length: 1, pieces: []uint32{3}})
		now = now.Add(relistEvery / 100)
	}
	if sink.sets < 10 || sink.sets > 11 {
		t.Errorf("the sink has heard of %d sets of pieces in %v", sink.sets, now.Sub(time.Unix(1000, 0)))
	}
}

// leaver is a sink that leaves all owners when it is asked for the next range.
type leaver struct {
	endless
	fetch *Fetch
}

func (l *leaver) Next(int, int, time.Time) (int64, int) {
	for id := range 3 {
		l.fetch.Disconnect(id)
	}
	return 0, 0
}

func TestASinkMayLeaveOwnersAtAnyTime(t *testing.T) {
	sink := &leaver{}
	f := NewFetch(quiet{}, FetchConfig{Sink: sink})
	sink.fetch = f
	now := time.Now()
	for id := range 3 {
		f.Connect(id, peerAddr(id))
		o := f.byID[id]
		o.granted(now, grant{nonce: o.nonce, number: 1, lifetime: 60, maxRequest: maxRequestBytes})
		f.introduce(now, o, true)
	}
	f.out = nil
	f.ask(now)
	if len(f.owners) != 0 || len(f.out) != 0 {
		t.Errorf("%d owners are left, %d datagrams are sent", len(f.owners), len(f.out))
	}
}

// A flooded is a Socket into which one peer's REQUEST comes, and then HELLOs as fast as they are read.
type flooded struct {
	quiet
	request, hello Datagram
	batches        atomic.Int32
	full           chan struct{} // closed when more has come than a server keeps
	done           chan struct{} // closed when bytes have been sent
	bytes          int           // still to be sent
	answers, told  int           // COOKIEs, and writes of them, before that
}

func (s *flooded) Read() ([]Datagram, error) {
	select {
	case <-s.done:
		return nil, net.ErrClosed
	default:
	}
	switch s.batches.Add(1) {
	case 1:
		return []Datagram{s.request}, nil
	case 40:
		close(s.full)
	}
	return slices.Repeat([]Datagram{s.hello}, 64), nil
}

func (s *flooded) Write(ds []Datagram) error {
	<-s.full
	if s.bytes <= 0 {
		return nil
	}
	if ds[0].Addr != s.request.Addr {
		s.answers, s.told = s.answers+len(ds), s.told+1
		return nil
	}
	for _, d := range ds {
		s.bytes -= len(d.Body)
	}
	if s.bytes <= 0 {
		close(s.done)
	}
	return nil
}

// Anybody can send HELLOs in anybody's name. Between two runs of blocks a few are answered, all at once.
func TestAFloodOfHellosDoesNotKeepFromServing(t *testing.T) {
	const n = maxRequestBytes
	shop := openShop(Limits{})
	sock := &flooded{full: make(chan struct{}), done: make(chan struct{}), bytes: n}
	now := time.Now()
	ask := request{nonce: 1, block: 1180, cookie: shop.jar.bake(peerAddr(1), now), hash: InfoHash{1}, ranges: []span{{0, n, 0}}}
	sock.request = Datagram{Addr: peerAddr(1), Head: appendRequest(nil, ask)}
	sock.hello = Datagram{Addr: peerAddr(2), Head: appendHello(nil, hello{nonce: 2, hash: InfoHash{2}})}
	shop.sock = sock
	shop.Run(t.Context())
	const runs = 2 * n / turnBytes // some end within a turn
	if sock.answers == 0 || sock.answers > runs*mostHeard || sock.told > runs {
		t.Errorf("%d bytes went in at most %d runs, and meanwhile %d HELLOs were answered with %d writes", n, runs, sock.answers, sock.told)
	}
}

// An INTEREST of a session that is over, which was long on its way or comes twice, does not end the present one.
func TestALateInterestDoesNotEndTheSession(t *testing.T) {
	s := openShop(Limits{})
	for nonce := range uint64(3) {
		s.tell(0, interest{nonce: nonce + 1, flags: flagWants}) // begins anew each time
	}
	s.ask(0, request{nonce: 3}, 0, 100_000)
	k := s.sessions.find(peerAddr(0), 3)
	for _, late := range []uint64{2, 1} {
		if s.tell(0, interest{nonce: late, flags: flagWants}); s.sessions.find(peerAddr(0), 3) != k || k == nil {
			t.Fatalf("session %d is taken for a new one", late)
		}
	}
	if s.tell(0, interest{nonce: 4, flags: flagWants}); s.sessions.find(peerAddr(0), 4) == nil {
		t.Error("a new session is taken for one that is over")
	}
}

// An owner that answers BUSY block by block, so that something is always left to be asked again, fills no memory.
func TestBusyBlockByBlockFillsNoMemory(t *testing.T) {
	f := NewFetch(quiet{}, FetchConfig{Sink: &endless{}})
	now := time.Unix(1000, 0)
	f.Connect(1, peerAddr(1))
	o := f.byID[1]
	o.granted(now, grant{nonce: o.nonce, number: 1, lifetime: 60_000, maxRequest: maxRequestBytes, maxQueue: maxQueueBytes})
	f.introduce(now, o, true)
	refused := 0
	for round := range 5000 {
		for range 20 {
			f.ask(now)
			now = now.Add(time.Millisecond)
		}
		f.out = f.out[:0]
		for n := o.ledger.next; n > o.ledger.oldest; n-- { // the last first, so that none are joined
			if o.ledger.at(n-1).state == flying {
				o.refusedBusy(now, busy{nonce: o.nonce, number: uint32(n - 1), count: 1})
				refused++
			}
		}
		f.digest(now, o)
		if round == 0 { // its queue has become smaller
			o.granted(now, grant{nonce: o.nonce, lifetime: 60_000, maxRequest: maxRequestBytes, maxQueue: 2 * 16 * 1180})
		}
		now = now.Add(leastBusy)
	}
	if refused < 10_000 || cap(o.again) > 1000 {
		t.Errorf("%d blocks were refused, room for %d to be asked again", refused, cap(o.again))
	}
}
