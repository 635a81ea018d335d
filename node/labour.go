package node

import (
	"sync"
	"time"
)

const (
	// bulk is how many bytes are hashed at a stretch before that counts as hard work: as many
	// as take about a millisecond.
	bulk = 1 << 20

	// leisure is how long there must be no hard work before it is said to be over.
	leisure = time.Second
)

// A labour tells whoever wants to know when a node hashes in bulk, which all processors
// can share, and when it no longer does. Any goroutine may use it; a nil one tells nobody.
type labour struct {
	tell func(busy bool)

	mu    sync.Mutex // guards the rest, and calls to tell
	hands int        // who are at work
	busy  bool       // what was told last
	rest  *time.Timer
}

// newLabour returns the labour of which tell is told; nil if that is nil.
func newLabour(tell func(busy bool)) *labour {
	if tell == nil {
		return nil
	}
	l := &labour{tell: tell}
	l.rest = time.AfterFunc(leisure, l.rested)
	l.rest.Stop()
	return l
}

// begin says that work begins. The caller calls end when it is over.
func (l *labour) begin() (end func()) {
	if l == nil {
		return func() {}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hands++
	l.rest.Stop()
	if !l.busy {
		l.busy = true
		l.tell(true)
	}
	return l.end
}

func (l *labour) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hands--; l.hands == 0 {
		l.rest.Reset(leisure)
	}
}

// rested ends what nobody has gone on with.
func (l *labour) rested() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hands == 0 && l.busy {
		l.busy = false
		l.tell(false)
	}
}
