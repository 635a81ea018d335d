// Package mailbox holds values until they are due: the heart of the simulated
// line and of the in-memory network.
package mailbox

import (
	"container/heap"
	"net"
	"os"
	"sync"
	"time"
)

// A Box holds values until they are due, in the order of their times. Any
// goroutine may use it; one at a time may Take.
type Box[T any] struct {
	mu       sync.Mutex
	letters  letters[T]
	count    uint64 // letters ever put: ties are taken in their order
	deadline time.Time
	closed   bool
	changed  chan struct{} // holds one token if Take should look again
	taken    []T
}

// letter is a value on its way.
type letter[T any] struct {
	at    time.Time
	order uint64
	value T
}

// New returns an empty box.
func New[T any]() *Box[T] { return &Box[T]{changed: make(chan struct{}, 1)} }

// Put has v taken at t or later. It returns false after Close.
func (b *Box[T]) Put(t time.Time, v T) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.count++
	heap.Push(&b.letters, letter[T]{t, b.count, v})
	b.signal()
	return true
}

// Len returns how many values wait.
func (b *Box[T]) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.letters)
}

// SetDeadline ends a waiting Take at t; the zero time means never.
func (b *Box[T]) SetDeadline(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deadline = t
	b.signal()
}

// Close drops what waits and ends Take.
func (b *Box[T]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.letters = true, nil
	b.signal()
}

func (b *Box[T]) signal() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// Take waits until something is due and returns all that is, in a slice that is
// valid until the next Take. It returns os.ErrDeadlineExceeded when the deadline
// passes and net.ErrClosed after Close.
func (b *Box[T]) Take() ([]T, error) {
	var timer *time.Timer
	for {
		values, wake, err := b.due(time.Now())
		if err != nil || len(values) > 0 {
			return values, err
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
		case <-b.changed:
		case <-expired:
		}
	}
}

// due returns what is due at now, or else when to look again.
func (b *Box[T]) due(now time.Time) (values []T, wake time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		b.signal() // for whoever takes next
		return nil, wake, net.ErrClosed
	}
	if !b.deadline.IsZero() && !now.Before(b.deadline) {
		return nil, wake, os.ErrDeadlineExceeded
	}
	clear(b.taken)
	b.taken = b.taken[:0]
	for len(b.letters) > 0 && !b.letters[0].at.After(now) {
		b.taken = append(b.taken, heap.Pop(&b.letters).(letter[T]).value)
	}
	wake = b.deadline
	if len(b.letters) > 0 && (wake.IsZero() || b.letters[0].at.Before(wake)) {
		wake = b.letters[0].at
	}
	return b.taken, wake, nil
}

// letters is a heap.Interface, the first due in front.
type letters[T any] []letter[T]

func (l letters[T]) Len() int      { return len(l) }
func (l letters[T]) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l letters[T]) Less(i, j int) bool {
	if !l[i].at.Equal(l[j].at) {
		return l[i].at.Before(l[j].at)
	}
	return l[i].order < l[j].order
}

// Push is for package heap.
func (l *letters[T]) Push(x any) { *l = append(*l, x.(letter[T])) }

// Pop is for package heap.
func (l *letters[T]) Pop() any {
	old := *l
	last := old[len(old)-1]
	old[len(old)-1] = letter[T]{}
	*l = old[:len(old)-1]
	return last
}
