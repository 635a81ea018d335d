package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/segment"
	"udptorrent/tracker/api"
)

const (
	// firstRetry is how long an owner that left is let alone; it doubles each time,
	// until bytes of it have been verified.
	firstRetry = time.Second
	lastRetry  = 8 * time.Second

	// The tracker is asked again for owners: soon when there are none, at leisure
	// when there are few, and now and then for newcomers.
	askAlone = 2 * time.Second
	askFew   = 10 * time.Second
	askAgain = time.Minute

	// few owners are worth more of them.
	few = 3

	// mostOwners is how many owners a transfer uses at one time.
	mostOwners = 16
)

// An owner is one node that the transfer fetches from, or did. It has one state:
//
//	             Connected             Gone                retry
//	connecting ------------> active ---------> gone -----------------> connecting
//	     |                                      ^
//	     +------------------ Gone --------------+       any --bad piece--> banned
type owner struct {
	number int // of the source and the plan
	node   int
	addr   netip.AddrPort
	state  OwnerState // idle is active with nothing to deliver: see publish

	received int64 // payload bytes that came, repeats included
	verified int64 // bytes of verified pieces
	thanked  int64 // of them, those in receipts
	thankAt  time.Time

	why     error     // why it delivers nothing now, nil if it answers or is new
	strikes int       // how often it left since bytes of it were verified
	retryAt time.Time // when to connect again, once it is gone
	speed   speedometer

	session segment.OwnerStats // of its present session, when last looked at
	past    OwnerResult        // blocks of those before
}

// look takes in what the source knows of the owner. A source that has left it knows
// nothing any more.
func (o *owner) look(s segment.OwnerStats) {
	if s.Connected {
		o.session = s
	}
}

// settle ends the account of a session.
func (o *owner) settle() {
	o.past = o.result()
	o.session = segment.OwnerStats{}
}

// result is what the owner delivered, and what that took.
func (o *owner) result() OwnerResult {
	return OwnerResult{
		Node: o.node, Bytes: o.verified,
		Asked:    o.past.Asked + o.session.Asked,
		Repeated: o.past.Repeated + o.session.Repeated,
		Lost:     o.past.Lost + o.session.Lost,
	}
}

func (o *owner) came(n int) { o.received += int64(n) }

// used reports whether the source has to do with the owner now.
func (o *owner) used() bool { return o.state == OwnerConnecting || o.state == OwnerActive }

// An inquiry is the transfer's asking of the tracker.
type inquiry struct {
	under bool      // a NEED is out
	at    time.Time // when the last one was answered
	err   error     // what it was answered
}

func (q *inquiry) answered(now time.Time) { q.under, q.at = false, now }

// take begins to fetch from owners that the tracker named. The first ones get equal
// chunks; those that come later take from what is left.
func (t *transfer) take(named []api.Owner, now time.Time) {
	first := len(t.owners) == 0
	for _, a := range named {
		addr, err := netip.ParseAddrPort(a.Addr)
		if err != nil {
			t.log.Warn("owner with an impossible address", eventlog.Node(a.NodeID), zap.String("addr", a.Addr))
			continue
		}
		t.meet(a.NodeID, addr, now)
	}
	if first {
		numbers := make([]int, len(t.owners))
		for i := range numbers {
			numbers[i] = i
		}
		t.plan.Assign(numbers)
	}
}

// meet connects to an owner, unless it is in use, banned, or left so short a time ago
// that it is not yet its turn. One that has moved is looked for at its new address.
func (t *transfer) meet(node int, addr netip.AddrPort, now time.Time) {
	var known *owner
	for _, o := range t.owners {
		if o.node == node {
			known = o
		}
		if o.addr == addr && o.state == OwnerBanned {
			return
		}
	}
	switch {
	case known == nil:
		if t.count((*owner).used) < mostOwners {
			o := &owner{number: len(t.owners), node: node, thankAt: now}
			t.owners = append(t.owners, o)
			t.connect(o, addr)
		}
	case known.state == OwnerGone && known.addr != addr:
		t.connect(known, addr)
	}
}

func (t *transfer) connect(o *owner, addr netip.AddrPort) {
	o.settle()
	o.addr, o.state = addr, OwnerConnecting
	t.log.Info("connecting", eventlog.Node(o.node), eventlog.Peer(addr))
	t.source.Connect(o.number, addr)
}

// Connected implements segment.Sink.
func (t *transfer) Connected(owner int, now time.Time) {
	o := t.owners[owner]
	o.state, o.why = OwnerActive, nil
	o.speed.start(o.received, now)
	t.plan.Join(owner, now)
	t.message = ""
	t.log.Info("owner answers", eventlog.Node(o.node), eventlog.Peer(o.addr))
}

