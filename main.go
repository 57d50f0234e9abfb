// Threatbench is a terminal workbench for threat events.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"threatbench/cli"
)

// garbage is by how much the heap may grow before it is collected, in percent:
// a third of the usual, since the program shares small bastions with others, and
// what it keeps are mostly large blocks of the database that cost little to
// scan. GOGC overrules it.
const garbage = 30

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(cli.Main(context.Background(), os.Args[1:], streams, cli.ShowWorkbench))
}
