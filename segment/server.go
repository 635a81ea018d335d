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
// transfer: what it holds are the requests that it has yet to answer.
//
// Run's goroutine owns all of it but sent. A second goroutine does nothing but
// read the socket, so that requests are taken in while an answer waits for the
// network.
type Server struct {
	sock Socket
	cfg  ServerConfig
	log  *zap.Logger

	jar      jar
	queue    queue
	up       allowance
	request  request // scratch of handle
	heads    []byte  // scratch of serve: the headers of a batch
	payload  []byte  // and its file bytes
	batch    []Datagram
	complain time.Time // when a read error was last logged

	sent atomic.Int64 // payload bytes; read by any goroutine
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

// Told says that an Offer has more to tell. Any goroutine may call it.
func (s *Server) Told(h InfoHash) {}

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
	limited := time.NewTimer(time.Hour)
	defer limited.Stop()
	for {
		var m incoming
		select {
		case m = <-in:
			s.handle(m)
		case <-idle.C:
			s.prune()
		case <-limited.C: // no longer
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
			if len(d.Head) > receiptFixed+MaxReceipt && len(d.Head) > requestFixed+maxRanges*rangeSize {
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
func (s *Server) grant(m incoming, nonce uint64, number uint32) {
	s.reply(m.from, appendGrant(nil, grant{
		nonce:      nonce,
		lifetime:   uint16(cookieEpoch / time.Second),
		number:     number,
		cookie:     s.jar.bake(m.from, m.at),
		maxRequest: uint32(s.cfg.Limits.Up.largest()),
		maxQueue:   maxQueueBytes,
	}))
}

func (s *Server) hello(m incoming, msg hello) {
	if _, err := s.cfg.Library.Open(msg.hash); err != nil {
		s.refuse(m.from, msg.nonce, msg.number, err)
		return
	}
	s.grant(m, msg.nonce, msg.number)
}

// enqueue takes in s.request. An asker whose cookie is too old, or from before a
// restart, is given a new one and asks again.
func (s *Server) enqueue(m incoming) {
	r := &s.request
	if !s.jar.check(r.cookie, m.from, m.at) {
		s.grant(m, r.nonce, 0)
		return
	}
	total := 0
	for _, span := range r.ranges {
		total += span.n
		a := ask{span, m.from, r.nonce, r.hash, r.block, r.flags&flagPlain != 0, m.at}
		ok, first := false, false
		if total <= maxRequestBytes {
			ok, first = s.queue.push(a, m.at)
		}
		if first {
			s.log.Info("serving", hashField(r.hash), peerField(m.from))
		}
		if !ok {
			count := (span.n + r.block - 1) / r.block
			s.log.Debug("busy", hashField(r.hash), peerField(m.from), zap.Int("blocks", count))
			s.reply(m.from, appendBusy(nil, busy{r.nonce, busyWait, span.number, uint32(count)}))
		}
	}
}

// busyWait is how long an asker is told to wait, in milliseconds.
const busyWait = 20

// heldUnit is the unit of DATA's held field: 65,535 of them are 2 seconds.
const heldUnit = 32 * time.Microsecond

// serve reads one run of blocks and sends them.
func (s *Server) serve(a ask) {
	payload, err := s.load(a)
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
		s.grant(m, msg.nonce, 0)
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
	for _, k := range s.queue.askers {
		if time.Since(k.seen) < lately {
			s.reply(k.from, appendRefuse(nil, refuse{k.last.nonce, reasonLeaving, k.last.number}))
		}
	}
}
