package cli

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

// What a machine refuses is said in one wording, with what to do, wherever it
// is met, and never in its own.
func TestMachineTroublesAreSaidInOneWording(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "the disk is full; make room and try again", syscall.EMFILE: "too many files are open; raise the limit, for example with ulimit -n 1024",
		syscall.EROFS: "the disk is read-only; choose another place", syscall.EISDIR: "it is a folder; name a file",
		syscall.EACCES: "permission denied; check the file's owner and mode", syscall.ENOENT: "there is no such file or folder",
	} {
		for text, err := range map[string]error{
			"writing x: out.csv: " + want: fmt.Errorf("writing x: %w", &fs.PathError{Op: "write", Path: "out.csv", Err: errno}),
			"writing x: " + want:          fmt.Errorf("writing x: %w", &fs.PathError{Op: "write", Path: "/d/.threatbench-12", Err: errno}),
			"the output: " + want:         &fs.PathError{Op: "write", Path: "/dev/stdout", Err: errno},
			"opening e.db: " + want:       fmt.Errorf("opening e.db: %w", errno),
		} {
			if got := oneLine(err); got != text {
				t.Errorf("got  %q\nwant %q", got, text)
			}
		}
	}
}
