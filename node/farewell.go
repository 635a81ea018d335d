package node

import (
	"context"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/tracker/api"
)

// farewell bounds how long a node that closes waits for the tracker: for the answer to a
// REGISTER that is out, and for that to its EXIT.
const farewell = 2 * time.Second

// outlast returns a context that ends a farewell after ctx. A REGISTER that is out comes to its
// end in it: the tracker may have taken it in, and without the secret in the answer nobody can
// tell it that the node has left. The id would be taken until the lease ends.
func outlast(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(farewell, cancel) })
	return out, func() { stop(); cancel() }
}

// leave has the tracker forget the node, if it knows it.
func (m *member) leave() {
	if !m.isRegistered() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	err := m.node.tracker.Exit(ctx, api.ExitRequest{Credentials: m.credentials()})
	m.node.log.Info("node left", eventlog.Node(m.node.cfg.ID), zap.Error(err))
}
