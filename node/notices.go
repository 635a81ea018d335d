package node

import "context"

// mostNotices is how many notices wait for whoever takes them. What finds no room is in the log
// only.
const mostNotices = 100

// herald passes notices on until ctx ends. Whoever takes them may be slow, as a terminal that
// stands still is, so this is done by a goroutine that nobody else waits for.
func (m *member) herald(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case text := <-m.notices:
			m.node.cfg.Notice(text)
		}
	}
}

// notify has a person told of something, soon.
func (m *member) notify(text string) {
	select {
	case m.notices <- text:
	default:
	}
}

// passNotices has a person told what the library has found.
func (m *member) passNotices() {
	for _, text := range m.node.library.untold() {
		m.notify(text)
	}
}
