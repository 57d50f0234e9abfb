package theme

// sixteen is the palette that stands for another on terminals of sixteen
// colours. What those look like is the terminal's choice; what they are called
// is what they mean, so amber is yellow and red is red.
func sixteen(p Palette) Palette {
	out := sixteenLight()
	if p.Dark {
		out = sixteenDark()
	}
	out.Name = p.Name
	switch p.Name {
	case "high-contrast":
		out.Faint, out.Border = out.Foreground, out.Foreground
	case "colour-blind":
		out.Error, out.Good, out.TLPGreen, out.TLPRed = out.Number, out.Accent, out.Accent, out.Number
	}
	return out
}

func sixteenDark() Palette {
	return Palette{
		Dark: true, Background: "0", Foreground: "7",
		Strong: "15", Faint: "8", Border: "8",
		Accent: "14", Match: "11", Error: "9", Warn: "11", Good: "10",
		TLPClear: "15", TLPGreen: "10", TLPAmber: "11", TLPRed: "9",
		Data: "10", Number: "13",
		Series: []Color{"14", "11", "10", "13", "12", "9", "15", "7"},
	}
}

func sixteenLight() Palette {
	return Palette{
		Background: "15", Foreground: "0",
		Strong: "0", Faint: "8", Border: "8",
		Accent: "4", Match: "5", Error: "1", Warn: "3", Good: "2",
		TLPClear: "0", TLPGreen: "2", TLPAmber: "3", TLPRed: "1",
		Data: "2", Number: "5",
		Series: []Color{"4", "3", "2", "5", "6", "1", "0", "8"},
	}
}
