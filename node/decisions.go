package node

import (
	"fmt"
	"math"
	"strings"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/node/plan"
)

// logDecisions logs what the plan has decided since the last time, and whether it deals out
// ranges or goes by rarity.
func (t *transfer) logDecisions() {
	for _, d := range t.plan.Decisions() {
		of := eventlog.Node(t.owners[d.Owner].node)
		from, to, bytes := zap.Int64("from", d.From), zap.Int64("to", d.To), zap.Int64("bytes", d.Bytes)
		if d.Change == plan.Left {
			t.log.Info("range left", of, from, to, bytes)
		} else {
			t.log.Info("range", of, from, to, bytes, zap.String("why", t.reasonFor(d)))
		}
	}
	switch swarming := t.plan.Swarming(); {
	case swarming == t.swarming:
	case swarming:
		t.log.Info("rarest first", zap.String("why", "an owner has only a part"))
	default:
		t.log.Info("ranges again", zap.String("why", "no owner has only a part"))
	}
	t.swarming = t.plan.Swarming()
}

// reasonFor says why a range is an owner's now.
func (t *transfer) reasonFor(d plan.Decision) string {
	switch {
	case d.Change == plan.Assigned:
		return "equal share"
	case d.Of == plan.Nobody:
		return "nobody's"
	case d.Change == plan.Stolen:
		return fmt.Sprintf("back half of node %d's", t.owners[d.Of].node)
	default:
		return fmt.Sprintf("left by node %d", t.owners[d.Of].node)
	}
}

// logDone logs the end of a download: who delivered how many bytes of it.
func (n *Node) logDone(r Result) {
	var owners []string
	for _, o := range r.Owners {
		owners = append(owners, fmt.Sprintf("node %d %d", o.Node, o.Bytes))
	}
	n.log.Info("download done", eventlog.Torrent(r.InfoHash), zap.String("file", r.File),
		zap.Int64("bytes", r.Bytes), zap.Float64("seconds", math.Round(r.Seconds*1000)/1000),
		zap.Int64("resumed", r.Resumed), zap.String("owners", strings.Join(owners, ", ")))
}
