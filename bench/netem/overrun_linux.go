package netem

import (
	"os"
	"strconv"
	"strings"
)

// overrun returns how many packets the hosts' interfaces have dropped so far because
// the loop had not read those before them.
func (s *Star) overrun() (packets int64) {
	for host := range s.names {
		var table []byte
		s.In(host, func() (err error) {
			table, err = os.ReadFile("/proc/thread-self/net/dev")
			return err
		})
		packets += dropped(string(table), "eth0")
	}
	return packets
}

// dropped finds in a table as /proc/net/dev what an interface could not send; 0 if
// it is not there.
func dropped(table, device string) int64 {
	const column = 11 // eight of what was received, then bytes, packets, errs, drop
	for line := range strings.Lines(table) {
		name, values, found := strings.Cut(line, ":")
		if fields := strings.Fields(values); found && strings.TrimSpace(name) == device && len(fields) > column {
			n, _ := strconv.ParseInt(fields[column], 10, 64)
			return n
		}
	}
	return 0
}
