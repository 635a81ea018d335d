package repl

import (
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	for line, want := range map[string]Command{
		"":                                       {},
		"  \t ":                                  {},
		"torrent -setMode send a.iso":            {Verb: Send, Name: "a.iso"},
		"torrent --setMode send a.iso":           {Verb: Send, Name: "a.iso"},
		"  torrent   -setMode\tsend   a.iso  \r": {Verb: Send, Name: "a.iso"},
		"TORRENT -SETMODE SEND A.iso":            {Verb: Send, Name: "A.iso"},
		"torrent -setMode download lab.iso.torrent": {Verb: Download, Name: "lab.iso.torrent"},
		"torrent -setMode exit":                     {Verb: Exit},
		"torrent -list":                             {Verb: List},
		"torrent -status":                           {Verb: Status},
		"torrent -verify a b":                       {Verb: Verify, Name: "a b"},
		"torrent -help":                             {Verb: Help},
		"help":                                      {Verb: Help},
		"exit":                                      {Verb: Exit},
		"quit":                                      {Verb: Exit},
		"torrent -setMode send lecture 1  (final).pdf":    {Verb: Send, Name: "lecture 1  (final).pdf"},
		`torrent -setMode send "lecture 1.pdf"`:           {Verb: Send, Name: "lecture 1.pdf"},
		`torrent -setMode send 'lecture 1.pdf'`:           {Verb: Send, Name: "lecture 1.pdf"},
		`torrent -setMode send " a "`:                     {Verb: Send, Name: " a "},
		`torrent -setMode send it's "big".txt`:            {Verb: Send, Name: `it's "big".txt`},
		`torrent -setMode send '"quoted"'`:                {Verb: Send, Name: `"quoted"`},
		`torrent -setMode send ""quoted""`:                {Verb: Send, Name: `"quoted"`},
		`torrent -setMode send "`:                         {Verb: Send, Name: `"`},
		`torrent -setMode send "open`:                     {Verb: Send, Name: `"open`},
		`torrent -setMode send C:\lab\new.iso`:            {Verb: Send, Name: `C:\lab\new.iso`},
		"torrent -setMode send Лекция 1 – введение.mp4":   {Verb: Send, Name: "Лекция 1 – введение.mp4"},
		"torrent -setMode download 日本語 😀.zip":             {Verb: Download, Name: "日本語 😀.zip"},
		"torrent -setMode send -list":                     {Verb: Send, Name: "-list"},
		"torrent -setMode send nbsp\u00a0inside\u00a0x":   {Verb: Send, Name: "nbsp\u00a0inside\u00a0x"},
		"torrent -setMode download \xff\xfe is not UTF-8": {Verb: Download, Name: "\xff\xfe is not UTF-8"},
		"torrent -setMode download a b &":                 {Verb: Download, Name: "a b", Beside: true},
		`torrent -setMode download " a" &`:                {Verb: Download, Name: " a", Beside: true},
		`torrent -setMode download "a &"`:                 {Verb: Download, Name: "a &"},
		"torrent -setMode download a&":                    {Verb: Download, Name: "a&"},
		"torrent -setMode send a &":                       {Verb: Send, Name: "a &"},
	} {
		if got, err := ParseLine(line); err != nil || got != want {
			t.Errorf("%q is %+v (%v), want %+v", line, got, err, want)
		}
	}
}

func TestMistakesSayWhatWouldBeRight(t *testing.T) {
	for line, want := range map[string]string{
		"torrent":                       "-setMode, -list, -status or -verify",
		"torrent -setMode":              "send, download or exit",
		"torrent -setMode download &":   "a name is missing",
		"torrent -setMode send":         "torrent -setMode send <file>",
		`torrent -setMode send ""`:      "a name is missing",
		"torrent -setMode downlaod x":   `did you mean "torrent -setMode download`,
		"torrent -setMode list":         `did you mean "torrent -list"`,
		"torrent -setMod send x":        `did you mean "torrent -setMode`,
		"torrent -lsit":                 `did you mean "torrent -list"`,
		"torrent send x":                `did you mean "torrent -setMode send`,
		"torent -list":                  `did you mean "torrent`,
		"send x":                        `did you mean "torrent -setMode send`,
		"-list":                         `did you mean "torrent -list"`,
		"hlep":                          `did you mean "help"`,
		"make me a sandwich":            "help lists the commands",
		"torrent -frobnicate":           "help lists the commands",
		"torrent -list all":             `"all" is too much`,
		"torrent -setMode exit now":     `"now" is too much`,
		"torrent -setMode \x1b[2J":      `\x1b[2J`,
		strings.Repeat("torrent", 1000): `unknown command "torrenttorrenttorrenttorrenttorrenttorre..."`,
	} {
		if got, err := ParseLine(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %+v, error %v lacks %q", line, got, err, want)
		}
	}
}

func TestArgsAreTakenAsTheShellGivesThem(t *testing.T) {
	for _, c := range []struct {
		args []string
		want Command
	}{
		{[]string{"torrent", "-setMode", "download", "lab.iso.torrent"}, Command{Verb: Download, Name: "lab.iso.torrent"}},
		{[]string{"torrent", "-setMode", "send", " two  spaces "}, Command{Verb: Send, Name: " two  spaces "}},
		{[]string{"torrent", "-setMode", "send", `"quoted"`}, Command{Verb: Send, Name: `"quoted"`}},
		{[]string{"torrent", "-setMode", "send", "my", "file.txt"}, Command{Verb: Send, Name: "my file.txt"}},
		{[]string{"help"}, Command{Verb: Help}},
		{nil, Command{}},
	} {
		if got, err := ParseArgs(c.args); err != nil || got != c.want {
			t.Errorf("%q is %+v (%v), want %+v", c.args, got, err, c.want)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	for _, line := range []string{"torrent -setMode send a b", `torrent -verify "x"`, "torrent -lsit", "help", `torrent -setMode download ''`, "\xff"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := ParseLine(line)
		if err != nil {
			if c != (Command{}) || strings.ContainsAny(err.Error(), "\x1b\n\r") {
				t.Errorf("%q: %+v with error %q", line, c, err)
			}
			return
		}
		named := c.Verb == Send || c.Verb == Download || c.Verb == Verify
		if named != (c.Name != "") {
			t.Errorf("%q: verb %q with name %q", line, c.Verb, c.Name)
		}
	})
}

func FuzzQuote(f *testing.F) {
	for _, name := range []string{"a", " a", `"a"`, "'", "it's", "a\tb", "\u00a0", "日本 語"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" {
			return
		}
		got, err := ParseLine("torrent -setMode send " + quote(name))
		if err != nil || got.Name != name {
			t.Errorf("%q is typed as %s and comes back as %q (%v)", name, quote(name), got.Name, err)
		}
	})
}
