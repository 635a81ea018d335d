package segment

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// ServerConfig says what a Server serves and to whom it reports.
type ServerConfig struct {
	Library Library

	// Receipt is called with each receipt that a downloader hands over, from
	// the server's goroutine; nil ignores them. A receipt may come twice. The
	// bytes are the callee's to keep.
	Receipt func(from netip.AddrPort, h InfoHash, receipt []byte)

	Limits Limits // of all that the node sends and receives

	// Log gets one event a line; nil logs nothing.
	Log *zap.Logger
}

// A Server answers HELLO and REQUEST on one socket. It keeps no state for a
// transfer: what it holds are the requests that it has yet to answer, and, of an Offer,
// what its askers said a moment ago.
//
// Run's goroutine owns all of it but sent and bell. A second goroutine does nothing but
// read the socket, so that requests are taken in while an answer waits for the
// network.
type Server struct {
	sock Socket
	cfg  ServerConfig
	log  *zap.Logger

	jar      jar
	queue    queue
	up       allowance
	sessions sessions
	turns    turns
	lookAt   time.Time // when attend is due; zero: when somebody comes
	servedAt time.Time // when a file's bytes were last sent
	request  request   // scratch of handle
	asker    interest  // and this
	heads    []byte    // scratch of serve: the headers of a batch
	payload  []byte    // and its file bytes
	batch    []Datagram
	complain time.Time // when a read error was last logged

	sent atomic.Int64 // payload bytes; read by any goroutine
	bell bell
}

// NewServer returns a server on sock, which stays the caller's to close.
func NewServer(sock Socket, cfg ServerConfig) *Server {
	log := cfg.Log
	if log == nil {
		log = zap.NewNop()
	}
	up := cfg.Limits.Up
	return &Server{
		sock: sock, cfg: cfg, log: log,
		queue: queue{quantum: up.quantum()}, up: allowance{limit: up},
		payload: make([]byte, turnBytes+maxBlock),
	}
}

// Sent returns how many bytes of files have been sent. Any goroutine may call it.
func (s *Server) Sent() int64 { return s.sent.Load() }

// largestMessage is the most bytes that a datagram to an owner has: an INTEREST with
// all the news that go into one.
const largestMessage = max(interestFixed+4*maxNews, receiptFixed+MaxReceipt, requestFixed+maxRanges*rangeSize)

// incoming is one datagram as the reading goroutine hands it over.
type incoming struct {
	from  netip.AddrPort
	bytes []byte
	at    time.Time
}

