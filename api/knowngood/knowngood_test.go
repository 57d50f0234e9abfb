package knowngood

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func read(t *testing.T, text string) *List {
	t.Helper()
	l, err := Read("a list", strings.NewReader(text), day)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCertainListsKnowWhatStandardsSetAside(t *testing.T) {
	s := NewSet(Certain()...)
	for value, want := range map[string]string{
		"10.1.2.3":                         Reserved,
		"10[.]1[.]2[.]3":                   Reserved,
		"::ffff:192.168.0.1":               Reserved,
		"192.168.0.0/24":                   Reserved,
		"fe80::1":                          Reserved,
		"printer.local":                    Reserved,
		"evil.example":                     Documentation,
		"a.b.EXAMPLE.com.":                 Documentation,
		"203.0.113.9":                      Documentation,
		"2001:DB8::1":                      Documentation,
		"8.8.8.8":                          Resolvers,
		"8.8.8.8:53":                       Resolvers,
		"dns.google":                       Resolvers,
		"D41D8CD98F00B204E9800998ECF8427E": EmptyFile,
		"da39a3ee5e6b4b0d3255bfef95601890afd80709":                         EmptyFile,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": EmptyFile,
	} {
		f := s.Find(value)
		if !f.Harmless() || f.List.Name != want {
			t.Errorf("%s: %v, want it harmless by %s", value, f, want)
		}
	}
	for _, value := range []string{"8.8.8.9", "198.51.101.1", "evil.com", "example.co", "notexample.com", "local.evil.com",
		"d41d8cd98f00b204e9800998ecf8427f", "", "a word"} {
		if f := s.Find(value); f.Tie != None {
			t.Errorf("%s is tied to %v", value, f)
		}
	}
	if got := len(Certain(Documentation)); got != len(Certain())-1 {
		t.Errorf("%d lists without one of %d", got, len(Certain()))
	}
	if n := (*Set)(nil).Find("10.0.0.1"); n.Tie != None {
		t.Errorf("no set knows %v", n)
	}
}

func TestAListTellsHowAValueIsTiedToIt(t *testing.T) {
	s := NewSet(read(t, "# popular\nexample-corp.com\nwww.shop.de\ngithub.io # pages\n1.2.3.0/24\n5.6.7.8\n44d88612fea8a8f36de82e1278abb02f\nhttps://cdn.test-cdn.net/lib.js\n"))
	for value, want := range map[string]Tie{
		"example-corp.com":                 Same,
		"a.b.example-corp[.]com":           Below,
		"badexample-corp.com":              None,
		"shop.de":                          Above, // blocking it blocks www.shop.de
		"github.io":                        Same,
		"evil.github.io":                   None, // somebody else's
		"1.2.3.4":                          Below,
		"1.2.3.0/24":                       Same,
		"1.2.0.0/16":                       Above,
		"5.6.0.0/16":                       Above,
		"5.6.7.9":                          None,
		"44D88612FEA8A8F36DE82E1278ABB02F": Same,
		"https://cdn.test-cdn.net/lib.js":  Same,
		"https://cdn.test-cdn.net/evil":    None,
		"https://example-corp.com/evil":    Host, // the page may be bad all the same
		"hxxp://1.2.3.4/x":                 Host,
		"bob@example-corp.com":             Host,
		"example-corp.com:8080":            Same,
	} {
		if got := s.Find(value); got.Tie != want {
			t.Errorf("%s: tie %d (%v), want %d", value, got.Tie, got, want)
		}
	}
}

func TestWarningListsOfMISP(t *testing.T) {
	net := read(t, `{"name":"Nets of a cloud","version":20240131,"type":"cidr","list":["20.0.0.0/16","0.0.0.0/0","1.1.1.1"]}`)
	if net.Name != "Nets of a cloud" || net.Time.Format(time.DateOnly) != "2024-01-31" || net.Len != 2 || len(net.Left) != 1 {
		t.Errorf("%+v", net)
	}
	host := read(t, `{"name":"Hosts","version":1,"type":"hostname","list":["Corp.example-cdn.net",".other.org","com"]}`)
	if host.Len != 2 || len(host.Left) != 1 || !host.Time.Equal(day) {
		t.Errorf("%+v", host)
	}
	text := read(t, `{"name":"Texts","type":"string","list":["only.this-host.net"]}`)
	part := read(t, `{"name":"Parts","type":"substring","list":["/wp-login","a"]}`)
	form := read(t, `{"name":"Forms","type":"regex","list":["/^ntp[0-9]+\\.corp\\.net$/i","(?<!x)y",".*"]}`)
	if part.Len != 1 || form.Len != 1 || len(form.Left) != 2 {
		t.Errorf("%+v %+v", part, form)
	}
	s := NewSet(net, host, text, part, form)
	for value, want := range map[string]string{
		"20.0.3.4": "Nets of a cloud", "x.corp.example-cdn.net": "Hosts", "only.this-host.net": "Texts", "sub.only.this-host.net": "",
		"http://a.net/WP-login": "", "http://a.net/wp-login.php": "Parts", "NTP12.corp.net": "Forms", "y": "",
	} {
		name := ""
		if f := s.Find(value); f.List != nil {
			name = f.List.Name
		}
		if name != want {
			t.Errorf("%s is on %q, want %q", value, name, want)
		}
	}
}

func TestATableIsReadByTheColumnThatHoldsValues(t *testing.T) {
	for _, text := range []string{
		"1,corp-a.com\n2,corp-b.org\n3,corp-c.net\n",
		"rank;domain;hits\n1;corp-a.com;5\n2;corp-b.org;4\n3;corp-c.net;3\n",
		"corp-a.com\tDE\ncorp-b.org\tFR\ncorp-c.net\tUS\n",
		"\ufeffdomain,owner\r\n\"corp-a.com\",\"A, Inc\"\r\ncorp-b.org,B\r\ncorp-c.net,C\r\n",
	} {
		l := read(t, text)
		if !slices.Equal(l.domains, []string{"corp-a.com", "corp-b.org", "corp-c.net"}) {
			t.Errorf("%q is read as %v", text, l.domains)
		}
	}
}

func TestWhatIsNoListIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "nothing in it",
		"dear reader\nthis is a letter\n": "no such list",
		"\x00\x01\x02":                    "no text",
		"{\"a\":1}":                       "no warning list",
		"{\"list\":":                      "no warning list",
		`{"type":"odd","list":["a.com"]}`: "isn't known",
		"corp.com\n" + strings.Repeat("x", maxLine+1): "longer than",
	} {
		if _, err := Read("a", strings.NewReader(text), day); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	l := read(t, "corp-a.com\nco.uk\n0.0.0.0/0\ncorp-b.com\ncorp-c.com\n")
	if l.Len != 3 || len(l.Left) != 2 || !strings.Contains(l.Left[0], "line 2") {
		t.Errorf("%d taken, left out %q", l.Len, l.Left)
	}
}
