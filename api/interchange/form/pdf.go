package form

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ledongthuc/pdf"
)

// The bounds of a PDF.
const (
	MaxPDF     = 50 << 20
	maxPage    = 16 << 20 // of what a page unpacks to
	maxPages   = 20_000
	maxObjects = 5_000_000
	maxWait    = 30 * time.Second // for one page
)

// PDF gives the text of a PDF page by page, from 1; a page that can't be read
// comes with the reason instead. What is only a picture of text has none.
func PDF(ctx context.Context, in io.ReaderAt, size int64, read func(page int, text string, failed error) error) error {
	if size > MaxPDF {
		return fmt.Errorf("a PDF of more than %d MiB", MaxPDF>>20)
	}
	if err := checkSizes(io.NewSectionReader(in, 0, size)); err != nil {
		return err
	}
	var doc *pdf.Reader
	pages := 0
	err := within(ctx, func() (err error) {
		defer recovered("PDF", &err)
		if doc, err = pdf.NewReader(in, size); err == nil {
			pages = doc.NumPage()
		}
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("no PDF that can be read: %w", err)
	case pages > maxPages:
		return fmt.Errorf("a PDF of %d pages, %d are read at most", pages, maxPages)
	}
	for n := 1; n <= pages; n++ {
		text := ""
		err := within(ctx, func() (err error) {
			defer recovered("page", &err)
			text, err = pageText(doc, n)
			return err
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, errSlow) {
			return err
		}
		if err := read(n, text, err); err != nil {
			return err
		}
	}
	return nil
}

func pageText(doc *pdf.Reader, n int) (string, error) {
	page := doc.Page(n)
	if page.V.IsNull() {
		return "", nil
	}
	contents := page.V.Key("Contents")
	streams := []pdf.Value{contents}
	if contents.Kind() == pdf.Array {
		streams = nil
		for i := range contents.Len() {
			streams = append(streams, contents.Index(i))
		}
	}
	left := int64(maxPage)
	for _, s := range streams {
		if s.Kind() != pdf.Stream {
			continue
		}
		n, err := io.CopyN(io.Discard, s.Reader(), left+1)
		if left -= n; left < 0 {
			return "", fmt.Errorf("it unpacks to more than %d MiB", maxPage>>20)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
	}
	if text, err := placedText(page); err == nil {
		return text, nil
	}
	return page.GetPlainText(nil) // which minds less what a page says of places
}

// placedText puts the signs of a page together by their places: a line ends
// where the next sign stands higher or lower, and a gap is a space.
func placedText(page pdf.Page) (text string, err error) {
	defer recovered("page", &err)
	const lineApart, wordApart = 0.4, 0.2 // in sizes of the font
	var b strings.Builder
	var last pdf.Text
	for _, t := range page.Content().Text {
		if t.S == "\n" || t.S == "\r" {
			continue // the library's own, where a piece ends
		}
		size := math.Abs(t.FontSize)
		gap := t.X - last.X - last.W
		switch {
		case b.Len() == 0:
		case math.Abs(t.Y-last.Y) > lineApart*size:
			b.WriteByte('\n')
		case (gap > wordApart*size || gap < -size) && t.S != " " && last.S != " ":
			b.WriteByte(' ')
		}
		b.WriteString(t.S)
		last = t
	}
	return b.String(), nil
}

var errSlow = errors.New("it takes too long to read")

// within gives up on work that doesn't end: the library has no bounds of its
// own. What was given up on goes on beside until it ends by itself, and what it
// sets must not be read then.
func within(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return errSlow
	}
}

var sizes = regexp.MustCompile(`/Size\s*(\d{7,})`)

// checkSizes refuses tables of objects beyond any real one: the library makes
// them as large as the file says before it reads them.
func checkSizes(in io.Reader) error {
	const window, overlap = 1 << 20, 64
	buf := make([]byte, 0, window+overlap)
	for {
		n, err := io.ReadFull(in, buf[len(buf):len(buf)+window])
		buf = buf[:len(buf)+n]
		for _, m := range sizes.FindAllSubmatch(buf, -1) {
			if size, err := strconv.Atoi(string(m[1])); err != nil || size > maxObjects {
				return fmt.Errorf("it says that it has %s objects, %d are read at most", m[1], maxObjects)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the PDF: %w", err)
		}
		keep := min(len(buf), overlap)
		buf = append(buf[:0], buf[len(buf)-keep:]...)
	}
}
