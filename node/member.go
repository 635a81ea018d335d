package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/tracker/api"
)

// retryTracker is how long to wait before asking a tracker again that did not answer.
const retryTracker = time.Second

// lostLease is longer than a lease that nobody renews lasts.
const lostLease = 30 * time.Second

// A member keeps the node in the tracker's books: it registers, renews the lease
// and, when the tracker has forgotten the node, has everything announced again.
//
//	        register ok             no answer for a lease
//	joining -----------> registered ----------------------> joining
//	   |                     |
//	   | node id taken       | node id taken
//	   v                     v
//	 Run fails            Run fails
type member struct {
	node  *Node
	ready chan struct{} // closed once registered
	poke  chan struct{} // there is news for the tracker, or it has forgotten us

	notices chan string // for a person; see herald

	joining chan struct{} // full during a REGISTER: a second one would not know the secret that the first is given

	mu         sync.Mutex // guards what follows
	secret     string
	registered bool
	renewAt    time.Time // when to register next
	expires    time.Time // when the lease ends if it is not renewed
	away       bool      // the last attempt found no tracker
	answerLost bool      // the tracker may have taken in a REGISTER whose answer did not come
	takenSince time.Time // since when it has said that the node id is taken; zero if it does not
	refusal    string    // what it answered to the last REGISTER; empty if it took that in, or did not answer
}

func newMember(n *Node, secret string) *member {
	return &member{
		node:    n,
		ready:   make(chan struct{}),
		poke:    make(chan struct{}, 1),
		notices: make(chan string, mostNotices),
		joining: make(chan struct{}, 1),
		secret:  secret,
	}
}

// run talks to the tracker unasked, and passes notices on.
func (m *member) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var herald sync.WaitGroup
	herald.Go(func() { m.herald(ctx) })
	defer herald.Wait()
	defer cancel()
	return m.loop(ctx)
}

// loop does what is due, until ctx ends or something fails for good.
func (m *member) loop(ctx context.Context) error {
	for {
		wait, err := m.step(ctx, time.Now())
		if err != nil {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-m.poke:
			timer.Stop()
		}
	}
}

// step does what is due and returns how long there is nothing more to do. An error
// is for good.
func (m *member) step(ctx context.Context, now time.Time) (time.Duration, error) {
	m.passNotices()
	err := m.register(ctx, now) // before the check, which takes time where disks are slow
	if ctx.Err() != nil {
		return retryTracker, nil // the node closes, and has only to leave
	}
	m.node.library.check(now)
	m.passNotices()
	if err != nil {
		return retryTracker, m.failed(err, now)
	}
	if err := m.node.announce(ctx); err != nil {
		return retryTracker, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(0, time.Until(m.renewAt)), nil // to announce may have taken long
}

func (m *member) due(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.registered || !now.Before(m.renewAt)
}

// register sends a REGISTER, if one is due.
func (m *member) register(ctx context.Context, now time.Time) error {
	select {
	case m.joining <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.joining }()
	if ctx.Err() != nil { // the select may have taken either
		return ctx.Err()
	}
	if !m.due(now) {
		return nil
	}
	out, cancel := outlast(ctx)
	defer cancel()
	answer, err := m.node.tracker.Register(out, api.RegisterRequest{
		NodeID: m.node.cfg.ID,
		Port:   int(m.node.Addr().Port()),
		Secret: m.credentials().Secret,
	})
	if err != nil {
		m.unanswered(err, now)
		return err
	}
	if answer.Secret != m.credentials().Secret {
		if err := m.node.folder.SetSecret(answer.Secret); err != nil {
			m.node.log.Warn("secret not kept", zap.Error(err))
		}
	}
	if !answer.Known || m.lostAnswer() {
		m.node.library.forgotten()
		m.wake() // it may have been told of some files just now
	}
	m.joined(answer, now)
	return nil
}

// lostAnswer reports whether a REGISTER since the last answer may have been taken in: the
// tracker may know the node from that one only.
func (m *member) lostAnswer() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answerLost
}

// joined takes in the answer to REGISTER.
func (m *member) joined(answer api.RegisterAnswer, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		m.away = false
		m.notify("the tracker answers again")
	}
	if !m.registered {
		m.node.log.Info("registered", eventlog.Node(m.node.cfg.ID), zap.Bool("known", answer.Known))
	}
	m.secret = answer.Secret
	m.registered = true
	m.answerLost, m.takenSince, m.refusal = false, time.Time{}, ""
	m.renewAt = now.Add(time.Duration(answer.NodeIntervalMS) * time.Millisecond)
	m.expires = now.Add(time.Duration(answer.TrackerIntervalMS) * time.Millisecond)
	select {
	case <-m.ready:
	default:
		close(m.ready)
	}
}

// unanswered takes in the error of a REGISTER, whoever sent it.
func (m *member) unanswered(err error, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !errors.Is(err, api.NodeIDTaken):
		m.takenSince = time.Time{}
	case m.takenSince.IsZero():
		m.takenSince = now
	}
	refused := (*api.Error)(nil)
	switch m.refusal = ""; {
	case errors.As(err, &refused):
		m.refusal = refused.Error()
	case !nobodyListens(err):
		m.answerLost = true
	}
}

// failed returns the error if it is for good. Otherwise the node waits for the
// tracker, and says so once.
func (m *member) failed(err error, now time.Time) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.final(err, now) {
		return fmt.Errorf("register node %d: %w", m.node.cfg.ID, err)
	}
	if now.After(m.expires) {
		m.registered = false
	}
	if !m.away {
		m.away = true
		m.node.log.Warn("waiting for the tracker", zap.Error(err))
		m.notify(fmt.Sprintf("%v; waiting for it", err))
	}
	return nil
}

// final reports whether it is no use to register again. An id that is taken may be so
// by this very node: the tracker took in a REGISTER, and its answer, with the secret,
// was lost. Such a lease is not renewed and ends, at the latest when its time has passed
// with the tracker there: one that restarts lets all leases begin anew. m.mu is held.
func (m *member) final(err error, now time.Time) bool {
	refusal := (*api.Error)(nil)
	if !errors.As(err, &refusal) {
		return false
	}
	switch refusal.Code {
	case api.Internal, api.LimitReached:
		return false
	case api.NodeIDTaken:
		return !m.answerLost || now.Sub(m.takenSince) > lostLease
	}
	return true
}

// heard takes in what the tracker said to any other message, and reports whether it
// does not know the node any more. Then the loop registers again.
func (m *member) heard(err error) (forgotten bool) {
	if !errors.Is(err, api.UnknownNode) && !errors.Is(err, api.WrongSecret) {
		return false
	}
	m.mu.Lock()
	m.registered = false
	m.mu.Unlock()
	m.wake()
	return true
}

// wake has the loop look for news at once.
func (m *member) wake() {
	select {
	case m.poke <- struct{}{}:
	default:
	}
}

func (m *member) credentials() api.Credentials {
	m.mu.Lock()
	defer m.mu.Unlock()
	return api.Credentials{NodeID: m.node.cfg.ID, Secret: m.secret}
}

func (m *member) isRegistered() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.registered
}

// registration returns whether the node is registered, and if not what the tracker said, if anything.
func (m *member) registration() (registered bool, refusal string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.registered {
		return true, ""
	}
	return false, m.refusal
}

// wsaRefused is Windows' ECONNREFUSED, which syscall.ECONNREFUSED is not there.
const wsaRefused = syscall.Errno(10061)

// nobodyListens reports whether a request failed because nothing could have taken it in.
func nobodyListens(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused)
}
