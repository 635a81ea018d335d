package repl

const helpText = `  torrent -setMode send <file>
      make <file>.torrent, tell the tracker, and serve the file to others
  torrent -setMode download <file.torrent | name | info-hash>
      fetch a file from all who have it; Ctrl-C stops, the same command resumes;
      with & at the end of the line it runs beside what you do next
  torrent -setMode exit
      leave the swarm and end the node (also: exit, quit, Ctrl-D)
  torrent -list
      what the tracker offers
  torrent -status
      what this node has, serves and fetches
  torrent -verify <file>
      check a file against its .torrent, piece by piece
  help
      this text

A name is the rest of the line, spaces and all: torrent -setMode send my file.pdf
Quotes around it are needed only if it begins or ends with a space, or ends with &.
Tab completes commands and names, the arrow keys bring back earlier lines.
`
