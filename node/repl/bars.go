package repl

import (
	"fmt"
	"math"
	"strings"

	"github.com/mattn/go-runewidth"

	"udptorrent/node"
)

const (
	leastBar = 20 // columns below which a bar says nothing
	mostBar  = 60
)

// block draws progress in lines of at most width columns:
//
//	lab.iso  downloading
//	total   [###################......................]   45 %  451 MB of 1.0 GB  32 MB/s  0:17 left  431/954 pieces
//	node 1  [.........======..........................]  120 MB  10 MB/s   25 ms
//	node 2  [........................=================]  331 MB  22 MB/s   0.9 ms
//
// The bar of an owner is the file: = is what is left of the chunk that it has to
// deliver, so that one sees chunks shrink and move. At most owners of them are drawn.
func block(p node.Progress, width, owners int) []string {
	var rows []row
	if whole := totals(p); whole != nil {
		rows = append(rows, row{"total", func(w int) string { return filled(p.Bytes, p.Length, w) }, whole})
	}
	shown := p.Owners[:min(len(p.Owners), max(0, owners))]
	for _, o := range shown {
		rows = append(rows, row{ownerLabel(o), func(w int) string { return span(o.From, o.To, p.Length, w) }, deliveries(o)})
	}
	title := fit(printable(p.File), width-len(p.Phase)-2) + "  " + string(p.Phase)
	lines := append([]string{title}, align(rows, width)...)
	if more := len(p.Owners) - len(shown); more > 0 {
		lines = append(lines, fmt.Sprintf("and %s more", plural(more, "owner")))
	}
	for i := range lines {
		lines[i] = strings.TrimRight(fit(lines[i], width), " ")
	}
	return lines
}

// A row is a bar with a label before it and words after it, the most important first.
type row struct {
	label string
	bar   func(width int) string
	words []string
}

// align writes rows with bars of one width below each other, and with as many words
// as leave room for that. With no room at all there are no bars.
func align(rows []row, width int) []string {
	label := 0
	for _, r := range rows {
		label = max(label, len(r.label))
	}
	words, room := 6, 0
	for ; words > 0 && room < leastBar; words-- {
		room = mostBar
		for _, r := range rows {
			room = min(room, width-label-len("  []  ")-runewidth.StringWidth(r.text(words)))
		}
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = pad(r.label, label) + "  "
		if room >= leastBar {
			lines[i] += "[" + r.bar(room) + "]  " + r.text(words+1)
		} else {
			lines[i] += r.text(len(r.words))
		}
	}
	return lines
}

// text returns the first n words.
func (r row) text(n int) string { return strings.Join(r.words[:min(n, len(r.words))], "  ") }

// line says in one line what block draws, for output that is not a terminal.
func line(p node.Progress) string {
	words := append([]string{printable(p.File), string(p.Phase)}, totals(p)...)
	for _, o := range p.Owners {
		words = append(words, fmt.Sprintf("%s %s", ownerLabel(o), size(o.Bytes)))
		if o.State != node.OwnerActive {
			words[len(words)-1] += " " + string(o.State)
		}
	}
	for i, w := range words {
		words[i] = strings.TrimSpace(w)
	}
	return strings.Join(words, "  ")
}

func ownerLabel(o node.OwnerProgress) string { return fmt.Sprintf("node %d", o.Node) }

// totals describes the whole, the most important first. There is nothing to say of a file that
// has not begun and of which nothing is known, as while the tracker is away.
func totals(p node.Progress) []string {
	if p.Length == 0 && (p.Phase == node.PhaseWaiting || p.Phase == node.PhaseQueued) {
		return nil
	}
	percent := int64(100)
	if p.Length > 0 {
		percent = int64(float64(p.Bytes) / float64(p.Length) * 100)
	}
	words := []string{fmt.Sprintf("%3d %%", percent), size(p.Bytes) + " of " + size(p.Length)}
	if p.Phase == node.PhaseFinishing {
		return words // what is left to do is not counted in bytes
	}
	if p.Rate > 0 {
		words = append(words, rate(p.Rate))
	}
	if p.Rate > 0 && p.ETA >= 0 {
		words = append(words, clock(p.ETA)+" left")
	}
	if p.PiecesTotal > 0 {
		words = append(words, fmt.Sprintf("%d/%d pieces", p.Pieces, p.PiecesTotal))
	}
	return words
}

// deliveries describes an owner, the most important first.
func deliveries(o node.OwnerProgress) []string {
	words := []string{pad(size(o.Bytes), 6)}
	switch o.State {
	case node.OwnerActive:
		return append(words, pad(rate(o.Rate), 8), roundTrip(o.RTT))
	case node.OwnerIdle:
		return append(words, pad(string(o.State), 8), roundTrip(o.RTT))
	}
	return append(words, string(o.State))
}

// filled is a bar of which done/whole is full.
func filled(done, whole int64, width int) string {
	n := width
	if whole > 0 {
		n = int(float64(done) / float64(whole) * float64(width))
	}
	n = max(0, min(n, width))
	return strings.Repeat("#", n) + strings.Repeat(".", width-n)
}

// span is a bar that stands for whole, with [from, to) marked.
func span(from, to, whole int64, width int) string {
	if from >= to || whole <= 0 {
		return strings.Repeat(".", width)
	}
	cell := float64(whole) / float64(width)
	first := max(0, min(int(float64(from)/cell), width-1))
	last := max(first, min(int(math.Ceil(float64(to)/cell))-1, width-1))
	return strings.Repeat(".", first) + strings.Repeat("=", last-first+1) + strings.Repeat(".", width-1-last)
}
