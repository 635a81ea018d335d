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
// Run's goroutine owns all of it but sent and news. A second goroutine does nothing but
// read the socket, so that requests are taken in while an answer waits for the
// network.
type Server struct {
	sock Socket
	cfg  ServerConfig
	log  *zap.Logger

	jar       jar
	queue     queue
	up        allowance
	sessions  sessions
	turns     turns
	unsettled int       // INTERESTs taken in and not answered
	settleBy  time.Time // when they are, at the latest
	lookAt    time.Time // when attend is due; zero: when somebody comes
	servedAt  time.Time // when a file's bytes were last sent
	idleAt    time.Time // when offers were last told that nobody asks
	request   request   // scratch of handle
	asker     interest  // and this
	heads     []byte    // scratch of serve: the headers of a batch
	payload   []byte    // and its file bytes
	batch     []Datagram
	replies   []Datagram // that wait for flush
	complain  time.Time  // when a read error was last logged

	sent atomic.Int64  // payload bytes; read by any goroutine
	news chan struct{} // holds one: some Offer has more to tell
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
		news:    make(chan struct{}, 1),
	}
}

// Sent returns how many bytes of files have been sent. Any goroutine may call it.
func (s *Server) Sent() int64 { return s.sent.Load() }

// largestMessage is the most bytes that a datagram to an owner has: an INTEREST with
// all the news that go into one.
const largestMessage = max(interestFixed+4*maxNews, receiptFixed+MaxReceipt, requestFixed+maxRanges*rangeSize)

// mostHeard is how many datagrams are taken in between two runs of blocks at the most.
const mostHeard = 8

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
	look := time.NewTimer(0) // for lookAt
	defer look.Stop()
	limited := time.NewTimer(time.Hour)
	defer limited.Stop()
	var armed time.Time // what look is set to
	for {
		if !s.lookAt.Equal(armed) && !s.lookAt.IsZero() {
			armed = s.lookAt
			look.Reset(time.Until(armed))
		}
		select {
		case m := <-in:
			s.hear(m, len(in) > 0)
		case <-look.C:
			s.attend(time.Now())
		case <-s.news:
			s.attend(time.Now())
		case <-limited.C: // no longer
		case <-idle.C:
			s.prune()
		case err := <-failed:
			s.leave()
			return err
		}
		for {
			// Between two runs of blocks a few messages are taken in, so that
			// neither a flood nor a long queue starves the other.
			for range min(len(in), mostHeard) {
				s.hear(<-in, len(in) > 0)
			}
			now := time.Now()
			if !s.lookAt.IsZero() && now.After(s.lookAt) {
				s.attend(now)
			}
			s.flush()
			if s.queue.empty() || ctx.Err() != nil {
				break
			}
			if !s.up.ready(now) {
				limited.Reset(time.Until(s.up.turn))
				break
			}
			s.serve(s.queue.pop(s.up.most()))
			select {
			case <-idle.C:
				s.prune()
			default:
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

// hear takes in one datagram, and answers. more says that others wait to be heard.
func (s *Server) hear(m incoming, more bool) {
	s.handle(m)
	s.settle(more)
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

// reply queues a datagram for the next flush.
func (s *Server) reply(to netip.AddrPort, b []byte) {
	s.replies = append(s.replies, Datagram{Addr: to, Head: b})
	s.cfg.Limits.Up.urgent(time.Now(), onWire(s.replies[len(s.replies)-1:]))
}

// flush sends the replies that are queued.
func (s *Server) flush() {
	if len(s.replies) > 0 {
		s.sock.Write(s.replies)
		clear(s.replies)
		s.replies = s.replies[:0]
	}
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

// hello answers a stranger: anybody can send this in anybody's name. While a limit is far
// behind with such answers there are none, for the sake of those who are known.
func (s *Server) hello(m incoming, msg hello) {
	if s.cfg.Limits.Up.flooded(m.at) {
		return
	}
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

// renew sends a cookie to who comes with an old or a false one, and is a stranger as well.
func (s *Server) renew(m incoming, nonce uint64) {
	if !s.cfg.Limits.Up.flooded(m.at) {
		s.grant(m, nonce, 0, 0)
	}
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
		s.renew(m, msg.nonce)
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
		if time.Since(k.seen) < lately && s.sessions.find(k.from, k.last.nonce) == nil {
			s.reply(k.from, appendRefuse(nil, refuse{k.last.nonce, reasonLeaving, k.last.number}))
		}
	}
	s.flush()
}
