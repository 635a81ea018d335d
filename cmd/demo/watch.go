package main

import (
	"cmp"
	"fmt"
	"slices"
)

// cells is into how many parts the watch cuts the file.
const cells = 600

// A watch follows a download by its progress events: which range each owner has to
// deliver, and who has delivered what. The latter it infers from the fronts of the
// ranges, which move as pieces are verified.
type watch struct {
	length int64
	owners []*part    // by node id
	by     [cells]int // node id of who delivered the cell, 0 is nobody yet
	last   event      // the latest progress
	told   bool       // the first ranges
}

// A part is what the watch knows of one owner.
type part struct {
	ownerEvent
	lost      span // what it left undone when it went, until another takes it
	announced bool // that it is gone
}

// A span is the bytes [from, to) of the file.
type span struct{ from, to int64 }

func (s span) has(off int64) bool { return s.from <= off && off < s.to }
func (s span) String() string     { return fmt.Sprintf("%s-%s", number(s.from), size(s.to)) }

// worthTelling keeps the many small ranges of the last second out of the story.
const worthTelling = 0.03

// take takes in a progress and returns the news in it, a sentence each.
func (w *watch) take(e event) (news []string) {
	w.length, w.last = e.Length, e
	if len(e.Owners) == 0 {
		return nil
	}
	for _, o := range e.Owners {
		p := w.part(o.Node)
		if !o.gone() {
			w.deliver(p, o)
		}
		if s := w.change(p, o); s != "" {
			news = append(news, s)
		}
	}
	for _, o := range e.Owners {
		w.part(o.Node).ownerEvent = o
	}
	if !w.told {
		w.told = true
		news = append(news, w.firstRanges())
	}
	return news
}

// finish takes in that the download is done: those that are still there have delivered
// what they had to. Ranges are read from their front, so what came before the watch
// first saw a range is of whoever delivered the rest.
func (w *watch) finish() {
	for _, p := range w.owners {
		if !p.gone() {
			w.deliver(p, ownerEvent{})
		}
	}
	for i := cells - 2; i >= 0; i-- {
		if w.by[i] == 0 {
			w.by[i] = w.by[i+1]
		}
	}
}

// arrived returns how many bytes had come when the owners were last heard of, those
// that came twice included.
func (w *watch) arrived() (n int64) {
	for _, p := range w.owners {
		n += p.Bytes
	}
	return n
}

// part returns the part of a node, new if need be.
func (w *watch) part(node int) *part {
	i, found := slices.BinarySearchFunc(w.owners, node, func(p *part, node int) int { return cmp.Compare(p.Node, node) })
	if !found {
		w.owners = slices.Insert(w.owners, i, &part{ownerEvent: ownerEvent{Node: node}})
	}
	return w.owners[i]
}

// deliver marks what lies between the old front of a range and the new one. A range
// that is left for another has been delivered up to its end.
func (w *watch) deliver(p *part, now ownerEvent) {
	upTo := p.To
	if now.From >= p.From && now.From < p.To {
		upTo = now.From
	}
	for i := w.cell(p.From); i < w.cell(upTo); i++ {
		w.by[i] = p.Node
	}
}

func (w *watch) cell(off int64) int { return int(off * cells / max(w.length, 1)) }

// change says what has become of an owner's range since the last look.
func (w *watch) change(p *part, now ownerEvent) string {
	before := span{p.From, p.To}
	switch {
	case now.gone():
		if p.announced {
			return ""
		}
		p.announced, p.lost = true, before
		return fmt.Sprintf("node %d is silent: what it had not delivered, %v, is for the others now", p.Node, p.lost)
	case now.From == now.To || before == span{}:
		return ""
	case now.From < before.from || now.From >= before.to:
		return w.taken(p, span{now.From, now.To}, now.From)
	case now.To > before.to: // the end of the old range is still on its way
		return w.taken(p, span{before.to, now.To}, now.To-1)
	}
	return ""
}

// taken says from whom the range came that holds the byte at off.
func (w *watch) taken(p *part, got span, off int64) string {
	for _, from := range w.owners {
		switch {
		case from == p:
		case from.lost.has(off):
			got.to = min(got.to, from.lost.to)
			from.lost = span{}
			return fmt.Sprintf("node %d has delivered its range and takes what node %d left, %v", p.Node, from.Node, got)
		case !from.gone() && (span{from.From, from.To}).has(off):
			got.to = min(got.to, from.To)
			if float64(got.to-got.from) < worthTelling*float64(w.length) {
				return ""
			}
			return fmt.Sprintf("node %d has run dry and takes the back half of node %d's range, %v", p.Node, from.Node, got)
		}
	}
	return ""
}

// firstRanges says who was asked for what at the start.
func (w *watch) firstRanges() string {
	s := "equal ranges at first:"
	for i, p := range w.owners {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprintf(" node %d %v", p.Node, span{p.From, p.To})
	}
	return s
}

// number writes bytes as megabytes, without the unit.
func number(n int64) string { return fmt.Sprintf("%.0f", float64(n)/1e6) }

// size writes bytes as megabytes.
func size(n int64) string { return number(n) + " MB" }
