package torrent

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// python is the interpreter that Debian's python3-libtorrent is for.
const python = "/usr/bin/python3"

// A reading is what another program says of a .torrent file.
type reading struct {
	Name string
	Hash string
}

// TestOtherProgramsReadOurTorrents: aria2, transmission and libtorrent find the
// name and the info-hash that we do.
func TestOtherProgramsReadOurTorrents(t *testing.T) {
	files := []struct {
		name   string
		length int
	}{
		{"one byte", 1},
		{"a piece", 16 << 10},
		{"a piece and one", 16<<10 + 1},
		{"lab.iso", 20 << 20},
		{"two  words and more.tar.gz", 100},
		{"it's an apostrophe", 100},
		{`a "quoted" one`, 100},
		{"лекция №1.pdf", 100},
		{"講義.txt", 100},
		{"🎓 и 👩‍🎓.zip", 100},
		{"100% $HOME & co;(1).bin", 100},
	}
	var paths []string
	var want []reading
	for i, file := range files {
		made, err := Create(context.Background(), bytes.NewReader(randomBytes(file.length)), int64(file.length),
			CreateOptions{Name: file.name, Announce: "http://localhost:12345"})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), strconv.Itoa(i)+".torrent")
		if err := os.WriteFile(path, made.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
		want = append(want, reading{made.Name, made.InfoHash.String()})
	}
	for _, reader := range []struct {
		program string
		read    func(t *testing.T, paths []string) []reading
	}{
		{"aria2", readWithAria2}, {"transmission", readWithTransmission}, {"libtorrent", readWithLibtorrent},
	} {
		t.Run(reader.program, func(t *testing.T) {
			got := reader.read(t, paths)
			if len(got) != len(want) {
				t.Fatalf("it reads %d torrents of %d", len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("it reads %+v, we read %+v", got[i], want[i])
				}
			}
		})
	}
}

// TestWeReadTorrentsOfMktorrent: they parse, the file they are of verifies, and
// libtorrent finds the same name and info-hash.
func TestWeReadTorrentsOfMktorrent(t *testing.T) {
	needProgram(t, "mktorrent", "mktorrent")
	for _, file := range []struct {
		name   string
		length int
		log2   string // of the piece length
		option string
	}{
		{"one byte", 1, "15", "-v"},
		{"a piece", 1 << 18, "18", "-v"},
		{"a piece and one", 1<<18 + 1, "18", "-p"},
		{"лекция it's 🎓.iso", 3<<20 + 5, "16", "-d"},
		{"big pieces", 9 << 20, "22", "-v"},
	} {
		t.Run(file.name, func(t *testing.T) {
			dir := t.TempDir()
			data := randomBytes(file.length)
			path, out := filepath.Join(dir, file.name), filepath.Join(dir, "out.torrent")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			output(t, "mktorrent", "-a", "http://a.example:1/announce", "-l", file.log2, "-c", "комментарий", file.option, "-o", out, path)
			b, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			read, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if read.Name != file.name || read.Length != int64(file.length) || read.Announce != "http://a.example:1/announce" {
				t.Errorf("read %q, %d bytes, of %q", read.Name, read.Length, read.Announce)
			}
			have, err := Verify(context.Background(), bytes.NewReader(data), read, nil)
			if err != nil || !have.Full() {
				t.Errorf("%d of %d pieces verify, %v", have.Count(), have.Len(), err)
			}
			ours := reading{read.Name, read.InfoHash.String()}
			if got := readWithLibtorrent(t, []string{out})[0]; got != ours {
				t.Errorf("libtorrent reads %+v, we read %+v", got, ours)
			}
			if err := os.WriteFile(out, read.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := readWithLibtorrent(t, []string{out})[0]; got != ours {
				t.Errorf("as we write it, libtorrent reads %+v, we read %+v", got, ours)
			}
		})
	}
}

func readWithAria2(t *testing.T, paths []string) []reading {
	needProgram(t, "aria2c", "aria2")
	name, hash := regexp.MustCompile(`(?m)^Name: (.*)$`), regexp.MustCompile(`(?m)^Info Hash: (.*)$`)
	var readings []reading
	for _, path := range paths {
		readings = append(readings, pick(t, output(t, "aria2c", "--no-conf", "-S", path), name, hash))
	}
	return readings
}

func readWithTransmission(t *testing.T, paths []string) []reading {
	needProgram(t, "transmission-show", "transmission-cli")
	name, hash := regexp.MustCompile(`(?m)^  Name: (.*)$`), regexp.MustCompile(`(?m)^  Hash(?: v1)?: (.*)$`)
	var readings []reading
	for _, path := range paths {
		readings = append(readings, pick(t, output(t, "transmission-show", path), name, hash))
	}
	return readings
}

// pick finds the name and the hash in what a program printed.
func pick(t *testing.T, printed string, name, hash *regexp.Regexp) reading {
	t.Helper()
	n, h := name.FindStringSubmatch(printed), hash.FindStringSubmatch(printed)
	if n == nil || h == nil {
		t.Fatalf("no name or no hash in:\n%s", printed)
	}
	return reading{n[1], h[1]}
}

func readWithLibtorrent(t *testing.T, paths []string) []reading {
	const script = `
import json, sys
import libtorrent
infos = [libtorrent.torrent_info(path) for path in sys.argv[1:]]
print(json.dumps([{"name": i.name(), "hash": str(i.info_hash())} for i in infos]))
`
	needProgram(t, python, "python3")
	if exec.Command(python, "-c", "import libtorrent").Run() != nil {
		missing(t, "libtorrent for Python", "python3-libtorrent")
	}
	var readings []reading
	if err := json.Unmarshal([]byte(output(t, python, append([]string{"-c", script}, paths...)...)), &readings); err != nil {
		t.Fatal(err)
	}
	return readings
}

// needProgram ends the test if program is not on this machine.
func needProgram(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, program, debianPackage)
	}
}

// missing skips a test for want of a program, but fails it where CI is set: there
// every program is to be installed.
func missing(t *testing.T, program, debianPackage string) {
	t.Helper()
	message := program + " is not installed; in Debian it is in the package " + debianPackage
	if os.Getenv("CI") != "" {
		t.Fatal(message)
	}
	t.Skip(message)
}

// output returns what a program printed. It must succeed.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, stderr.String())
	}
	return string(out)
}
