//go:build linux || darwin || freebsd

package files

import (
	"fmt"
	"syscall"
)

// Free is how many bytes a person may still write to the disk of a folder. The
// error is errors.ErrUnsupported where the system doesn't tell.
func Free(folder string) (bytes int64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return 0, fmt.Errorf("asking for the room on the disk: %w", err)
	}
	return int64(float64(st.Bavail) * float64(st.Bsize)), nil // their types differ by system
}
