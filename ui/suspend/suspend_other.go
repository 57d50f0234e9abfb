//go:build !unix

package suspend

import "os"

// asks is empty: programs aren't stopped here.
var asks []os.Signal

func stop() {}

// Possible reports whether the program can stop and be brought back.
func Possible() bool { return false }
