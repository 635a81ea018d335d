package segment

import (
	"errors"
	"net/netip"
	"os"
	"time"

	"go.uber.org/zap"
)

// This is the part of a Server that answers REQUESTs: it queues them, reads the file and
// sends DATA.

// enqueue takes in s.request. An asker whose cookie is too old, or from before a
// restart, is given a new one and asks again.
func (s *Server) enqueue(m incoming) {
	r := &s.request
	if !s.jar.check(r.cookie, m.from, m.at) {
		s.renew(m, r.nonce)
		return
	}
	k := s.sessions.find(m.from, r.nonce)
	if k != nil && k.hash != r.hash {
		k = nil // of another torrent
	}
	if !s.mayAsk(k) {
		for _, span := range r.ranges {
			s.busy(m.from, r.nonce, r.block, span, waitForTurn)
		}
		return
	}
	if k != nil {
		k.seen, k.wants = m.at, true
	}
	total := int64(0)
	for _, span := range r.ranges {
		total += int64(span.n)
		a := ask{
			span: span, from: m.from, to: r.answerTo(m.from), nonce: r.nonce, hash: r.hash, session: k, block: r.block,
			plain: r.flags&flagPlain != 0, local: r.flags&flagLocal != 0 && isLocal(m.from), at: m.at,
		}
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
	if k != nil {
		s.turns.use(m.at, k)
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

// serve answers one run of blocks.
func (s *Server) serve(a ask) {
	if a.session != nil {
		a.session.queued -= a.n
	}
	switch err := s.deliver(a); {
	case errors.Is(err, ErrLacking):
		s.busy(a.from, a.nonce, a.block, a.span, waitForBytes)
	case err != nil:
		s.queue.drop(a.from, a.hash)
		s.refuse(a.from, a.nonce, a.number, err)
	default:
		s.sent.Add(int64(a.n))
		s.account(a)
	}
}

// deliver sends the blocks of a, from the file itself if that can be.
func (s *Server) deliver(a ask) error {
	c, err := s.cfg.Library.Open(a.hash)
	if err != nil {
		return err
	}
	if a.off+int64(a.n) > c.Size() {
		return errRange
	}
	if out, f := s.fileSender(a, c); out != nil {
		return f.WithFile(a.off, a.n, func(file *os.File) error {
			s.compose(a, kindLocal, nil)
			return out.WriteFile(s.batch, file, a.off, a.n, a.block)
		})
	}
	n, err := c.ReadAt(s.payload[:a.n], a.off)
	if n < a.n { // io.ReaderAt may return io.EOF with the last bytes
		return err
	}
	s.compose(a, kindData, s.payload[:n])
	s.sock.Write(s.batch)
	return nil
}

// compose makes the datagrams of a in s.batch, and charges them to the limit. Of kindLocal they
// lack the file bytes.
func (s *Server) compose(a ask, kind kind, payload []byte) {
	held := uint16(min(time.Since(a.at)/heldUnit, 1<<16-1))
	blocks := blocksOf(a.n, a.block)
	s.heads, s.batch = s.heads[:0], s.batch[:0]
	if need := blocks * dataOverhead; cap(s.heads) < need {
		s.heads = make([]byte, 0, need) // appends must not move it below
	}
	for k := range blocks {
		from := k * a.block
		m := data{kind: kind, nonce: a.nonce, held: held, number: a.number + uint32(k)}
		if kind == kindData {
			m.payload = payload[from:min(from+a.block, a.n)]
		}
		start := len(s.heads)
		s.heads = appendDataHead(s.heads, m)
		s.batch = append(s.batch, Datagram{Addr: a.to, Head: s.heads[start:], Body: m.payload, Alone: a.plain})
	}
	s.up.spend(a.n + blocks*(dataOverhead+headersOf(a.from)))
}
