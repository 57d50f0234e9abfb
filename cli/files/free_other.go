//go:build !linux && !darwin && !freebsd

package files

import "errors"

// Free is how many bytes a person may still write to the disk of a folder. The
// error is errors.ErrUnsupported where the system doesn't tell.
func Free(string) (bytes int64, err error) { return 0, errors.ErrUnsupported }
