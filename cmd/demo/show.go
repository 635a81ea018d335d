package main

import (
	"fmt"
	"strings"
)

const (
	mostBar  = 60 // columns of a bar on a terminal
	leastBar = 10
	plainBar = 16 // and in a plain line
)

// What a bar is made of: the whole bar is the file.
const (
	nobodys   = '.'
	remaining = '=' // this owner has still to deliver it
	delivered = '#' // this owner has delivered it
	lost      = 'x' // this owner would have
)

// block draws the ranges, in lines of at most width columns:
//
//	total   [################...............]    52 %   310 of 600 MB  22 MB/s
//	node 1  [###========....................]    70 MB   7.0 MB/s
//	node 2  [..........#####xxxxxx..........]    90 MB  gone
//	node 3  [....................########===]   160 MB   7.0 MB/s
func (w *watch) block(width int) []string {
	texts := []string{w.total()}
	for _, p := range w.owners {
		texts = append(texts, fmt.Sprintf("%4s MB  %s", number(p.Bytes), p.doing()))
	}
	bar := mostBar
	for _, t := range texts {
		bar = min(bar, width-len("node 1  []  ")-len(t))
	}
	bar = max(bar, leastBar)
	lines := []string{fmt.Sprintf("total   [%s]  %s", w.whole(bar), texts[0])}
	for i, p := range w.owners {
		lines = append(lines, fmt.Sprintf("node %-2d [%s]  %s", p.Node, w.bar(p, bar), texts[i+1]))
	}
	for i, line := range lines {
		lines[i] = line[:min(len(line), max(width, 0))]
	}
	return lines
}

// line draws the same in one line:
//
//	52 %  21.5 MB/s  1 [#=====..........]  2 [.....##xxxx.....]  3 [..........####==]
func (w *watch) line() string {
	s := fmt.Sprintf("%3.0f %%  %4.1f MB/s", w.percent(), w.last.Rate/1e6)
	for _, p := range w.owners {
		s += fmt.Sprintf("  %d [%s]", p.Node, w.bar(p, plainBar))
	}
	return s
}

func (w *watch) percent() float64 { return 100 * float64(w.last.Bytes) / float64(max(w.length, 1)) }

func (w *watch) total() string {
	return fmt.Sprintf("%4.0f %%   %s of %s  %.0f MB/s", w.percent(), number(w.last.Bytes), size(w.length), w.last.Rate/1e6)
}

// doing says what an owner does.
func (p *part) doing() string {
	if p.active() {
		return fmt.Sprintf("%4.1f MB/s", p.Rate/1e6)
	}
	if p.absent {
		return "gone"
	}
	return p.State
}

// whole is the bar of the file: what of it has come.
func (w *watch) whole(width int) string {
	n := min(int(float64(width)*w.percent()/100), width)
	return strings.Repeat(string(delivered), n) + strings.Repeat(string(nobodys), width-n)
}

// bar is the bar of one owner. A column that stands for several things shows what is
// still to come.
func (w *watch) bar(p *part, width int) string {
	left := span{p.From, p.To}
	columns := make([]byte, width)
	for c := range columns {
		columns[c] = nobodys
		for i := c * cells / width; i < (c+1)*cells/width; i++ {
			middle := (int64(i)*2 + 1) * w.length / (2 * cells)
			switch {
			case w.by[i] == p.Node:
				if columns[c] == nobodys {
					columns[c] = delivered
				}
			case p.lost.has(middle):
				columns[c] = lost
			case left.has(middle) && w.by[i] == 0:
				columns[c] = remaining
			}
		}
	}
	return string(columns)
}

// shares is one bar of the whole file with the numbers of those who delivered it.
func (w *watch) shares(width int) string {
	columns := make([]byte, width)
	for c := range columns {
		columns[c] = nobodys
		for i := c * cells / width; i < (c+1)*cells/width; i++ {
			if w.by[i] != 0 {
				columns[c] = byte('0' + w.by[i]%10)
			}
		}
	}
	return string(columns)
}
