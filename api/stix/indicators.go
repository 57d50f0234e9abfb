package stix

import (
	"encoding/json"
	"slices"

	"threatbench/api"
)

// Indicators writes indicators that stand by themselves, without the events
// that have them: each with its pattern, and the observables that it is based
// on. passed are the values that STIX has no pattern for.
func Indicators(list []api.Indicator) (objects []json.RawMessage, passed []string, err error) {
	b := builder{seen: map[objectKey]bool{}, strictest: map[objectKey]marking{}, validUUID: stixUUID()}
	for i := range list {
		tlp := tlpOf(&list[i])
		b.used[tlp] = true
		if o, ok := observe(list[i].IndicatorType, list[i].Value); ok {
			for _, x := range o.objects {
				key := keyOf(x.ID)
				b.strictest[key] = max(b.strictest[key], marking(tlp))
			}
		}
	}
	b.addMarkings()
	for i := range list {
		o, ok := observe(list[i].IndicatorType, list[i].Value)
		if !ok {
			passed = append(passed, list[i].Value)
			continue
		}
		b.addStanding(&list[i], o)
	}
	return b.out, passed, b.err
}

func tlpOf(in *api.Indicator) api.TLP {
	if in.TLP == nil {
		return api.TLPNone
	}
	t, _ := api.ParseTLP(*in.TLP)
	return t
}

// addStanding writes an indicator with its observables.
func (b *builder) addStanding(in *api.Indicator, o observed) {
	head := common{
		Type: "indicator", SpecVersion: "2.1", ID: madeID("indicator", in.DatasetID, in.UUID),
		Created: stamp(in.CreatedAt), Modified: stamp(in.UpdatedAt, in.CreatedAt), Markings: markingRefs(tlpOf(in)),
	}
	for _, t := range in.Tags {
		head.Labels = append(head.Labels, t.Value)
	}
	slices.Sort(head.Labels)
	b.add(head.ID, indicator{
		common: head, Name: in.Value, Types: []string{"malicious-activity"},
		Pattern: o.pattern, PatternType: "stix", ValidFrom: stamp(in.CreatedAt),
	})
	for _, x := range o.objects {
		x.Markings = markingRefs(b.marked(x.ID))
		b.addShared(x.ID, x)
		b.relate(common{Type: "relationship", SpecVersion: "2.1", Created: head.Created, Modified: head.Modified, Markings: head.Markings}, "based-on", head.ID, x.ID)
	}
}

// BundleOf writes objects as a bundle.
func BundleOf(objects []json.RawMessage) ([]byte, error) {
	all := make([]string, len(objects))
	for i, o := range objects {
		all[i] = string(o)
	}
	return marshal(struct {
		Type    string            `json:"type"`
		ID      string            `json:"id"`
		Objects []json.RawMessage `json:"objects,omitempty"`
	}{"bundle", madeID("bundle", all...), objects})
}

// EnvelopeOf writes objects as a TAXII 2.1 envelope; next is where the
// following page starts, "" on the last.
func EnvelopeOf(objects []json.RawMessage, next string) ([]byte, error) {
	return marshal(struct {
		More    bool              `json:"more"`
		Next    string            `json:"next,omitempty"`
		Objects []json.RawMessage `json:"objects,omitempty"`
	}{next != "", next, objects})
}
