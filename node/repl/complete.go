package repl

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// grammar tells which words may follow which; a word that ends in a space wants more.
var grammar = map[string][]string{
	"":                 {"torrent ", "help", "exit"},
	"torrent":          {"-setMode ", "-list", "-status", "-verify "},
	"torrent -setmode": {"send ", "download ", "exit"},
}

// listPatience bounds how long Tab waits for the tracker.
const listPatience = 500 * time.Millisecond

// completer returns the completer of the editor: it is given the line and the
// position of the cursor in runes, and returns what stays before, what may follow,
// and what stays behind.
func (s *Session) completer(ctx context.Context) func(string, int) (string, []string, string) {
	offered := func() (names []string) {
		ctx, cancel := context.WithTimeout(ctx, listPatience)
		defer cancel()
		list, _ := s.node.List(ctx) // without the tracker there are only files
		for _, l := range list {
			names = append(names, l.Name)
		}
		return names
	}
	return func(line string, pos int) (string, []string, string) {
		runes := []rune(line)
		head, completions := complete(string(runes[:pos]), offered)
		return head, completions, string(runes[pos:])
	}
}

// complete returns the part of left that stays, and what may follow it. offered
// returns the names of the torrents that can be downloaded.
func complete(left string, offered func() []string) (head string, completions []string) {
	path, rest := "", strings.TrimLeft(left, " \t")
	for {
		word, after := cutWord(rest)
		if word == rest { // the word is still being typed
			return left[:len(left)-len(rest)], matching(grammar[path], rest)
		}
		path, rest = strings.TrimLeft(path+" "+strings.ToLower(word), " "), after
		switch path {
		case "torrent -setmode send", "torrent -verify":
			return completeName(left, rest, files(unquoteOpen(rest), ""))
		case "torrent -setmode download":
			names := append(files(unquoteOpen(rest), ".torrent"), offered()...)
			return completeName(left, rest, names)
		}
	}
}

func matching(words []string, start string) (found []string) {
	for _, w := range words {
		if strings.HasPrefix(strings.ToLower(w), strings.ToLower(start)) {
			found = append(found, w)
		}
	}
	return found
}

// completeName completes the name that left ends with.
func completeName(left, typed string, names []string) (string, []string) {
	start := unquoteOpen(typed)
	var found []string
	for _, name := range names {
		// What could act on the terminal is not put there.
		if strings.HasPrefix(name, start) && printable(name) == name && !slices.Contains(found, quote(name)) {
			found = append(found, quote(name))
		}
	}
	slices.Sort(found)
	return left[:len(left)-len(typed)], found
}

// unquoteOpen takes the quotes off a name that is still being typed.
func unquoteOpen(s string) string {
	if closed := unquote(s); closed != s {
		return closed
	}
	if strings.HasPrefix(s, `"`) || strings.HasPrefix(s, "'") {
		return s[1:]
	}
	return s
}

// files returns the paths that start may become: folders, and files that end in
// suffix. Hidden ones are left out unless start asks for them.
func files(start, suffix string) (found []string) {
	folder, base := filepath.Split(start)
	entries, _ := os.ReadDir(cmp.Or(folder, "."))
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") && !strings.HasPrefix(base, ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.IsDir() {
			found = append(found, folder+name+string(filepath.Separator))
		} else if strings.HasSuffix(name, suffix) {
			found = append(found, folder+name)
		}
	}
	return found
}
