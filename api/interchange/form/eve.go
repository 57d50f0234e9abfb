package form

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"threatbench/api"
)

// EVE takes a record of Suricata's log: alerts become events, records of other
// kinds are counted as left out.
func EVE(b []byte, line int, to Taker) error {
	v, err := decode(b)
	if err != nil {
		to.Reject(line, "", err.Error())
		return nil
	}
	f := asFields(v)
	kind := f.text("event_type")
	switch {
	case kind == "":
		to.Reject(line, "", "a record of Suricata without event_type")
		return nil
	case kind != "alert":
		to.LeaveOut("record "+kind, "of Suricata's log only alerts are taken")
		return nil
	}
	alert := f.object("alert")
	sum := sha256.Sum256(b)
	e := Entry{
		ID: "eve/" + hex.EncodeToString(sum[:]), Line: line, Date: moment(f.text("timestamp")), Source: "Suricata",
		Category: cmp.Or(alert.text("category"), "Suricata alert"), Raw: b,
	}
	e.Event = cmp.Or(alert.text("signature"), "Suricata alert") + flow(f)
	if id := alert.text("signature_id"); id != "" {
		e.Tags = append(e.Tags, "sid:"+id)
	}
	if action := alert.text("action"); action != "" {
		e.Tags = append(e.Tags, "action:"+action)
	}
	about := alert.object("metadata")
	for _, id := range about.texts("mitre_technique_id") {
		e.technique(id)
	}
	e.Tags = append(e.Tags, about.texts("malware_family")...)
	e.seen(f)
	return to.Take(e)
}

// flow is who spoke to whom.
func flow(f fields) string {
	from, to := f.text("src_ip"), f.text("dest_ip")
	if from == "" || to == "" {
		return ""
	}
	return fmt.Sprintf(" (%s → %s)", withPort(from, f.text("src_port")), withPort(to, f.text("dest_port")))
}

func withPort(host, port string) string {
	if port == "" || port == "0" {
		return host
	}
	return host + ":" + port
}

// seen takes what the alert saw: the addresses that aren't of somebody's own
// network, and the names, URLs and hashes of the protocols.
func (e *Entry) seen(f fields) {
	for _, key := range []string{"src_ip", "dest_ip"} {
		if s := f.text(key); s != "" && !isOwn(s) {
			e.Indicators = add(e.Indicators, named("ip", s))
		}
	}
	web := f.object("http")
	if host := web.text("hostname"); host != "" {
		if path := web.text("url"); path != "" && path[0] == '/' {
			e.Indicators = add(e.Indicators, named("url", "http://"+host+path))
		} else {
			e.Indicators = add(e.Indicators, named("domain", host))
		}
	}
	if agent := web.text("http_user_agent"); agent != "" {
		e.Indicators = add(e.Indicators, named("user-agent", agent))
	}
	e.name(f.object("dns").text("rrname"))
	for _, q := range append(f.object("dns").objects("query"), f.object("dns").objects("queries")...) {
		e.name(q.text("rrname"))
	}
	secure := f.object("tls")
	e.name(secure.text("sni"))
	for _, kind := range []string{"ja3", "ja4"} {
		if v := cmp.Or(secure.text(kind), secure.object(kind).text("hash")); v != "" {
			e.Indicators = add(e.Indicators, named(kind, v))
		}
	}
	for _, file := range append(f.objects("files"), f.objects("fileinfo")...) {
		for _, kind := range []string{"sha256", "sha1", "md5"} {
			if v := file.text(kind); v != "" {
				e.Indicators = add(e.Indicators, named(kind, v))
			}
		}
		if v := file.text("filename"); v != "" {
			e.Indicators = add(e.Indicators, api.IndicatorInput{Value: v, IndicatorType: "filename"})
		}
	}
}

func (e *Entry) name(host string) {
	if host != "" {
		e.Indicators = add(e.Indicators, named("domain", host))
	}
}
