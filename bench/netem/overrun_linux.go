package netem

import (
	"os"
	"strconv"
	"strings"
)

// overrun returns how many packets the hosts' interfaces have dropped so far because
// the loop had not read those before them; false if that cannot be found out.
func (s *Star) overrun() (packets int64, ok bool) {
	for host := range s.names {
		var table []byte
		err := s.In(host, func() (err error) {
			table, err = os.ReadFile("/proc/thread-self/net/dev")
			return err
		})
		n, found := dropped(string(table), "eth0")
		if err != nil || !found {
			return 0, false
		}
		packets += n
	}
	return packets, true
}

// dropped finds in a table as /proc/net/dev what an interface could not send; false if
// it is not there.
func dropped(table, device string) (packets int64, ok bool) {
	const column = 11 // eight of what was received, then bytes, packets, errs, drop
	for line := range strings.Lines(table) {
		name, values, found := strings.Cut(line, ":")
		if fields := strings.Fields(values); found && strings.TrimSpace(name) == device && len(fields) > column {
			n, err := strconv.ParseInt(fields[column], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
