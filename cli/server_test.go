package cli

import (
	"strings"
	"testing"
)

// TestPasswordsStayOutOfTheProcessList refuses a password in --db, without
// saying it again.
func TestPasswordsStayOutOfTheProcessList(t *testing.T) {
	for _, given := range []string{"postgres://me:sesame@127.0.0.1:1/x", "postgresql://me@127.0.0.1:1/x?password=sesame", "postgres://me:sesame@127.0.0.1:x y/z"} {
		a := &app{}
		a.flags.db = given
		err := a.checkDB()
		if err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", given, err)
		}
	}
	a := &app{}
	a.flags.db = "postgres://me@127.0.0.1:1/x"
	if err := a.checkDB(); err != nil {
		t.Error(err)
	}
}
