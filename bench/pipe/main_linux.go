package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	serving := flag.String("serve", "", "`FILE` to serve")
	fetching := flag.String("fetch", "", "`FILE.torrent` to fetch")
	to := flag.String("to", "", "`FILE` to write; empty writes nothing")
	datagram := flag.Int("datagram", 1200, "bytes of UDP payload")
	window := flag.Int("window", 2<<20, "bytes that may be outstanding")
	hashers := flag.Int("hashers", runtime.NumCPU(), "goroutines that compute SHA-1")
	flag.Parse()
	runtime.GOMAXPROCS(4 * runtime.NumCPU()) // who receives must not wait for a hasher's turn: the system shares better
	var err error
	switch {
	case *serving != "":
		err = serve(*serving)
	case *fetching != "" && flag.NArg() > 0:
		var r result
		if r, err = fetch(*fetching, *to, flag.Args(), *datagram, *window, *hashers); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(r)
		}
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pipe:", err)
		os.Exit(1)
	}
}
