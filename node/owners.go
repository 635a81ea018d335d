package node

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/segment"
)

const (
	// firstRetry is how long an owner that left is let alone; it doubles each time,
	// until bytes of it have been verified.
	firstRetry = time.Second
	lastRetry  = 8 * time.Second

	// mostStrikes is how often it is tried, until something is heard of it.
	mostStrikes = 6
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

	vouched   bool // the tracker says that it is that node
	displaced bool // another node has its address now

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

// local reports whether the owner is on this machine.
func (o *owner) local() bool { return o.addr.Addr().Unmap().IsLoopback() }

// used reports whether the source has to do with the owner now.
func (o *owner) used() bool { return o.state == OwnerConnecting || o.state == OwnerActive }

func (t *transfer) connect(o *owner, addr netip.AddrPort) {
	o.settle()
	o.addr, o.displaced, o.state = addr, false, OwnerConnecting
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
	if t.offer != nil {
		t.offer.others(func(h holdings) { delete(h, o.addr) })
	}
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

// retry connects again to owners whose time has come, if there is a place for them. One that
// had nothing when it made room may be a seed now.
func (t *transfer) retry(now time.Time) {
	for _, o := range t.owners {
		due := o.state == OwnerGone && !o.displaced && o.strikes < mostStrikes && !now.Before(o.retryAt)
		if due && (t.count((*owner).used) < mostOwners || o.vouched && t.makeRoom(now)) {
			t.connect(o, o.addr)
		}
	}
}

// revive has an owner that was given up tried once more: something was heard of it.
func (o *owner) revive(now time.Time) {
	if o.strikes >= mostStrikes {
		o.strikes, o.retryAt = mostStrikes-1, now
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
