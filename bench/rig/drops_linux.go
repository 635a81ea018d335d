package rig

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// DroppedDatagrams returns how many UDP datagrams this machine has dropped so far
// because the socket that they were for had no room, outside other network namespaces.
func DroppedDatagrams() int64 {
	old, _ := os.ReadFile("/proc/net/snmp")  // a line of names, a line of values
	six, _ := os.ReadFile("/proc/net/snmp6") // a name and a value on each line
	return column(string(old), "Udp:", "RcvbufErrors") + value(string(six), "Udp6RcvbufErrors")
}

// column finds a value by its name in the line above.
func column(text, kind, name string) int64 {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != kind {
			continue
		}
		if names == nil {
			names = fields
		} else if i := slices.Index(names, name); i >= 0 && i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			return n
		}
	}
	return 0
}

// value finds the value that follows a name.
func value(text, name string) int64 {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == name {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			return n
		}
	}
	return 0
}