// Gone implements segment.Sink. What the owner was to deliver goes to the others.
func (t *transfer) Gone(owner int, err error, now time.Time) {
	o := t.owners[owner]
	if o.state == OwnerBanned {
		return
	}
	t.plan.Leave(owner, now)
	o.state, o.why = OwnerGone, err
	wait := min(firstRetry<<min(o.strikes, 10), lastRetry)
	if errors.Is(err, segment.ErrUnknown) || errors.Is(err, segment.ErrChanged) {
		wait = lastRetry // it is well and does not have the file
	}
	o.strikes++
	o.retryAt = now.Add(wait)
	t.message = fmt.Sprintf("node %d (%s): %v", o.node, o.addr, err)
	t.log.Warn("owner gone", eventlog.Node(o.node), eventlog.Peer(o.addr), zap.Error(err), zap.Duration("retry", wait))
}

// retry connects again to owners whose time has come.
func (t *transfer) retry(now time.Time) {
	for _, o := range t.owners {
		if o.state == OwnerGone && !now.Before(o.retryAt) && t.count((*owner).used) < mostOwners {
			t.connect(o, o.addr)
		}
	}
}

// count returns how many owners are as is says.
func (t *transfer) count(is func(*owner) bool) int {
	n := 0
	for _, o := range t.owners {
		if is(o) {
			n++
		}
	}
	return n
}

func (o *owner) active() bool { return o.state == OwnerActive }

// alone reports whether nobody is there to deliver: no owner answers, and none that
// was not tried before is being tried.
func (t *transfer) alone() bool {
	return t.count(func(o *owner) bool {
		return o.state == OwnerActive || o.state == OwnerConnecting && o.strikes == 0
	}) == 0
}

// inquire asks the tracker for owners, if it is time to.
func (t *transfer) inquire(ctx context.Context, now time.Time) {
	every := askAgain
	if n := t.count((*owner).active); n == 0 {
		every = askAlone
	} else if n < few {
		every = askFew
	}
	if t.inquiry.under || !t.inquiry.at.IsZero() && now.Sub(t.inquiry.at) < every {
		return
	}
	t.inquiry.under = true
	t.asking.Go(func() {
		answer, err := t.node.need(ctx, api.NeedRequest{InfoHash: t.tor.InfoHash})
		t.source.Do(func(now time.Time) { t.answered(answer, err, now) })
	})
}

// answered takes in what the tracker said.
func (t *transfer) answered(answer api.NeedAnswer, err error, now time.Time) {
	if t.over() {
		return
	}
	t.inquiry.answered(now)
	t.inquiry.err = err
	if err != nil {
		t.log.Warn("tracker names no owners", zap.Error(err))
	}
	t.take(answer.Owners, now)
	if t.alone() {
		t.message = t.loneliness()
	}
}

// loneliness says why nobody delivers.
func (t *transfer) loneliness() string {
	switch {
	case t.inquiry.at.IsZero():
		return fmt.Sprintf("asking the tracker who shares %s", t.tor.Name)
	case errors.Is(t.inquiry.err, api.UnknownTorrent):
		return fmt.Sprintf("the tracker knows nobody who shares %s; asking again", t.tor.Name)
	case t.inquiry.err != nil:
		return fmt.Sprintf("no owner of %s answers, and %v; asking again", t.tor.Name, t.inquiry.err)
	case len(t.owners) == 0:
		return fmt.Sprintf("nobody shares %s now; asking the tracker again", t.tor.Name)
	}
	return fmt.Sprintf("nobody delivers %s (%s); asking the tracker again", t.tor.Name, t.reasons())
}

// abandoned is the error of a transfer whose patience has ended.
func (t *transfer) abandoned() error {
	waited := fmt.Sprintf("waited %s", t.node.cfg.Patience)
	if why := t.reasons(); why != "" {
		waited += "; " + why
	}
	err := fmt.Errorf("%w (%s)", ErrNoOwners, waited)
	if t.inquiry.err != nil {
		err = fmt.Errorf("%w: %w", err, t.inquiry.err)
	}
	return err
}

// reasons says of each owner why it delivers nothing, of a few if there are many.
func (t *transfer) reasons() string {
	const most = 3
	var said []string
	for _, o := range t.owners {
		if o.why != nil {
			said = append(said, fmt.Sprintf("node %d: %v", o.node, o.why))
		}
	}
	if more := len(said) - most; more > 0 {
		said = append(said[:most], fmt.Sprintf("%d more", more))
	}
	return strings.Join(said, "; ")
}
