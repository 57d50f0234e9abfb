package cli

import "testing"

func TestLocalesWithoutUTF8(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false},
		{"C", "", "en_GB.UTF-8", true},
		{"", "POSIX", "", true},
		{"C.UTF-8", "", "C", false},
		{"", "", "de_DE.ISO-8859-1", true},
		{"", "", "de_DE.utf8", false},
		{"", "", "de_DE.UTF-8@euro", false},
		{"", "", "de_DE", false},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}
		if got := plainLocale(func(k string) string { return env[k] }); got != c.want {
			t.Errorf("%v: %v, want %v", env, got, c.want)
		}
	}
}
