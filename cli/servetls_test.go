package cli

import (
	"strings"
	"testing"

	"threatbench/api/server/certs"
)

func TestListeningInTheClearMustBeMeant(t *testing.T) {
	pair := certs.Files{Cert: "c", Key: "k"}
	for _, c := range []struct {
		listen string
		flags  tlsFlags
		words  string // of the refusal; "" for none
	}{
		{"127.0.0.1:8787", tlsFlags{}, ""},
		{"127.8.0.1:0", tlsFlags{}, ""},
		{"[::1]:0", tlsFlags{}, ""},
		{"localhost:0", tlsFlags{}, ""},
		{"0.0.0.0:8787", tlsFlags{}, "--insecure"},
		{":8787", tlsFlags{}, "--insecure"},
		{"[::]:8787", tlsFlags{}, "--insecure"},
		{"192.0.2.1:8787", tlsFlags{}, "--insecure"},
		{"localhost.example:0", tlsFlags{}, "--insecure"},
		{"0.0.0.0:8787", tlsFlags{insecure: true}, ""},
		{"0.0.0.0:8787", tlsFlags{files: pair}, ""},
		{"127.0.0.1:0", tlsFlags{files: certs.Files{Cert: "c"}}, "--tls-key"},
		{"127.0.0.1:0", tlsFlags{files: certs.Files{Key: "k"}}, "--tls-cert"},
		{"127.0.0.1:0", tlsFlags{files: certs.Files{ClientCA: "a"}}, "--tls-client-ca"},
		{"127.0.0.1:0", tlsFlags{files: pair, insecure: true}, "--insecure"},
	} {
		err := c.flags.check(c.listen)
		if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s with %+v: got %v", c.listen, c.flags, err)
		}
	}
}
