package configs

import (
	"fmt"
	"strings"
)

const nodeUsage = `A node of the swarm: sends files to other nodes and downloads theirs.

usage: bin/node -node_id N [flags] [command]

Without a command it reads commands from the terminal, or line by line from a pipe.

  torrent -setMode send <file>
  torrent -setMode download <file.torrent | name | info-hash>
  torrent -setMode exit
  torrent -list             what the tracker offers
  torrent -status           what this node has, serves and fetches
  torrent -verify <file>    check a file piece by piece

examples:
  bin/node -node_id 1
  bin/node -node_id 2 torrent -setMode send lab.iso
  bin/node -node_id 4 -json torrent -setMode download lab.iso
  bin/node -node_id 5 -up 20mbit -down 100mbit torrent -setMode download lab.iso
  bin/node -node_id 6 -link.rate 20mbit -link.delay 25ms -link.loss 0.01

exit status: 0 done, 1 the command failed, 2 wrong usage

flags:
`

const trackerUsage = `The tracker of the swarm: knows which node has which file.

usage: bin/tracker [flags]

examples:
  bin/tracker
  bin/tracker -addr :12345 -db /var/lib/udptorrent

exit status: 0 stopped by a signal, 1 failed, 2 wrong usage

flags:
`

// flagList describes the flags of a program, with what they are by default.
func flagList(program string, table []setting) string {
	var b strings.Builder
	line := func(flag, text string) { fmt.Fprintf(&b, "  %-22s %s\n", flag, text) }
	line("-config FILE", "settings file, by default "+DefaultFile+" if it is there")
	for _, s := range table {
		if s.flag == "" || !strings.HasPrefix(s.key, program+".") {
			continue
		}
		argument, text := "", s.usage
		if rest, ok := strings.CutPrefix(s.usage, "`"); ok {
			argument, text, _ = strings.Cut(rest, "` ")
		}
		if d := s.value.String(); d != "0" && d != "false" {
			text += " (" + d + ")"
		}
		line("-"+s.flag+" "+argument, text)
	}
	line("-h", "this text")
	b.WriteString("\nEvery flag can stand in the settings file, and in the environment as UDPTORRENT_" +
		strings.ToUpper(program) + "_...:\nconfigs/config.yaml lists them. A flag wins over the environment, that over the file.\n")
	return b.String()
}
