package charts

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"threatbench/ui/widget/chart"
	"threatbench/views"
)

// Sizes of the picture, in pixels.
const (
	svgWidth = 960
	svgRow   = 22
	svgHead  = 56
	svgLabel = 240
)

// inks are the colours of series: those of Okabe and Ito, which colour-blind
// people tell apart.
func inks() []string {
	return []string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"}
}

func ink(i int) string { return inks()[i%len(inks())] }

// canvas collects the elements of a picture.
type canvas struct {
	bytes.Buffer
	height int
}

func (c *canvas) rect(x, y, w, h float64, fill string, opacity float64, title string) {
	fmt.Fprintf(c, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" fill-opacity="%.2f"><title>%s</title></rect>`+"\n", x, y, w, h, fill, opacity, escape(title))
}

func (c *canvas) text(x, y float64, anchor, s string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, escape(s))
}

// escape makes text safe within XML.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer takes everything
	return b.String()
}

// svg is the chart as a picture, with every number in it as text or title.
func (c *card) svg() []byte {
	body := &canvas{height: svgHead}
	switch p := c.plot.(type) {
	case *barsPlot:
		body.bars(p)
	case *overPlot:
		body.over(p)
	case *heatPlot:
		body.heat(p)
	case *flowPlot:
		body.flow(p)
	case *lanesPlot:
		body.lanes(p)
	}
	out := &canvas{}
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", svgWidth, body.height+30, svgWidth, body.height+30)
	fmt.Fprintf(out, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	fmt.Fprintf(out, `<text x="12" y="24" font-size="16" font-weight="bold">%s</text>`+"\n", escape(c.titled()))
	subject := rangeName(c.asked.Range)
	if c.text != "" {
		subject += " · " + c.text
	}
	if why := c.caveat(); why != "" {
		subject += " · " + why
	}
	out.text(12, 42, "start", subject+" · "+views.Count(max(c.total(), 0))+" events")
	out.Write(body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func most(counts ...[]int) int {
	m := 1
	for _, list := range counts {
		for _, n := range list {
			m = max(m, n)
		}
	}
	return m
}

func (c *canvas) bars(p *barsPlot) {
	longest := 1
	for _, r := range p.rows {
		longest = max(longest, r.Count, r.Before)
	}
	const room = svgWidth - svgLabel - 160
	for i, r := range p.rows {
		y := float64(svgHead + i*svgRow)
		c.text(svgLabel-8, y+15, "end", r.Label)
		parts, x := r.Parts, float64(svgLabel)
		if len(parts) == 0 {
			parts = []int{r.Count}
		}
		for k, n := range parts {
			w := float64(n) * room / float64(longest)
			title := r.Label
			if len(r.Parts) > 0 {
				title += ", " + p.seriesNames()[k]
			}
			c.rect(x, y+3, w, svgRow-6, ink(k), 1, title+": "+views.Count(n))
			x += w
		}
		count := views.Count(r.Count)
		if p.before {
			count += " " + chart.Delta(r.Count, r.Before)
			c.rect(svgLabel+float64(r.Before)*room/float64(longest), y+1, 2, svgRow-2, "#000000", 1, r.Label+", previously "+views.Count(r.Before))
		}
		c.text(x+6, y+15, "start", count)
	}
	c.height += len(p.rows) * svgRow
	c.legend(p.seriesNames())
}

func (c *canvas) legend(names []string) {
	if len(names) < 2 {
		return
	}
	x := 12.0
	c.height += 24
	for k, n := range names {
		c.rect(x, float64(c.height-12), 10, 10, ink(k), 1, n)
		c.text(x+14, float64(c.height-3), "start", n)
		x += 26 + 7*float64(len([]rune(n)))
	}
}

func (c *canvas) over(p *overPlot) {
	const height, left = 360.0, 60.0
	n := len(p.starts)
	sums := make([]int, n)
	for i := range sums {
		sums[i], _ = p.Sum(i, i, -1)
	}
	top := float64(most(sums, p.before))
	if apart := p.spec.Mode == chart.Lines || p.spec.Mode == chart.Grouped; apart && len(p.series) > 1 {
		top = 1
		for _, s := range p.series {
			top = max(top, float64(most(s.Counts)))
		}
	}
	wide := (svgWidth - left - 12) / float64(max(n, 1))
	for i, at := range p.starts {
		x := left + float64(i)*wide
		c.step(p, i, x, wide, height, top)
		if p.before != nil && len(p.series) < 2 {
			c.rect(x, svgHead+height-float64(p.before[i])*height/top, max(wide*0.9, 0.5), 1.5, "#000000", 1, "before: "+views.Count(p.before[i]))
		}
		if i%max(n/8, 1) == 0 {
			c.text(x, svgHead+height+16, "start", views.StepLabel(p.bucket, at))
		}
	}
	c.text(left-6, svgHead+10, "end", views.Count(int(top)))
	c.text(left-6, svgHead+height, "end", "0")
	if p.spec.Mode == chart.Lines {
		c.lines(p, left+wide/2, wide, height, top)
	}
	c.height += int(height) + 24
	var names []string
	for _, s := range p.series {
		names = append(names, s.Name)
	}
	c.legend(names)
}

// step draws the columns of one step; of lines their points, which tell the
// numbers.
func (c *canvas) step(p *overPlot, i int, x, wide, height, top float64) {
	sum, _ := p.Sum(i, i, -1)
	y := svgHead + height
	for k, s := range p.series {
		title := views.StepLabel(p.bucket, p.starts[i]) + ", " + s.Name + ": " + views.Count(s.Counts[i])
		h := float64(s.Counts[i]) * height / top
		switch {
		case p.spec.Mode == chart.Lines:
			fmt.Fprintf(c, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"><title>%s</title></circle>`+"\n", x+wide/2, svgHead+height-h, ink(k), escape(title))
			continue
		case p.spec.Mode == chart.Grouped && len(p.series) > 1:
			bar := wide * 0.9 / float64(len(p.series))
			c.rect(x+float64(k)*bar, svgHead+height-h, max(bar, 0.5), h, ink(k), 1, title)
			continue
		case p.spec.Mode == chart.Share && sum > 0:
			h = float64(s.Counts[i]) * height / float64(sum)
		}
		y -= h
		c.rect(x, y, max(wide*0.9, 0.5), h, ink(k), 1, title)
	}
}

// lines joins the counts of each series, in dashes of its own.
func (c *canvas) lines(p *overPlot, left, wide, height, top float64) {
	for k, s := range p.series {
		var way strings.Builder
		for i, n := range s.Counts {
			fmt.Fprintf(&way, "%.1f,%.1f ", left+float64(i)*wide, svgHead+height-float64(n)*height/top)
		}
		dash := ""
		if k > 0 {
			dash = fmt.Sprintf(` stroke-dasharray="%d 3"`, 2+3*k)
		}
		fmt.Fprintf(c, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"%s/>`+"\n", strings.TrimSpace(way.String()), ink(k), dash)
	}
}

func (c *canvas) heat(p *heatPlot) {
	wide := float64(svgWidth-svgLabel-12) / float64(max(len(p.cols), 1))
	for j, k := range p.cols {
		c.text(svgLabel+float64(j)*wide+2, svgHead+14, "start", clip(p.names.label(p.spec.Split, k), int(wide/7)))
	}
	top := p.most()
	for i, k := range p.rows {
		y := float64(svgHead + (i+1)*svgRow)
		c.text(svgLabel-8, y+15, "end", p.names.label(p.spec.By, k))
		for j, n := range p.counts[i] {
			x, title := svgLabel+float64(j)*wide, p.names.label(p.spec.By, k)+", "+p.names.label(p.spec.Split, p.cols[j])+": "+views.Count(n)
			text := chart.Compact(n, max(int(wide/8), 2))
			switch {
			case p.were != nil:
				title += ", previously " + views.Count(p.were[i][j])
				if n = n - p.were[i][j]; n != 0 {
					text = fmt.Sprintf("%+d", n)
				}
				n = max(n, -n)
			case n == 0:
				text = ""
			}
			c.shade(x, y, wide, n, top, text, title)
		}
	}
	c.height += (len(p.rows) + 1) * svgRow
}

// shade is a cell with its number, as dark as n is a part of top.
func (c *canvas) shade(x, y, wide float64, n, top int, text, title string) {
	c.rect(x+1, y+1, wide-2, svgRow-2, ink(0), float64(chart.Shade(n, top))*0.2, title)
	if text != "" {
		c.text(x+wide-6, y+15, "end", text)
	}
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > max(n, 1) {
		return string(r[:max(n, 1)])
	}
	return s
}

func (c *canvas) flow(p *flowPlot) {
	rows := max(len(p.rows), len(p.cols))
	place := func(i, n int) float64 { return svgHead + (float64(i)+0.5)*float64(rows*svgRow*2)/float64(max(n, 1)) }
	top := most(p.counts...)
	const right = svgWidth - svgLabel
	for i, k := range p.rows {
		c.text(svgLabel-8, place(i, len(p.rows))+4, "end", fmt.Sprintf("%s  %s", p.names.label(p.spec.By, k), views.Count(p.Sum(0, i))))
		for j, n := range p.counts[i] {
			if n == 0 {
				continue
			}
			y1, y2 := place(i, len(p.rows)), place(j, len(p.cols))
			fmt.Fprintf(c, `<path d="M%d %.1f C%d %.1f %d %.1f %d %.1f" fill="none" stroke="%s" stroke-opacity="0.45" stroke-width="%.1f"><title>%s</title></path>`+"\n",
				svgLabel, y1, svgWidth/2, y1, svgWidth/2, y2, right, y2, ink(i), max(float64(n)*24/float64(top), 0.5),
				escape(p.names.label(p.spec.By, k)+" to "+p.names.label(p.spec.Split, p.cols[j])+": "+views.Count(n)))
		}
	}
	for j, k := range p.cols {
		c.text(right+8, place(j, len(p.cols))+4, "start", fmt.Sprintf("%s  %s", views.Count(p.Sum(1, j)), p.names.label(p.spec.Split, k)))
	}
	c.height += rows * svgRow * 2
}

func (c *canvas) lanes(p *lanesPlot) {
	wide := float64(svgWidth-12) / float64(max(len(p.lanes), 1))
	top, deepest := 1, 0
	for _, l := range p.lanes {
		deepest = max(deepest, len(l.Cells))
		for _, cell := range l.Cells {
			top = max(top, cell.Count)
		}
	}
	for i, l := range p.lanes {
		x := 6 + float64(i)*wide
		c.text(x+2, svgHead+14, "start", clip(l.Title, int(wide/7)))
		for k, cell := range l.Cells {
			y := float64(svgHead + (k+1)*svgRow)
			text, title := chart.Compact(cell.Count, max(int(wide/8), 2)), l.Title+", "+cell.Label+": "+views.Count(cell.Count)
			if p.before {
				text, title = fmt.Sprintf("%s %+d", text, cell.Count-cell.Before), title+", previously "+views.Count(cell.Before)
			}
			c.shade(x, y, wide, cell.Count, top, text, title)
			c.text(x+4, y+15, "start", clip(cell.Label, int(wide/7)-4))
		}
	}
	c.height += (deepest + 1) * svgRow
}
