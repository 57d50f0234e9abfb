//go:build unix

package suspend

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// asks is what asks a program to stop until it is continued.
var asks = []os.Signal{syscall.SIGTSTP}

// stop stops the program, and what it has started.
func stop() {
	_ = syscall.Kill(0, syscall.SIGSTOP) // one may always stop oneself
}

// Possible reports whether the program can stop and be brought back: the system
// doesn't stop one that its terminal's session begins with (ssh -t HOST
// threatbench), since nobody could continue it.
func Possible() bool {
	mine, err := unix.Getsid(0)
	if err != nil {
		return true
	}
	parents, err := unix.Getsid(os.Getppid())
	return err != nil || mine == parents
}
