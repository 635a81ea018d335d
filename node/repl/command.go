package repl

import (
	"fmt"
	"strings"
)

// A Verb is what a command does.
type Verb string

const (
	Nothing  Verb = "" // an empty line
	Send     Verb = "send"
	Download Verb = "download"
	Exit     Verb = "exit"
	List     Verb = "list"
	Status   Verb = "status"
	Verify   Verb = "verify"
	Help     Verb = "help"
)

// A Command is one parsed line.
type Command struct {
	Verb Verb
	Name string // what Send, Download and Verify are about; else empty

	// Beside says that it is a Download that runs beside the commands that follow.
	Beside bool
}

// ParseLine parses a line of the REPL. The rest of the line after send, download
// or -verify is one name, spaces and all:
//
//	torrent -setMode send lecture 1 (final).pdf
//
// One pair of quotes around it, double or single, is taken off, so that a name
// may begin or end with a space; all that is inside stands for itself. A download whose
// line ends with a word of its own, &, runs beside the commands that follow. The error
// says what would have been right.
func ParseLine(line string) (Command, error) {
	line = strings.TrimSpace(line)
	cmd, err := parseLine(line)
	if rest, ok := cutAmpersand(line); ok && cmd.Verb == Download {
		cmd, err = parseLine(rest)
		cmd.Beside = true
	}
	return cmd, err
}

// cutAmpersand takes the & off the end of a line.
func cutAmpersand(line string) (rest string, ok bool) {
	rest, ok = strings.CutSuffix(line, "&")
	trimmed := strings.TrimRightFunc(rest, isSpace)
	return trimmed, ok && trimmed != rest
}

func parseLine(line string) (Command, error) {
	return parse(words{
		next: func() (word string) {
			word, line = cutWord(line)
			return word
		},
		rest: func() string { return unquote(line) },
	})
}

// ParseArgs parses a command whose words the shell has already told apart. They
// are taken as they are; a name in several words is joined with spaces.
func ParseArgs(args []string) (Command, error) {
	return parse(words{
		next: func() (word string) {
			if len(args) > 0 {
				word, args = args[0], args[1:]
			}
			return word
		},
		rest: func() string { return strings.Join(args, " ") },
	})
}

// words is where parse reads: word by word, then all the rest as one.
type words struct {
	next func() string
	rest func() string
}

func parse(w words) (Command, error) {
	first := w.next()
	switch strings.ToLower(first) {
	case "":
		return Command{}, nil
	case "torrent":
		return parseTorrent(w)
	case "help", "?", "-h", "-help", "--help":
		return Command{Verb: Help}, nil
	case "exit", "quit":
		return bare(Exit, first, w)
	}
	return Command{}, unknown("command", first, "torrent", "help", "exit", "quit", "send", "download", "list", "status", "verify", "setMode")
}

func parseTorrent(w words) (Command, error) {
	option := w.next()
	switch strings.ToLower("-" + strings.TrimLeft(option, "-")) {
	case "-setmode":
		return parseMode(w)
	case "-list":
		return bare(List, "torrent -list", w)
	case "-status":
		return bare(Status, "torrent -status", w)
	case "-verify":
		return named(Verify, "torrent -verify <file>", w)
	case "-h", "-help":
		return Command{Verb: Help}, nil
	case "-":
		return Command{}, fmt.Errorf("torrent needs an option: -setMode, -list, -status or -verify")
	}
	return Command{}, unknown("option", option, "setMode", "list", "status", "verify", "send", "download", "exit", "help")
}

func parseMode(w words) (Command, error) {
	mode := w.next()
	switch strings.ToLower(mode) {
	case "send":
		return named(Send, "torrent -setMode send <file>", w)
	case "download":
		return named(Download, "torrent -setMode download <file.torrent | name | info-hash>", w)
	case "exit":
		return bare(Exit, "torrent -setMode exit", w)
	case "":
		return Command{}, fmt.Errorf("-setMode needs a mode: send, download or exit")
	}
	return Command{}, unknown("mode", mode, "send", "download", "exit", "list", "status", "verify", "help")
}

func named(verb Verb, form string, w words) (Command, error) {
	name := w.rest()
	if name == "" {
		return Command{}, fmt.Errorf("a name is missing: %s", form)
	}
	return Command{Verb: verb, Name: name}, nil
}

func bare(verb Verb, form string, w words) (Command, error) {
	if extra := w.rest(); extra != "" {
		return Command{}, fmt.Errorf("%q is too much: %s stands alone", extra, form)
	}
	return Command{Verb: verb}, nil
}

func cutWord(line string) (word, rest string) {
	i := strings.IndexFunc(line, isSpace)
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimLeftFunc(line[i:], isSpace)
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' }

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// quote returns name as it must be typed, so that ParseLine gives it back.
func quote(name string) string {
	_, beside := cutAmpersand(" " + name)
	if name != "" && unquote(name) == name && strings.TrimSpace(name) == name && !beside {
		return name
	}
	return `"` + name + `"`
}
