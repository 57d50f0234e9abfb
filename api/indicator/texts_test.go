package indicator

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestTexts holds what is found in texts of every kind: odd schemes and
// brackets, invisible characters, scripts without spaces, markup, code, names
// of files and of malware. Each line of the file is a text and what is wanted
// in it, in order.
func TestTexts(t *testing.T) {
	f, err := os.Open("testdata/texts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // read only
	lines := bufio.NewScanner(f)
	n := 0
	for lines.Scan() {
		var c struct {
			In   string      `json:"in"`
			Want [][2]string `json:"want"`
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		n++
		var got, want []string
		for _, f := range Find(c.In) {
			got = append(got, string(f.Type)+" "+f.Value)
		}
		for _, w := range c.Want {
			want = append(want, w[0]+" "+w[1])
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q:\n got %q\nwant %q", c.In, got, want)
		}
	}
	if err := lines.Err(); err != nil || n < 250 {
		t.Errorf("%d texts read: %v", n, err)
	}
}

// TestWallets holds that addresses of wallets are told by their checksums.
func TestWallets(t *testing.T) {
	for value, want := range map[string]Type{
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa": Bitcoin, "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy": Bitcoin,
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4":                                                      Bitcoin,
		"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4":                                                      Bitcoin,
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0":                                  Bitcoin,
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed":                                                      Ethereum,
		"0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED":                                                      Ethereum,
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNA":                                                              "",
		"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLx":                                                              "",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t6":                                                      "",
		"bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4":                                                      "",
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD":                                                      "",
		"0x0000000000000000000000000000000000000000":                                                      "",
		"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A": Monero,
		"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3B": "",
	} {
		if f, ok := TypeOf(value); f.Type != want || ok != (want != "") {
			t.Errorf("%s: %+v, %v, want %q", value, f, ok, want)
		}
	}
}

func TestParseType(t *testing.T) {
	for name, want := range map[string]Type{
		"IPv4": IPv4, "ip-dst": IPv4, "ipaddress": IPv4, "Intel::ADDR": IPv4, "ipv4-addr": IPv4, "FileHash-SHA256": SHA256, "sha256_hash": SHA256, "SHA-256": SHA256,
		"hostname": Domain, "DomainName": Domain, "Intel::DOMAIN": Domain, "domain-name": Domain, "URLs": URL, "email-src": Email, "Intel::URL": URL,
		"user-agent": UserAgent, "x": "", "": "", "ip|port": "", "ip:port": "", "hash": "", "windows-registry-key": RegKey, "ja3-fingerprint-md5": JA3, "ssdeep": SSDeep,
	} {
		if got, ok := ParseType(name); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v, want %q", name, got, ok, want)
		}
	}
	for name, want := range map[string][]Type{
		"ip:port": {IPv4, ""}, "ip-dst|port": {IPv4, ""}, "filename|sha256": {FileName, SHA256}, "domain|ip": {Domain, IPv4}, "domain": nil, "a|b": nil, "Intel::ADDR": nil,
	} {
		if got := ParseTypes(name); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if !IsHashName("File Hash") || IsHashName("md5") {
		t.Error("the names of hashes")
	}
}
