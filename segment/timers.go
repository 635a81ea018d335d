package segment

import "time"

// away is how late a timer must be to say that not the owners were silent, but this process
// was stopped: what they sent waits to be read.
const away = silence / 2

// forgive has the owners' silence count from now.
func (f *Fetch) forgive(now time.Time) {
	for _, o := range f.owners {
		o.heard, o.answered = now, now
	}
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// probeDue returns when to probe, zero if nothing is in flight.
func (o *owner) probeDue() time.Time {
	if o.ledger.inFlight == 0 {
		return time.Time{}
	}
	return later(o.heard, o.asked).Add(o.rtt.probeTimeout() << min(o.probes, 6))
}

// silentAt returns when an owner that owes bytes counts as dead, zero if it owes none.
func (o *owner) silentAt() time.Time {
	if o.ledger.inFlight == 0 {
		return time.Time{}
	}
	return later(o.heard, o.oldestAsk()).Add(max(silence, silentProbes*o.rtt.probeTimeout()))
}

// oldestAsk is when the oldest block in flight was asked for.
func (o *owner) oldestAsk() (at time.Time) {
	o.ledger.eachFlying(func(f *flight) bool {
		at = f.burst.at
		return false
	})
	return at
}

// nextTimer returns when o needs a look if nothing arrives and nothing more is to be asked
// of it; zero for never.
func (o *owner) nextTimer() (next time.Time) {
	soonest := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	soonest(o.helloDue)
	soonest(o.giveUpAt())
	if o.helloDue.IsZero() {
		soonest(o.renewAt)
	}
	soonest(o.lossDue)
	soonest(o.probeDue())
	soonest(o.silentAt())
	if o.connected && !o.due.IsZero() {
		soonest(o.deafAt())
	}
	for _, r := range o.receipts {
		if o.connected {
			soonest(r.due)
		}
	}
	return next
}

// nextAsk returns when o may have to be asked for bytes, or told of pieces, if nothing
// arrives; zero for never.
func (o *owner) nextAsk(now time.Time) (next time.Time) {
	switch {
	case !o.connected:
		return next
	case now.Before(o.paused):
		next = o.paused
	case o.pacing:
		next = o.pacer.wakeup()
	case o.starving:
		next = now.Add(idleLook)
	}
	if !o.due.IsZero() && (next.IsZero() || o.due.Before(next)) {
		next = o.due
	}
	return next
}

// helloNow reports whether a HELLO is due: the first, a repeat, or a renewal.
func (o *owner) helloNow(now time.Time) bool {
	if !o.helloDue.IsZero() {
		return !now.Before(o.helloDue)
	}
	return o.connected && !now.Before(o.renewAt)
}

// giveUpAt returns when a greeting has been tried for long enough, zero if none is
// under way. A renewal that fails leaves the session alone as long as anything comes.
func (o *owner) giveUpAt() time.Time {
	if o.helloDue.IsZero() {
		return time.Time{}
	}
	return later(o.helloFrom, later(o.heard, o.answered)).Add(greetingTime)
}

// noAnswer reports whether a greeting was in vain.
func (o *owner) noAnswer(now time.Time) bool {
	at := o.giveUpAt()
	return !at.IsZero() && !now.Before(at)
}

// isSilent reports whether o owes bytes and has been silent for too long.
func (o *owner) isSilent(now time.Time) bool {
	at := o.silentAt()
	return !at.IsZero() && !now.Before(at)
}
