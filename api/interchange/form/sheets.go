package form

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// The bounds of a workbook: of its file, which is held in memory, and of what
// it unpacks to, whose larger parts wait on disk.
const (
	MaxWorkbook = 200 << 20
	maxUnpacked = 2 << 30
	maxInMemory = 16 << 20
)

// Sheets gives the sheets of a workbook (xlsx) as CSV to read, one after the
// other; dates are ISO where a cell says that it holds one. Empty sheets don't
// come. read must read to the end or give an error.
func Sheets(in io.ReaderAt, size int64, read func(name string, sheet io.Reader) error) (err error) {
	if size > MaxWorkbook {
		return fmt.Errorf("a workbook of more than %d MiB", MaxWorkbook>>20)
	}
	defer recovered("workbook", &err)
	book, err := excelize.OpenReader(io.NewSectionReader(in, 0, size), excelize.Options{
		UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory, ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd",
	})
	if err != nil {
		return fmt.Errorf("no workbook that can be read: %w", err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	for _, name := range book.GetSheetList() {
		rows, err := book.Rows(name)
		if err != nil {
			var chart excelize.ErrSheetNotExist
			if errors.As(err, &chart) {
				continue // a chart has no rows
			}
			return fmt.Errorf("sheet %q: %w", name, err)
		}
		err = readSheet(name, rows, read)
		if err := errors.Join(err, rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// recovered turns a panic of a library on hostile input into an error.
func recovered(what string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("a damaged %s: %v", what, p)
	}
}

func readSheet(name string, rows *excelize.Rows, read func(string, io.Reader) error) error {
	if !rows.Next() {
		return rows.Error()
	}
	r, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		w.CloseWithError(writeRows(w, rows)) // always nil
	}()
	err := read(name, r)
	r.Close() // ends the writing where reading ended early
	<-written
	return err
}

// writeRows writes the rows from the one that Next has stepped to.
func writeRows(w io.Writer, rows *excelize.Rows) (err error) {
	defer recovered("workbook", &err)
	out := csv.NewWriter(w)
	for more := true; more; more = rows.Next() {
		row, err := rows.Columns()
		if err != nil {
			return fmt.Errorf("reading the sheet: %w", err)
		}
		if len(row) == 0 {
			row = []string{""}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return fmt.Errorf("reading the sheet: %w", err)
	}
	out.Flush()
	return out.Error()
}
