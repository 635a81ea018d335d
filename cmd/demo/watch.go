package main

import (
	"cmp"
	"fmt"
	"slices"
)

// cells is into how many parts the watch cuts the file.
const cells = 600

// A watch follows a download by its progress events, which say what range each owner has
// to deliver, and by its log, which says why. Who has delivered what it infers from the
// fronts of the ranges, which move as pieces are verified.
type watch struct {
	length int64
	owners []*part    // by node id
	by     [cells]int // node id of who delivered the cell, 0 is nobody yet
	last   event      // the latest progress
}

// A part is what the watch knows of one owner.
type part struct {
	ownerEvent
	lost   span // what it had not begun when it went, until another takes it
	absent bool // it went, and may be being looked for again
}

// A span is the bytes [from, to) of the file.
type span struct{ from, to int64 }

func (s span) has(off int64) bool { return s.from <= off && off < s.to }
func (s span) String() string     { return fmt.Sprintf("%s-%s", number(s.from), size(s.to)) }

// take takes in a progress.
func (w *watch) take(e event) {
	w.length, w.last = e.Length, e
	for _, o := range e.Owners {
		p := w.part(o.Node)
		if o.gone() {
			p.absent = true
		} else {
			w.deliver(p, o)
		}
		p.ownerEvent = o
	}
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

// decided takes in what the node's log says of ranges, and returns the news in it, a
// sentence each.
func (w *watch) decided(list []decision) (news []string) {
	var first []decision
	for _, d := range list {
		if d.why == "equal share" {
			first = append(first, d)
		} else if s := w.changed(d); s != "" {
			news = append(news, s)
		}
	}
	if len(first) > 0 {
		news = slices.Insert(news, 0, firstRanges(first))
	}
	return news
}

// changed says what a later decision means.
func (w *watch) changed(d decision) string {
	if d.why == "" {
		w.part(d.node).lost = d.span
		return fmt.Sprintf("node %d is silent: what it had not begun, %v, is for the others now", d.node, d.span)
	}
	var from int
	if n, _ := fmt.Sscanf(d.why, "left by node %d", &from); n == 1 {
		w.part(from).lost = span{}
		return fmt.Sprintf("node %d has delivered its range and takes what node %d left, %v", d.node, from, d.span)
	}
	if n, _ := fmt.Sscanf(d.why, "back half of node %d's", &from); n == 1 {
		return fmt.Sprintf("node %d has run dry and takes the back half of node %d's range, %v", d.node, from, d.span)
	}
	return ""
}

// firstRanges says who was asked for what at the start.
func firstRanges(list []decision) string {
	slices.SortFunc(list, func(a, b decision) int { return cmp.Compare(a.node, b.node) })
	s := "equal ranges at first:"
	for i, d := range list {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprintf(" node %d %v", d.node, d.span)
	}
	return s
}

// number writes bytes as megabytes, without the unit.
func number(n int64) string { return fmt.Sprintf("%.0f", float64(n)/1e6) }

// size writes bytes as megabytes.
func size(n int64) string { return number(n) + " MB" }
