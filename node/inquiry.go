package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"udptorrent/tracker/api"
)

const (
	// The tracker is asked again for owners: soon when nobody delivers, at leisure when
	// there are few, and now and then for newcomers.
	askAlone = 2 * time.Second
	askFew   = 10 * time.Second
	askAgain = time.Minute

	// askFirst is when it is asked again for the first time, if it named few; each time the
	// wait doubles. All of a flash crowd find nobody but the seed at first, and until they
	// know each other it sends to them alone.
	askFirst = 100 * time.Millisecond

	// few owners are worth more of them. In a swarm they are worth so many more, and so
	// much sooner: who knows half as many as the others gets half as many turns, and is last.
	few      = 3
	fewPeers = 10
	askPeers = 5 * time.Second

	// lull is how long nothing comes before owners that have nothing for us are no help. In
	// a swarm that is no rare moment: all wait for the same seed.
	lull = 3 * time.Second
)

// An inquiry is the transfer's asking of the tracker.
type inquiry struct {
	under bool      // a NEED is out
	at    time.Time // when the last one was answered
	times int       // how often one was
	err   error     // what it was answered
}

func (q *inquiry) answered(now time.Time) {
	q.under, q.at = false, now
	q.times++
}

// inquire asks the tracker for owners, if it is time to.
func (t *transfer) inquire(ctx context.Context, now time.Time) {
	if t.inquiry.under || !t.inquiry.at.IsZero() && now.Sub(t.inquiry.at) < t.inquireEvery(now) {
		return
	}
	t.inquiry.under = true
	t.asking.Go(func() {
		answer, err := t.node.need(ctx, api.NeedRequest{InfoHash: t.tor.InfoHash})
		t.source.Do(func(now time.Time) { t.answered(answer, err, now) })
	})
}

// inquireEvery returns how long an answer is good enough.
func (t *transfer) inquireEvery(now time.Time) time.Duration {
	soon := askFirst << min(max(t.inquiry.times-1, 0), 10)
	answering := t.count((*owner).active)
	switch {
	case t.alone(now):
		return min(askAlone, soon)
	case answering < fewPeers && t.plan.Swarming():
		return min(askPeers, soon)
	case answering < few:
		return min(askFew, soon)
	case answering < fewPeers && soon < askFew:
		return soon
	}
	return askAgain
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
	if t.alone(now) {
		t.message = t.loneliness()
	}
}

// alone reports whether nobody is there to deliver: no owner that has anything of what is
// missing answers, and none that was not tried before is being tried.
func (t *transfer) alone(now time.Time) bool {
	answering := false
	for _, o := range t.owners {
		switch {
		case o.state == OwnerConnecting && o.strikes == 0, o.active() && t.plan.Useful(o.number):
			return false
		case o.active():
			answering = true
		}
	}
	return !answering || now.Sub(t.lastFresh) > lull
}

// loneliness says why nobody delivers.
func (t *transfer) loneliness() string {
	switch {
	case t.inquiry.at.IsZero():
		return fmt.Sprintf("asking the tracker who shares %s", t.tor.Name)
	case errors.Is(t.inquiry.err, api.UnknownTorrent):
		return fmt.Sprintf("the tracker knows nobody who shares %s; asking again", t.tor.Name)
	case t.inquiry.err != nil && len(t.owners) == 0:
		return fmt.Sprintf("no owner of %s is known, and %v; asking again", t.tor.Name, t.inquiry.err)
	case t.inquiry.err != nil:
		return fmt.Sprintf("nobody delivers %s (%s), and %v; asking again", t.tor.Name, t.reasons(), t.inquiry.err)
	case len(t.owners) == 0:
		return fmt.Sprintf("nobody shares %s now; asking the tracker again", t.tor.Name)
	}
	return fmt.Sprintf("nobody delivers %s (%s); asking the tracker again", t.tor.Name, t.reasons())
}

// abandoned is the error of a transfer whose patience has ended.
func (t *transfer) abandoned(now time.Time) error {
	waited := fmt.Sprintf("waited %s", now.Sub(t.lastFresh).Round(time.Second))
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
		if why := t.reason(o); why != nil {
			said = append(said, fmt.Sprintf("node %d: %v", o.node, why))
		}
	}
	if more := len(said) - most; more > 0 {
		said = append(said[:most], fmt.Sprintf("%d more", more))
	}
	return strings.Join(said, "; ")
}

// Why an owner that answers may deliver nothing.
var (
	errNothingNew = errors.New("has none of the missing pieces")
	errOthers     = errors.New("serves others first")
)

// reason returns why an owner delivers nothing, nil if that is not known.
func (t *transfer) reason(o *owner) error {
	switch {
	case !o.active():
		return o.why
	case !t.plan.Useful(o.number):
		return errNothingNew
	case t.plan.Swarming():
		return errOthers
	}
	return nil
}
