package node

import (
	"context"
	"errors"
	"time"

	"udptorrent/tracker/api"
)

// mostTries is how often a NEED is sent that finds no tracker.
const mostTries = 3

// need asks the tracker for owners of a torrent. A person waits for the answer, so it
// is asked again when the connection was one from before the tracker restarted, and,
// once, when the tracker has forgotten the node.
func (n *Node) need(ctx context.Context, req api.NeedRequest) (api.NeedAnswer, error) {
	joined := false
	for tries := 1; ; tries++ {
		req.Credentials = n.member.credentials()
		answer, err := n.tracker.Need(ctx, req)
		switch forgotten := n.member.heard(err); {
		case forgotten && !joined:
			joined = true
			if err := n.member.register(ctx, time.Now()); err != nil {
				return answer, err
			}
		case !errors.Is(err, api.ErrUnreachable) || tries >= mostTries:
			return answer, err
		}
	}
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
