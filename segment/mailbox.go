package segment

import (
	"container/heap"
	"net"
	"os"
	"sync"
	"time"
)

// A mailbox holds datagrams until they are due, in the order of their times. Any
// goroutine may use it; one at a time may take.
type mailbox struct {
	mu       sync.Mutex
	letters  letters
	count    uint64 // letters ever put: ties are taken in their order
	deadline time.Time
	closed   bool
	changed  chan struct{} // holds one token if take should look again
	taken    []Datagram
}

// letter is a datagram on its way, with memory of its own.
type letter struct {
	at    time.Time
	order uint64
	d     Datagram
}

// letters is a heap.Interface, the first due in front.
type letters []letter

func (l letters) Len() int      { return len(l) }
func (l letters) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l letters) Less(i, j int) bool {
	if !l[i].at.Equal(l[j].at) {
		return l[i].at.Before(l[j].at)
	}
	return l[i].order < l[j].order
}

func (l *letters) Push(x any) { *l = append(*l, x.(letter)) }
func (l *letters) Pop() any {
	old := *l
	last := old[len(old)-1]
	old[len(old)-1] = letter{}
	*l = old[:len(old)-1]
	return last
}

func newMailbox() *mailbox { return &mailbox{changed: make(chan struct{}, 1)} }

// put copies d into the mailbox, to be taken at t. It returns false after close.
func (m *mailbox) put(t time.Time, d Datagram) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	bytes := append(append(make([]byte, 0, d.Size()), d.Head...), d.Body...)
	m.count++
	heap.Push(&m.letters, letter{t, m.count, Datagram{Addr: d.Addr, Head: bytes}})
	m.signal()
	return true
}

func (m *mailbox) signal() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

func (m *mailbox) setDeadline(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deadline = t
	m.signal()
}

func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.letters = true, nil
	m.signal()
}

// take waits until something is due and returns all that is.
func (m *mailbox) take() ([]Datagram, error) {
	var timer *time.Timer
	for {
		ds, wake, err := m.due(time.Now())
		if err != nil || len(ds) > 0 {
			return ds, err
		}
		var expired <-chan time.Time
		if !wake.IsZero() {
			if timer == nil {
				timer = time.NewTimer(time.Until(wake))
				defer timer.Stop()
			} else {
				timer.Reset(time.Until(wake))
			}
			expired = timer.C
		}
		select {
		case <-m.changed:
		case <-expired:
		}
	}
}

// due returns what is due at now, or else when to look again.
func (m *mailbox) due(now time.Time) (ds []Datagram, wake time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		m.signal() // for whoever takes next
		return nil, wake, net.ErrClosed
	}
	if !m.deadline.IsZero() && !now.Before(m.deadline) {
		return nil, wake, os.ErrDeadlineExceeded
	}
	clear(m.taken)
	m.taken = m.taken[:0]
	for len(m.letters) > 0 && !m.letters[0].at.After(now) {
		m.taken = append(m.taken, heap.Pop(&m.letters).(letter).d)
	}
	wake = m.deadline
	if len(m.letters) > 0 && (wake.IsZero() || m.letters[0].at.Before(wake)) {
		wake = m.letters[0].at
	}
	return m.taken, wake, nil
}
