package node

import (
	"cmp"
	"slices"
	"time"
)

// publish shows how far the transfer has come.
func (t *transfer) publish(now time.Time) {
	s := t.plan.Snapshot(now)
	p := Progress{
		Phase: PhaseDownloading, File: t.tor.Name, InfoHash: t.tor.InfoHash,
		Bytes: t.verified, Length: t.tor.Length,
		Pieces: t.have, PiecesTotal: t.tor.NumPieces(),
		Owners: make([]OwnerProgress, len(t.owners)), Message: t.message,
	}
	if t.alone(now) {
		p.Phase = PhaseWaiting
		p.Message = cmp.Or(p.Message, t.loneliness())
	}
	come := t.tor.Length - s.Left + s.Held
	p.Rate = t.speed.read(come, now)
	p.ETA = eta(t.tor.Length-come, p.Rate)
	for i, o := range t.owners {
		p.Owners[i] = t.describe(o, now)
	}
	for _, of := range s.Owners {
		o := &p.Owners[of.Owner]
		if of.Live {
			o.Pieces = of.Has
		}
		o.From, o.To = of.From, of.To
		if o.State == OwnerActive && of.From == of.To && of.Owed == 0 {
			o.State = OwnerIdle
		}
	}
	t.show(p)
}

func (t *transfer) describe(o *owner, now time.Time) OwnerProgress {
	p := OwnerProgress{Node: o.node, Addr: o.addr.String(), Bytes: o.received, State: o.state, Via: ViaAsker}
	if o.vouched {
		p.Via = ViaTracker
	}
	if o.state == OwnerActive {
		p.Rate = o.speed.read(o.received, now)
		o.look(t.source.Stats(o.number))
		p.RTT = o.session.RTT
	}
	return p
}

// tally returns who delivered how many of the verified bytes, most first. The source
// has ended.
func (t *transfer) tally() []OwnerResult {
	var list []OwnerResult
	for _, o := range t.owners {
		if o.verified > 0 {
			o.look(t.source.Stats(o.number))
			list = append(list, o.result())
		}
	}
	slices.SortStableFunc(list, func(a, b OwnerResult) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return list
}
