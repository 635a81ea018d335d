package score

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Table is what a row of the bench prints.
type Table struct {
	Name    string // of the row, as it is chosen
	Title   string // what was measured
	Columns []string
	Lines   [][]string // the first cell is a name, the others are figures
	Notes   []string
}

// Add appends a line.
func (t *Table) Add(cells ...string) { t.Lines = append(t.Lines, cells) }

// Note appends a note, if it is not there yet.
func (t *Table) Note(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	for _, n := range t.Notes {
		if n == note {
			return
		}
	}
	t.Notes = append(t.Notes, note)
}

// Plain writes the table for a terminal.
func (t *Table) Plain(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %s\n", t.Name, t.Title)
	widths := t.widths()
	for _, line := range t.all() {
		var b strings.Builder
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("  " + cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	for _, n := range t.Notes {
		fmt.Fprintln(w, "  *", n)
	}
}

// all returns the lines below their heads; nothing if there is none.
func (t *Table) all() [][]string {
	if len(t.Lines) == 0 {
		return nil
	}
	return append([][]string{t.Columns}, t.Lines...)
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.Columns))
	for _, line := range t.all() {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// Markdown writes the table for a page.
func (t *Table) Markdown(w io.Writer) {
	fmt.Fprintf(w, "### %s\n\n%s\n\n", t.Name, t.Title)
	for i, line := range t.all() {
		fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			fmt.Fprintf(w, "|---%s|\n", strings.Repeat("|---:", len(line)-1))
		}
	}
	for _, n := range t.Notes {
		fmt.Fprintf(w, "\n- %s", n)
	}
	if len(t.Notes) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

// Figure formats a number with three digits that matter; NaN is unknown.
func Figure(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case a >= 99.5 || a == 0:
		return fmt.Sprintf("%.0f", v)
	case a >= 9.95:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.0995:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// Percent formats a share.
func Percent(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	if math.Abs(v) < 0.0995 {
		return Figure(v*100) + " %"
	}
	return fmt.Sprintf("%.1f %%", v*100)
}

// MiB formats a size in bytes.
func MiB(bytes float64) string {
	if math.IsNaN(bytes) || bytes == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f MiB", bytes/(1<<20))
}

// Spread formats the least and the greatest of values.
func Spread(values []float64) string {
	if len(values) == 0 {
		return "-"
	}
	return Figure(slices.Min(values)) + " - " + Figure(slices.Max(values))
}
