package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
)

// A journal is the log of a node, of which the demo wants the ranges; docs/commands.md
// says what the fields mean.
type journal struct {
	path string
	at   int64 // what lies before it has been read
}

// A decision gives a range to a node, or takes it away.
type decision struct {
	node int
	span
	why string // as it is logged; empty: the node left it
}

var rangeEvent = regexp.MustCompile(`^\S+ info  range(?: left)?  .*node=(\d+) from=(\d+) to=(\d+) bytes=\d+(?: why="?([^"]*)"?)?$`)

// read returns the decisions that were logged since the last time.
func (j *journal) read() (list []decision, err error) {
	file, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if _, err := file.Seek(j.at, io.SeekStart); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // the last line may not be whole
	j.at += int64(len(text))
	for line := range bytes.Lines(text) {
		if m := rangeEvent.FindSubmatch(bytes.TrimSpace(line)); m != nil {
			list = append(list, decision{int(whole(m[1])), span{whole(m[2]), whole(m[3])}, string(m[4])})
		}
	}
	return list, nil
}

// whole returns the number that digits stand for.
func whole(digits []byte) int64 {
	n, _ := strconv.ParseInt(string(digits), 10, 64)
	return n
}
