package node

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"time"

	"udptorrent/tracker/api"
)

// mostTries is how often a NEED is sent that soon finds no tracker, and how often it is sent again
// to one that has forgotten the node.
const mostTries = 3

// need asks the tracker for owners of a torrent. A person waits for the answer, so it
// is asked again when the connection was one from before the tracker restarted, but not when
// it took as long as it may; and when the tracker has forgotten the node: that may be so twice,
// since it may restart while it is asked.
func (n *Node) need(ctx context.Context, req api.NeedRequest) (api.NeedAnswer, error) {
	for tries, joins := 1, 0; ; {
		req.Credentials = n.member.credentials()
		answer, err := n.tracker.Need(ctx, req)
		switch forgotten := n.member.heard(err); {
		case forgotten && joins < mostTries:
			joins++
			if err := n.member.register(ctx, time.Now()); err != nil {
				return answer, err
			}
		case errors.Is(err, api.ErrUnreachable) && !timedOut(err) && tries < mostTries:
			tries++
		default:
			return answer, err
		}
	}
}

// AwaitTracker waits until the node is registered, for those who have a Send wait for that. If
// it takes time report is told, once, with the name of the file at path. The error is that of ctx,
// also when the node ends, or ErrClosed.
func (n *Node) AwaitTracker(ctx context.Context, path string, report func(Progress)) error {
	ctx, end, err := n.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return n.awaitTracker(ctx, Progress{File: filepath.Base(path)}, report)
}

// awaitTracker waits until the node is registered. If that takes time show is told, once, with
// what p says of the file.
func (n *Node) awaitTracker(ctx context.Context, p Progress, show func(Progress)) error {
	select {
	case <-n.Ready():
		return nil
	case <-time.After(reportEvery):
	case <-ctx.Done():
		return ctx.Err()
	}
	p.Phase, p.ETA, p.Message = PhaseWaiting, -1, "waiting for the tracker "+n.tracker.URL()
	show(p)
	select {
	case <-n.Ready():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// timedOut reports whether a message failed since it took too long.
func timedOut(err error) bool {
	e := net.Error(nil)
	return errors.As(err, &e) && e.Timeout()
}

// announceURL is what a torrent made here names as its tracker.
func (n *Node) announceURL() string { return n.tracker.URL() + "/announce" }

// errNotJoined: the tracker takes no OWN before it has given the node a secret. The
// member's loop tells it what is served once it has.
var errNotJoined = errors.New("the node is not registered yet")

// tell sends an OWN.
func (n *Node) tell(ctx context.Context, req api.OwnRequest) error {
	req.Credentials = n.member.credentials()
	if req.Credentials.Secret == "" {
		return errNotJoined
	}
	err := n.tracker.Own(ctx, req)
	n.member.heard(err)
	return err
}

// refused reports whether the tracker has said no to a message and will say no again.
func refused(err error) bool {
	refusal := (*api.Error)(nil)
	if !errors.As(err, &refusal) {
		return false
	}
	switch refusal.Code {
	case api.Internal, api.UnknownNode, api.WrongSecret:
		return false
	}
	return true
}
