package repl

import (
	"fmt"
	"strings"
)

// forms tells how each word that a person may try is really written.
var forms = map[string]string{
	"torrent":  "torrent -setMode ...",
	"setMode":  "torrent -setMode send, download or exit",
	"send":     "torrent -setMode send <file>",
	"download": "torrent -setMode download <file.torrent | name | info-hash>",
	"list":     "torrent -list",
	"status":   "torrent -status",
	"verify":   "torrent -verify <file>",
	"exit":     "torrent -setMode exit",
	"quit":     "torrent -setMode exit",
	"help":     "help",
}

// unknown returns the error of a word that is not one of known, with the nearest
// of them if one is near.
func unknown(kind, word string, known ...string) error {
	if near := nearest(word, known); near != "" {
		return fmt.Errorf("unknown %s %q; did you mean %q?", kind, word, forms[near])
	}
	return fmt.Errorf("unknown %s %q; help lists the commands", kind, clip(word))
}

// clip returns as much of word as tells a person which one is meant.
func clip(word string) string {
	const most = 40
	if letters := []rune(word); len(letters) > most {
		return string(letters[:most]) + "..."
	}
	return word
}

// nearest returns the known word that is fewest edits away from word, or "" if
// that is more than a third of it. Dashes and case do not count.
func nearest(word string, known []string) string {
	word = strings.ToLower(strings.Trim(word, "-"))
	if len(word) > 32 {
		return ""
	}
	best, fewest := "", max(1, len(word)/3)+1
	for _, k := range known {
		if d := distance(word, strings.ToLower(k)); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance, with the swap of two neighbours as one
// edit (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before, last []int // rows i-2 and i-1 of the table
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		before, last, row = last, row, make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			replaced := last[j]
			if s[i] != t[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(t)]
}
