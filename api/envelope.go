package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// ErrorItem is one entry of an envelope's errors.
type ErrorItem struct {
	Code             int          `json:"code,omitempty"`
	Message          string       `json:"message"`
	DocumentationURL string       `json:"documentation_url,omitempty"`
	Source           *ErrorSource `json:"source,omitempty"`
}

// ErrorSource points at what an ErrorItem is about.
type ErrorSource struct {
	Pointer string `json:"pointer"`
}

// UnmarshalJSON reads an item that is an object, or just its message.
func (e *ErrorItem) UnmarshalJSON(b []byte) error {
	var w struct {
		Code             flexInt      `json:"code"`
		Message          flexString   `json:"message"`
		DocumentationURL flexString   `json:"documentation_url"`
		Source           *ErrorSource `json:"source"`
	}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] != '{' {
		err := json.Unmarshal(b, &w.Message)
		*e = ErrorItem{Message: string(w.Message)}
		return err
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = ErrorItem{Code: int(w.Code), Message: string(w.Message), DocumentationURL: string(w.DocumentationURL), Source: w.Source}
	return nil
}

// Envelope is the platform's answer form.
type Envelope struct {
	Success    bool        `json:"success"`
	Errors     []ErrorItem `json:"errors"`
	Messages   []ErrorItem `json:"messages"`
	Result     any         `json:"result"`
	ResultInfo *ResultInfo `json:"result_info,omitempty"`
}

// Failed wraps an error the way the platform answers a failure.
func Failed(err *Error) Envelope {
	code := err.Code
	if code == 0 {
		code = err.Status
	}
	return Envelope{Errors: []ErrorItem{{Code: code, Message: err.Error()}}, Messages: []ErrorItem{}, Result: struct{}{}}
}

// Decode reads a successful answer in either form into result: the bare value,
// or the envelope around it. The outer value is decoded first; which form it
// is follows from its keys (an envelope has both "success" and "result"), not
// from its text. The page information is nil where the body has none. An
// envelope that says success:false is an *Error.
func Decode(body []byte, result any) (*ResultInfo, error) {
	var w struct {
		Success    *flexBool           `json:"success"`
		Errors     flexList[ErrorItem] `json:"errors"`
		Message    flexString          `json:"message"`
		Result     json.RawMessage     `json:"result"`
		ResultInfo json.RawMessage     `json:"result_info"`
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' {
		return nil, decodeInto(body, result)
	}
	// A bare object may have keys of these names with other types, so a
	// failure here only says that it isn't an envelope.
	if json.Unmarshal(body, &w) != nil || w.Success == nil || (w.Result == nil && *w.Success) {
		return nil, decodeInto(body, result)
	}
	if !*w.Success {
		if len(w.Errors) == 0 && w.Message != "" {
			w.Errors = append(w.Errors, ErrorItem{Message: string(w.Message)})
		}
		return nil, errorOf(http.StatusOK, w.Errors)
	}
	return pageInfo(w.ResultInfo), decodeInto(w.Result, result)
}

// pageInfo reads result_info; one that is missing or malformed costs the page
// information, not the answer.
func pageInfo(b json.RawMessage) *ResultInfo {
	var info *ResultInfo
	if json.Unmarshal(b, &info) != nil {
		return nil
	}
	return info
}

func decodeInto(body []byte, result any) error {
	if err := json.Unmarshal(body, result); err != nil {
		return fmt.Errorf("the server's answer isn't what the contract says: %w", err)
	}
	return nil
}

// DecodeError makes the *Error of a failed answer from its status and body;
// a body that is no JSON (a proxy's HTML page, say) is not shown.
func DecodeError(status int, body []byte) *Error {
	var w struct {
		Errors flexList[ErrorItem] `json:"errors"`
	}
	if json.Unmarshal(body, &w) == nil && len(w.Errors) > 0 {
		return errorOf(status, w.Errors)
	}
	return &Error{Status: status}
}

func errorOf(status int, items []ErrorItem) *Error {
	e := &Error{Status: status}
	var lines []string
	for _, it := range items {
		if it.Message != "" {
			lines = append(lines, it.Message)
		}
		if e.Code == 0 {
			e.Code = it.Code
		}
	}
	e.Message = strings.Join(lines, "; ")
	if e.Message == "" && status == http.StatusOK {
		e.Message = "the server reported a failure without a reason"
	}
	return e
}
