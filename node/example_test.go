package node_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"udptorrent/node"
	"udptorrent/tracker"
)

// fetch downloads a file into folder as node id, and leaves the swarm.
func fetch(ctx context.Context, id int, trackerURL, folder, name string) (node.Result, error) {
	n, err := node.Open(node.Config{ID: id, Tracker: trackerURL, Folder: folder})
	if err != nil {
		return node.Result{}, err
	}
	defer n.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(n.Run(ctx)) }() // it ends early only if it fails for good
	result, err := n.Download(ctx, name, func(p node.Progress) {
		fmt.Fprintln(os.Stderr, p.Phase, p.Bytes, "of", p.Length)
	})
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return result, err
}

// A program of your own can be a tracker, and any number of nodes.
func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	t, err := tracker.Open(tracker.Config{Addr: "127.0.0.1:0", DB: filepath.Join(folder, "tracker_db")})
	if err != nil {
		panic(err)
	}
	defer t.Close()
	go t.Run(ctx)

	owner, err := node.Open(node.Config{ID: 1, Tracker: t.URL(), Folder: filepath.Join(folder, "node1")})
	if err != nil {
		panic(err)
	}
	defer owner.Close()
	go owner.Run(ctx)
	<-owner.Ready()

	path := filepath.Join(folder, "greeting.txt")
	if err := os.WriteFile(path, []byte("Good morning!\n"), 0o644); err != nil {
		panic(err)
	}
	if _, err := owner.Send(ctx, path, nil); err != nil {
		panic(err)
	}

	result, err := fetch(ctx, 2, t.URL(), filepath.Join(folder, "node2"), "greeting.txt")
	if err != nil {
		panic(err)
	}
	got, err := os.ReadFile(result.Path)
	fmt.Printf("%d bytes from node %d: %s%v\n", result.Bytes, result.Owners[0].Node, got, err)
	// Output:
	// 14 bytes from node 1: Good morning!
	// <nil>
}

func TestTheArchitecturePageShowsTheExampleAsItIs(t *testing.T) {
	repository := os.DirFS("..")
	source, err := fs.ReadFile(repository, "node/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := fs.ReadFile(repository, "docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(source), "\n// fetch downloads")
	body, _, found := strings.Cut(rest, "\n}\n")
	if !found || !strings.Contains(string(page), "```go\n// fetch downloads"+body+"\n}\n```") {
		t.Error("docs/architecture.md shows another fetch than node/example_test.go")
	}
}
