// Threatbench is a terminal workbench for threat events.
package main

import (
	"context"
	"os"

	"threatbench/cli"
)

func main() {
	streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(cli.Main(context.Background(), os.Args[1:], streams, cli.ShowWorkbench))
}
