package repl

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"udptorrent/node"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A view shows what commands do and what comes of them. There are two: text for
// people, and JSON lines for scripts.
type view interface {
	// progress is called while a command runs.
	progress(cmd Command, p node.Progress, now time.Time)

	// beside is progress for a download beside other commands.
	beside(cmd Command, p node.Progress, now time.Time)

	// found shows what a command brought: a node.Result, node.Shared,
	// node.Verified, node.Status or []api.Listing, or nil for nothing to show.
	found(cmd Command, what any)

	// ended is called last. err is nil if the command did what it was to do.
	ended(cmd Command, what any, took time.Duration, err error)

	// notice shows news that no command asked for.
	notice(text string)
}

// text is the view for people.
type text struct {
	out, err io.Writer
	meter    meter
}

func (v *text) progress(_ Command, p node.Progress, now time.Time) { v.meter.show(p, now) }

// beside shows nothing: people would lose sight of what they type.
func (v *text) beside(Command, node.Progress, time.Time) {}

func (v *text) notice(news string) { v.meter.say(news) }

func (v *text) ended(_ Command, _ any, _ time.Duration, err error) {
	v.meter.clear()
	if err != nil {
		fmt.Fprintln(v.err, "error: "+oneLine(err.Error()))
	}
}

func (v *text) found(cmd Command, what any) {
	v.meter.clear()
	var lines []string
	switch what := what.(type) {
	case node.Result:
		lines = resultText(what)
	case node.Shared:
		lines = sharedText(what)
	case node.Verified:
		lines = verifiedText(what)
	case node.Status:
		lines = statusText(what)
	case []api.Listing:
		lines = listText(what)
	}
	if cmd.Verb == Help {
		fmt.Fprint(v.out, helpText)
	}
	for _, line := range lines {
		fmt.Fprintln(v.out, strings.TrimRight(line, " "))
	}
}

func resultText(r node.Result) []string {
	if r.Resumed == r.Bytes && r.Bytes > 0 {
		return hereAlready(r)
	}
	lines := []string{
		fmt.Sprintf("%s: %s in %s%s, %s", printable(r.File), size(r.Bytes), seconds(r.Seconds), speed(r), checks(r.Pieces, r.SHA1Checked)),
		"  saved as   " + printable(r.Path),
	}
	lines = append(lines, hashes(r.InfoHash, r.SHA1)...)
	if r.Resumed > 0 {
		lines = append(lines, "  resumed    "+size(r.Resumed)+" were here already")
	}
	for _, o := range r.Owners {
		share := fmt.Sprintf("%.0f %%", float64(o.Bytes)/float64(max(1, r.Bytes))*100)
		lines = append(lines, fmt.Sprintf("  %-9s  %s  %s  %s", fmt.Sprintf("node %d", o.Node), pad(size(o.Bytes), 6), pad(share, 5), trouble(o)))
	}
	return lines
}

// trouble says how many blocks of an owner did not come at once, or nothing if all did.
func trouble(o node.OwnerResult) string {
	switch {
	case o.Lost == 0 && o.Repeated == 0:
		return ""
	case o.Lost == 0: // to find out whether the owner is still there
		return fmt.Sprintf("%d of %d blocks asked again", o.Repeated, o.Asked)
	}
	return fmt.Sprintf("%d of %d blocks taken for lost, %d asked again", o.Lost, o.Asked, o.Repeated)
}

// hereAlready is the text of a download that had nothing to fetch.
func hereAlready(r node.Result) []string {
	lines := []string{
		fmt.Sprintf("%s is here already: %s in %s, nothing was fetched", printable(r.File), size(r.Bytes), plural(r.Pieces, "piece")),
		"  found at   " + printable(r.Path),
	}
	return append(lines, hashes(r.InfoHash, r.SHA1)...)
}

// checks says what of a file was verified.
func checks(pieces int, whole bool) string {
	if whole {
		return plural(pieces, "piece") + " verified, SHA-1 of the file too"
	}
	return plural(pieces, "piece") + " verified"
}

// hashes lists the info-hash of a file, and its SHA-1 if that is known.
func hashes(infoHash, sha1 torrent.Hash) []string {
	lines := []string{"  info-hash  " + infoHash.String()}
	if !sha1.IsZero() {
		lines = append(lines, "  sha1       "+sha1.String())
	}
	return lines
}

// speed is that of what came over the network.
func speed(r node.Result) string {
	if fetched := r.Bytes - r.Resumed; fetched > 0 && r.Seconds > 0 {
		return " (" + rate(float64(fetched)/r.Seconds) + ")"
	}
	return ""
}

func sharedText(s node.Shared) []string {
	lines := []string{
		fmt.Sprintf("sharing %s: %s in %s", printable(s.File), size(s.Bytes), plural(s.Pieces, "piece")),
		"  torrent    " + printable(s.TorrentPath),
		"  info-hash  " + s.InfoHash.String(),
	}
	if !s.Owned {
		lines = append(lines, "  the tracker does not know yet: the node goes on telling it")
	}
	return lines
}

func verifiedText(v node.Verified) []string {
	if !v.Good {
		return nil // the error says it all
	}
	good := fmt.Sprintf("%s is good: %s, %s", printable(v.File), size(v.Bytes), checks(v.Pieces, v.SHA1Checked))
	return append([]string{good}, hashes(v.InfoHash, v.SHA1)...)
}

func listText(list []api.Listing) []string {
	if len(list) == 0 {
		return []string{"the tracker offers nothing yet; torrent -setMode send <file> changes that"}
	}
	rows := [][]string{{"NAME", "SIZE", "PIECES", "OWNERS", "INFO-HASH"}}
	byName := func(a, b api.Listing) int { return strings.Compare(a.Name, b.Name) } // as a status; the tracker's order is by info-hash
	for _, l := range slices.SortedStableFunc(slices.Values(list), byName) {
		rows = append(rows, []string{printable(l.Name), size(l.Length), fmt.Sprint(l.Pieces), fmt.Sprint(l.Owners), l.InfoHash.String()})
	}
	return columns(rows)
}
