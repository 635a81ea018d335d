package configs

import (
	"errors"
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/viper"
	"go.uber.org/zap"
)

// parseNode parses the flags of a node in a folder that has no settings file.
func parseNode(t *testing.T, args ...string) (Node, []string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	return ParseNode(args, io.Discard)
}

// settingsFile writes a settings file and returns its path.
func settingsFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lab.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigYAMLHoldsEverySettingWithItsDefault(t *testing.T) {
	path, err := filepath.Abs("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	v := viper.New()
	v.SetConfigFile(path)
	if err := v.ReadInConfig(); err != nil {
		t.Fatal(err)
	}
	for _, s := range defaults().table() {
		if !v.InConfig(s.key) {
			t.Errorf("config.yaml lacks %s", s.key)
		}
		if s.flag != "" && !fileNames(t, path, "-"+s.flag) {
			t.Errorf("config.yaml does not name the flag -%s", s.flag)
		}
	}
	t.Chdir(t.TempDir())
	got, _, err := load("node", "", []string{"-config", path}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := defaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("config.yaml: %+v\nbuilt in:    %+v", got, want)
	}
}

func fileNames(t *testing.T, path, word string) bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), word)
}

func TestProgramsNeedNoFile(t *testing.T) {
	node, _, err := parseNode(t, "-node_id", "4")
	if err != nil {
		t.Fatal(err)
	}
	if node.Tracker != "http://localhost:12345" || node.Files != "node_files" || node.Logs != "logs" || node.Log.MaxFiles != 3 {
		t.Errorf("node without a file: %+v", node)
	}
	tracker, err := ParseTracker(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if tracker.Addr != "localhost:12345" || tracker.DB != "tracker_db" || tracker.NodeInterval != 20*time.Second || tracker.Log.MaxFiles != 3 {
		t.Errorf("tracker without a file: %+v", tracker)
	}
}

func TestFlagsOfANode(t *testing.T) {
	for _, dashes := range []string{"-", "--"} {
		args := strings.Fields("@node_id 4 @tracker 10.0.0.1:1 @addr 127.0.0.1:7000 @files f @logs l @json " +
			"@link.rate 20mbit @link.delay 25ms @link.loss 0.01 @link.reorder 0.001 @link.duplicate=0.002 @link.queue 64KiB @link.seed 7 " +
			"@up 20mbit @down 40mbit @upload=false @trace t.jsonl @socket.portable @socket.buffer 1MiB " +
			"torrent -setMode download a b")
		for i := range args {
			if strings.HasPrefix(args[i], "@") {
				args[i] = dashes + args[i][1:]
			}
		}
		node, command, err := parseNode(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		want := Node{
			ID: 4, Tracker: "http://10.0.0.1:1", Addr: UDP(netip.MustParseAddrPort("127.0.0.1:7000")), Files: "f", Logs: "l", JSON: true,
			Up: 2.5e6, Down: 5e6, Upload: false,
			VerifyFileUpTo: 64 << 20, Patience: 30 * time.Second, Downloads: 3, Trace: "t.jsonl",
			Socket: Socket{Portable: true, Buffer: 1 << 20},
			Link:   Link{Rate: 2.5e6, Delay: 25 * time.Millisecond, Loss: 0.01, Reorder: 0.001, Duplicate: 0.002, Queue: 64 << 10, Seed: 7},
			Log:    Log{MaxSize: 10 << 20, MaxFiles: 3},
		}
		if node != want {
			t.Errorf("flags with %s:\n%+v, want\n%+v", dashes, node, want)
		}
		if got := strings.Join(command, "|"); got != "torrent|-setMode|download|a|b" {
			t.Errorf("command: %s", got)
		}
	}
}

func TestFlagsOfATracker(t *testing.T) {
	t.Chdir(t.TempDir())
	tracker, err := ParseTracker(strings.Fields("-addr :1 -db d -logs l"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if tracker.Addr != ":1" || tracker.DB != "d" || tracker.Logs != "l" {
		t.Errorf("tracker: %+v", tracker)
	}
}

func TestFlagOverEnvironmentOverFileOverDefault(t *testing.T) {
	file := settingsFile(t, "node:\n  id: 1\n  files: from-file\n  logs: from-file\n  tracker: http://from-file\n  json: true\nlog:\n  level: debug\n")
	t.Setenv("UDPTORRENT_NODE_LOGS", "from-env")
	t.Setenv("UDPTORRENT_NODE_TRACKER", "http://from-env")
	t.Setenv("UDPTORRENT_NODE_ADDR", "") // empty is as good as not set
	node, _, err := parseNode(t, "-config", file, "-tracker", "http://from-flag", "-json=false")
	if err != nil {
		t.Fatal(err)
	}
	if node.Files != "from-file" || node.Logs != "from-env" || node.Tracker != "http://from-flag" || node.JSON || node.Addr != (UDP{}) {
		t.Errorf("layers: %+v", node)
	}
	if node.Log.Level != Level(zap.DebugLevel) {
		t.Errorf("level: %v", node.Log.Level)
	}
}

func TestTheEnvironmentCanNameTheFile(t *testing.T) {
	t.Setenv("UDPTORRENT_CONFIG", settingsFile(t, "node: {id: 9}"))
	if node, _, err := parseNode(t); err != nil || node.ID != 9 {
		t.Errorf("node %d, %v", node.ID, err)
	}
}

func TestTheFileOfTheFolderIsReadIfItIsThere(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("configs", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(DefaultFile, []byte("node:\n  id: 6\ntracker:\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if node, _, err := ParseNode(nil, io.Discard); err != nil || node.ID != 6 {
		t.Errorf("node %d, %v", node.ID, err)
	}
}

func TestMistakesInTheFileNameFileAndKey(t *testing.T) {
	for text, want := range map[string]string{
		"node:\n  link:\n    rate: fast":                   `node.link.rate: "fast" is not a rate like 20mbit`,
		"node:\n  link:\n    rate: 20":                     `node.link.rate: "20" is not a rate`,
		"node:\n  lnik:\n    rate: 20mbit":                 "unknown key node.lnik.rate",
		"node:\n  id: {x: 1}":                              "unknown key node.id.x",
		"node: 5":                                          "unknown key node",
		"colour: red":                                      "unknown key colour",
		"node:\n  id: [1, 2]":                              "node.id: one value is expected",
		"node:\n  id: -1":                                  `node.id: "-1" is not a number from 0`,
		"node:\n  id: 1.5":                                 `node.id: "1.5" is not a number`,
		"node:\n  json: maybe":                             `node.json: "maybe" is neither`,
		"node:\n  up: 1kbit":                               `node.up: "1kbit" is less than 64kbit`,
		"node:\n  addr: nowhere":                           `node.addr: "nowhere" is not an address`,
		"node:\n  tracker: ftp://x":                        `node.tracker: "ftp://x" is not a URL`,
		"node:\n  verify_file_up_to: much":                 `node.verify_file_up_to: "much" is not a size`,
		"node:\n  files: ''":                               "node.files: the name of a folder is missing",
		"tracker:\n  addr: localhost":                      `tracker.addr: "localhost" is not an address`,
		"tracker:\n  node_interval: 20":                    `tracker.node_interval: "20" is not a time`,
		"tracker:\n  node_interval: 0s":                    `tracker.node_interval: "0s" is less`,
		"tracker:\n  max_owners: 0":                        `tracker.max_owners: "0" is not a number from 1`,
		"node:\n  link:\n    loss: 1.5":                    `node.link.loss: "1.5" is not a probability`,
		"node:\n  link:\n    delay: -1ms":                  `node.link.delay: "-1ms" is less`,
		"node:\n  link:\n    seed: x":                      `node.link.seed: "x" is not a whole number`,
		"log:\n  level: loud":                              `log.level: "loud" is not a level`,
		"node:\n\tid: 1":                                   "yaml",
		"node:\n  id: 1\n  id: 2":                          "already defined",
		"node:\n  link:\n    loss: .nan":                   "is not a probability",
		"node:\n  link:\n    queue: 1.5":                   "is not a size",
		"node:\n  link:\n    rate: -1mbit":                 "is not a rate",
		"tracker:\n  frequency_half_life: \nnode: {id: 1}": "", // no value is no setting
	} {
		path := settingsFile(t, text)
		_, _, err := parseNode(t, "-config", path)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: error %v lacks file or %q", text, err, want)
		}
	}
}

func TestMistakesElsewhereNameTheirPlace(t *testing.T) {
	for args, want := range map[string]string{
		"-node_id 1 -link.loss 2":      `-link.loss: "2" is not a probability`,
		"-node_id x":                   `-node_id: "x" is not a number`,
		"-node_id 1 -speed 5":          "-speed; bin/node -h",
		"-node_id":                     "needs an argument: -node_id",
		"-node_id 1 -json=x":           `-json: "x" is neither`,
		"":                             "-node_id is missing",
		"-node_id 0":                   "-node_id is missing",
		"-node_id 1 -config none.yaml": "settings file none.yaml",
		"-node_id 1 -db x":             "-db; bin/node -h", // a flag of the tracker
	} {
		if _, _, err := parseNode(t, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v lacks %q", args, err, want)
		}
	}
	t.Setenv("UDPTORRENT_NODE_LINK_LOSS", "lots")
	if _, _, err := parseNode(t, "-node_id", "1"); err == nil || !strings.Contains(err.Error(), `UDPTORRENT_NODE_LINK_LOSS: "lots"`) {
		t.Errorf("environment: %v", err)
	}
}

func TestAnUnknownVariableIsAMistakeOfItsProgramOnly(t *testing.T) {
	t.Chdir(t.TempDir())
	programs := map[string]func() error{
		"node":    func() error { _, _, err := ParseNode([]string{"-node_id", "1"}, io.Discard); return err },
		"tracker": func() error { _, err := ParseTracker(nil, io.Discard); return err },
	}
	for name, whose := range map[string]string{
		"UDPTORRENT_NODE_LINKRATE":     "node",
		"UDPTORRENT_TRACKER_MAXOWNERS": "tracker",
		"UDPTORRENT_NODES":             "", // of whatever else
		"UDPTORRENT_TEST_X":            "",
	} {
		t.Run(name, func(t *testing.T) {
			for program, parse := range programs {
				t.Setenv(name, "5")
				if err := parse(); (err != nil && strings.Contains(err.Error(), name)) != (program == whose) {
					t.Errorf("%s: %v", program, err)
				}
				t.Setenv(name, "") // empty is as good as not set
				if err := parse(); err != nil {
					t.Errorf("%s, %s is empty: %v", program, name, err)
				}
			}
		})
	}
}

func TestMistakesOfATracker(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := ParseTracker([]string{"run"}, io.Discard); err == nil || !strings.Contains(err.Error(), `"run"`) {
		t.Errorf("an extra word: %v", err)
	}
	for text, good := range map[string]bool{
		"node_interval: 30s": false, // longer than the lease
		"node_interval: 20s, tracker_interval: 20.000000001s": false,
		"node_interval: 20s, tracker_interval: 20.999s":       false,
		"node_interval: 20s, tracker_interval: 21s":           true,
	} {
		path := settingsFile(t, "tracker: {"+text+"}")
		_, err := ParseTracker([]string{"-config", path}, io.Discard)
		if named := err != nil && strings.Contains(err.Error(), "tracker_interval"); err != nil && !named || named == good {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestHelpListsEveryFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	for program, parse := range map[string]func(io.Writer) error{
		"node":    func(w io.Writer) error { _, _, err := ParseNode([]string{"-h"}, w); return err },
		"tracker": func(w io.Writer) error { _, err := ParseTracker([]string{"--help"}, w); return err },
	} {
		var help strings.Builder
		if err := parse(&help); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s -h: %v", program, err)
		}
		for _, s := range defaults().table() {
			if s.flag != "" && strings.HasPrefix(s.key, program+".") && !strings.Contains(help.String(), "  -"+s.flag) {
				t.Errorf("%s -h lacks -%s", program, s.flag)
			}
		}
		for line := range strings.Lines(help.String()) {
			if len(line) > 100 {
				t.Errorf("%s -h has a line of %d columns: %s", program, len(line), line)
			}
		}
	}
}

func TestHelpOfANodeNeedsNothingElse(t *testing.T) {
	if _, _, err := parseNode(t, "-config", "none.yaml", "-h"); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h with a missing file: %v", err)
	}
}

func TestTheDocsNameEveryFlag(t *testing.T) {
	path := filepath.Join("..", "docs", "commands.md")
	for _, s := range defaults().table() {
		if s.flag != "" && !fileNames(t, path, "`-"+s.flag+"`") {
			t.Errorf("docs/commands.md does not name -%s", s.flag)
		}
	}
}
