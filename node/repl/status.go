package repl

import (
	"fmt"

	"udptorrent/node"
)

// statusText shows a node's status. Below each file are the nodes that it is fetched from,
// with what goes both ways, and those that fetch it from here:
//
//	serving:
//	  lab.iso  1.0 GB  cd4f...
//	    NODE  ADDRESS        SENT    OUT       HAS   RANK
//	    7     10.0.0.7:4011  310 MB  8.1 MB/s  31 %  296
//	fetching:
//	  notes.pdf  downloading   45 %  451 MB of 1.0 GB
//	    NODE  ADDRESS        STATE   IN        OUT       HAS    VIA
//	    1     10.0.0.1:4001  active  12 MB/s             100 %  tracker
//	    9     10.0.0.9:4002  active  2.0 MB/s  1.1 MB/s  38 %   asker
func statusText(s node.Status) []string {
	lines := []string{
		fmt.Sprintf("node %d on %s, folder %s", s.Node, s.Addr, printable(s.Folder)),
		fmt.Sprintf("tracker %s: %s", printable(s.Tracker), registration(s)),
	}
	var serving, fetching [][]string
	for _, f := range s.Shared {
		serving = append(serving, askerTable(f.Askers, f.Pieces))
	}
	for _, p := range s.Downloading {
		fetching = append(fetching, peerTable(p))
	}
	lines = append(lines, section("serving", sharedRows(s.Shared), serving)...)
	lines = append(lines, section("fetching", progressRows(s.Downloading), fetching)...)
	return append(lines, section("to be resumed", partialRows(s.Partial), nil)...)
}

// registration says whether the tracker knows the node, and if not why.
func registration(s node.Status) string {
	switch {
	case s.Registered:
		return "registered"
	case s.Refused != "":
		return "not registered: " + oneLine(s.Refused)
	}
	return "not registered: the tracker has not answered"
}

func sharedRows(list []node.SharedStatus) (rows [][]string) {
	for _, f := range list {
		news := f.Problem
		if news == "" && !f.Owned {
			news = "the tracker does not know yet"
		}
		rows = append(rows, []string{printable(f.File), size(f.Bytes), f.InfoHash.String(), oneLine(news)})
	}
	return rows
}

func progressRows(list []node.Progress) (rows [][]string) {
	for _, p := range list {
		rows = append(rows, append([]string{printable(p.File), string(p.Phase)}, totals(p)...))
	}
	return rows
}

func partialRows(list []node.Partial) (rows [][]string) {
	for _, p := range list {
		rows = append(rows, []string{printable(p.File), size(p.Bytes) + " of " + size(p.Length), p.InfoHash.String()})
	}
	return rows
}

// askerTable shows who fetches a file from here.
func askerTable(askers []node.Asker, pieces int) []string {
	rows := [][]string{{"NODE", "ADDRESS", "SENT", "OUT", "HAS", "RANK"}}
	for _, a := range askers {
		rows = append(rows, []string{
			fmt.Sprint(a.Node), serves(a), size(a.Bytes), flow(a.Rate), portion(a.Pieces, pieces), rank(a),
		})
	}
	return table(rows)
}

// peerTable shows who a file is fetched from, and who of them and of others fetches it from
// here.
func peerTable(p node.Progress) []string {
	askers := make(map[string]node.Asker)
	for _, a := range p.Askers {
		askers[a.Addr] = a
	}
	rows := [][]string{{"NODE", "ADDRESS", "STATE", "IN", "OUT", "HAS", "VIA"}}
	for _, o := range p.Owners {
		rows = append(rows, []string{
			fmt.Sprint(o.Node), o.Addr, string(o.State), flow(o.Rate), flow(askers[o.Addr].Rate),
			portion(o.Pieces, p.PiecesTotal), string(o.Via),
		})
		delete(askers, o.Addr)
	}
	for _, a := range p.Askers {
		if _, other := askers[a.Addr]; other {
			rows = append(rows, []string{
				fmt.Sprint(a.Node), serves(a), "asks", "", flow(a.Rate), portion(a.Pieces, p.PiecesTotal), "",
			})
		}
	}
	return table(rows)
}

// table writes rows below their heads, nothing if there are none.
func table(rows [][]string) []string {
	if len(rows) == 1 {
		return nil
	}
	return columns(rows)
}

// serves is where an asker serves what it has.
func serves(a node.Asker) string {
	if a.Addr == "" {
		return "serves nowhere"
	}
	return a.Addr
}

// flow is a rate, or nothing where nothing flows.
func flow(r float64) string {
	if r < 1 {
		return ""
	}
	return rate(r)
}

func portion(n, of int) string { return fmt.Sprintf("%d %%", n*100/max(of, 1)) }

// rank says when an asker is served: the smallest first.
func rank(a node.Asker) string {
	if a.Waits {
		return "waits"
	}
	return fmt.Sprintf("%.0f", a.Rank)
}

// section writes rows below a title, and below each what belongs to it.
func section(title string, rows [][]string, below [][]string) []string {
	if len(rows) == 0 {
		return []string{title + ": nothing"}
	}
	lines := []string{title + ":"}
	for i, line := range columns(rows) {
		lines = append(lines, "  "+line)
		if i < len(below) {
			for _, line := range below[i] {
				lines = append(lines, "    "+line)
			}
		}
	}
	return lines
}