// Run serves until ctx ends (nil) or the socket fails. When it ends, those who
// asked lately are told, so that they turn to other owners at once.
func (s *Server) Run(ctx context.Context) error {
	in := make(chan incoming, 1024)
	failed := make(chan error, 1)
	var reading sync.WaitGroup
	reading.Go(func() { failed <- s.read(ctx, in) })
	defer reading.Wait()
	stop := context.AfterFunc(ctx, func() { s.sock.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	idle := time.NewTicker(askerIdle / 2)
	defer idle.Stop()
	look := time.NewTimer(time.Hour)
	defer look.Stop()
	limited := time.NewTimer(time.Hour)
	defer limited.Stop()
	var armed time.Time // what look is set to
	for {
		if !s.lookAt.Equal(armed) {
			armed = s.lookAt
			look.Reset(time.Until(armed))
		}
		var m incoming
		select {
		case m = <-in:
			s.handle(m)
		case <-look.C:
			s.attend(time.Now())
		case <-s.bell.chime():
			s.attend(time.Now())
		case <-limited.C: // no longer
		case <-idle.C:
			s.prune()
		case err := <-failed:
			s.leave()
			return err
		}
		for !s.queue.empty() && ctx.Err() == nil {
			// Answer one run of blocks for each message at the most, so
			// that neither a flood nor a long queue starves the other.
			select {
			case m = <-in:
				s.handle(m)
			default:
			}
			if now := time.Now(); !s.lookAt.IsZero() && now.After(s.lookAt) {
				s.attend(now)
			}
			if !s.up.ready(time.Now()) {
				limited.Reset(time.Until(s.up.turn))
				break
			}
			if !s.queue.empty() {
				s.serve(s.queue.pop(s.up.most()))
			}
		}
	}
}

// read passes on what arrives, until ctx ends or the socket fails. What Run has
// no room for is dropped, as a full socket would.
func (s *Server) read(ctx context.Context, in chan<- incoming) error {
	for {
		got, err := s.sock.Read()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.sock.SetReadDeadline(time.Time{})
			continue
		case err != nil:
			s.log.Debug("read failed", zap.Error(err))
			continue
		}
		now := time.Now()
		s.cfg.Limits.Down.urgent(now, onWire(got))
		for _, d := range got {
			if len(d.Head) > largestMessage {
				continue
			}
			select {
			case in <- incoming{d.Addr, append([]byte(nil), d.Head...), now}:
			default:
			}
		}
	}
}

// handle takes in one datagram. What is malformed gets no answer.
func (s *Server) handle(m incoming) {
	h, body, err := parseHeader(m.bytes)
	if err != nil {
		return
	}
	switch h.kind {
	case kindHello:
		if msg, err := parseHello(h, body); err == nil {
			s.hello(m, msg)
		}
	case kindRequest:
		if err := parseRequest(&s.request, h, body); err == nil {
			s.enqueue(m)
		}
	case kindInterest:
		if err := parseInterest(&s.asker, h, body); err == nil {
			s.interest(m, &s.asker)
		}
	case kindReceipt:
		if msg, err := parseReceipt(h, body); err == nil {
			s.receipt(m, msg)
		}
	}
}

func (s *Server) reply(to netip.AddrPort, b []byte) {
	ds := []Datagram{{Addr: to, Head: b}}
	s.cfg.Limits.Up.urgent(time.Now(), onWire(ds))
	s.sock.Write(ds)
}

// grant sends addr a cookie, as the answer to the HELLO with that number.
func (s *Server) grant(m incoming, nonce uint64, number uint32, flags uint8) {
	s.reply(m.from, appendGrant(nil, grant{
		nonce:      nonce,
		lifetime:   uint16(cookieEpoch / time.Second),
		number:     number,
		cookie:     s.jar.bake(m.from, m.at),
		maxRequest: uint32(s.cfg.Limits.Up.largest()),
		maxQueue:   maxQueueBytes,
		flags:      flags,
	}))
}

func (s *Server) hello(m incoming, msg hello) {
	content, err := s.cfg.Library.Open(msg.hash)
	if err != nil {
		s.refuse(m.from, msg.nonce, msg.number, err)
		return
	}
	flags := uint8(flagOpen)
	if offer, ok := content.(Offer); ok && (!offer.Whole() || !s.turns.mayOpen(m.at)) {
		flags = 0
	}
	s.grant(m, msg.nonce, msg.number, flags)
}

// enqueue takes in s.request. An asker whose cookie is too old, or from before a
// restart, is given a new one and asks again.
func (s *Server) enqueue(m incoming) {
	r := &s.request
	if !s.jar.check(r.cookie, m.from, m.at) {
		s.grant(m, r.nonce, 0, 0)
		return
	}
	content, err := s.cfg.Library.Open(r.hash)
	if err != nil {
		s.refuse(m.from, r.nonce, r.ranges[0].number, err)
		return
	}
	k := s.sessions.find(m.from, r.nonce)
	if !s.mayAsk(k, content) {
		for _, span := range r.ranges {
			s.busy(m.from, r.nonce, r.block, span, waitForTurn)
		}
		return
	}
	if k != nil {
		k.seen, k.wants = m.at, true
		s.turns.use(m.at, k)
	}
	total := 0
	for _, span := range r.ranges {
		total += span.n
		a := ask{span, m.from, r.nonce, r.hash, k, r.block, r.flags&flagPlain != 0, m.at}
		ok, first := false, false
		if total <= maxRequestBytes {
			ok, first = s.queue.push(a, m.at)
		}
		if first {
			s.log.Info("serving", hashField(r.hash), peerField(m.from))
		}
		switch {
		case !ok:
			s.busy(m.from, r.nonce, r.block, span, waitForQueue)
		case k != nil:
			k.queued += span.n
		}
	}
}

// How long an asker is told to wait, in milliseconds: when the queue is full, when it is not
// its turn, and when the bytes are not here yet.
const (
	waitForQueue = 20
	waitForTurn  = 100
	waitForBytes = 200
)

// busy says that a span will not come.
func (s *Server) busy(to netip.AddrPort, nonce uint64, block int, r span, wait uint16) {
	count := (r.n + block - 1) / block
	s.log.Debug("busy", peerField(to), zap.Int("blocks", count))
	s.reply(to, appendBusy(nil, busy{nonce, wait, r.number, uint32(count)}))
}

// heldUnit is the unit of DATA's held field: 65,535 of them are 2 seconds.
const heldUnit = 32 * time.Microsecond

// serve reads one run of blocks and sends them.
func (s *Server) serve(a ask) {
	payload, err := s.load(a)
	if a.session != nil {
		a.session.queued -= a.n
	}
	if errors.Is(err, ErrLacking) {
		s.busy(a.from, a.nonce, a.block, a.span, waitForBytes)
		return
	}
	if err != nil {
		s.queue.drop(a.from, a.hash)
		s.refuse(a.from, a.nonce, a.number, err)
		return
	}
	held := uint16(min(time.Since(a.at)/heldUnit, 1<<16-1))
	blocks := (a.n + a.block - 1) / a.block
	s.heads, s.batch = s.heads[:0], s.batch[:0]
	if need := blocks * dataOverhead; cap(s.heads) < need {
		s.heads = make([]byte, 0, need) // appends must not move it below
	}
	for k := range blocks {
		from := k * a.block
		m := data{a.nonce, held, a.number + uint32(k), a.off + int64(from), payload[from:min(from+a.block, a.n)]}
		start := len(s.heads)
		s.heads = appendDataHead(s.heads, m)
		s.batch = append(s.batch, Datagram{Addr: a.from, Head: s.heads[start:], Body: m.payload, Alone: a.plain})
	}
	s.up.spend(onWire(s.batch))
	s.sock.Write(s.batch)
	s.sent.Add(int64(a.n))
	s.account(a)
}

// load reads the file bytes of a into the server's buffer.
func (s *Server) load(a ask) ([]byte, error) {
	c, err := s.cfg.Library.Open(a.hash)
	if err != nil {
		return nil, err
	}
	if a.off+int64(a.n) > c.Size() {
		return nil, errRange
	}
	n, err := c.ReadAt(s.payload[:a.n], a.off)
	if n == a.n {
		err = nil // io.ReaderAt may return io.EOF with the last bytes
	}
	return s.payload[:a.n], err
}

// refuse ends a session with the reason that err is.
func (s *Server) refuse(to netip.AddrPort, nonce uint64, number uint32, err error) {
	why := reasonFor(err)
	if why == reasonFailed && time.Since(s.complain) > time.Second {
		s.complain = time.Now()
		s.log.Warn("cannot read what is shared", peerField(to), zap.Error(err))
	}
	s.reply(to, appendRefuse(nil, refuse{nonce, why, number}))
}

func (s *Server) receipt(m incoming, msg receipt) {
	if !s.jar.check(msg.cookie, m.from, m.at) {
		s.grant(m, msg.nonce, 0, 0)
		return
	}
	if s.cfg.Receipt != nil {
		s.cfg.Receipt(m.from, msg.hash, msg.body)
	}
	s.reply(m.from, appendTaken(nil, taken{msg.nonce, msg.number}))
}

// prune forgets addresses that ask no more.
func (s *Server) prune() {
	s.queue.prune(time.Now(), func(k *asker) {
		s.log.Info("served", hashField(k.last.hash), peerField(k.from), zap.Int64("bytes", k.served))
	})
}

// leave tells those who asked within the last seconds that nothing will come.
func (s *Server) leave() {
	const lately = 3 * time.Second
	for _, k := range s.sessions.order {
		s.reply(k.from, appendRefuse(nil, refuse{k.nonce, reasonLeaving, 0}))
	}
	for _, k := range s.queue.askers {
		if time.Since(k.seen) < lately {
			s.reply(k.from, appendRefuse(nil, refuse{k.last.nonce, reasonLeaving, k.last.number}))
		}
	}
}
