package cli

import "context"

// Workbench runs the terminal workbench until the person quits it.
type Workbench func(ctx context.Context, s Session) error

// Main runs the command line args (without the program's name) and returns
// the exit code: 0 well, 1 failed, 2 used wrongly.
func Main(ctx context.Context, args []string, io Streams, run Workbench) int { return 0 }
