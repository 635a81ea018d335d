package rig

import "testing"

func TestDropsAreReadFromBothTables(t *testing.T) {
	snmp := "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 10 2 3 40 55 6\nUdpLite: a RcvbufErrors\nUdpLite: 1 2\n"
	if got := column(snmp, "Udp:", "RcvbufErrors"); got != 55 {
		t.Errorf("%d", got)
	}
	if got := value("Udp6InErrors\t3\nUdp6RcvbufErrors                \t7\n", "Udp6RcvbufErrors"); got != 7 {
		t.Errorf("%d", got)
	}
	if column("", "Udp:", "x")+value("", "x") != 0 {
		t.Error("of nothing")
	}
}
