package domain

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error.
type Kind int

const (
	// Internal is everything else: its text is not shown to people.
	Internal Kind = iota
	// Invalid means that the input must be corrected.
	Invalid
	// NotFound means that there is no such thing, or not for this person.
	NotFound
	// Conflict means that somebody else was first, or that the state forbids it now.
	Conflict
	// Forbidden means that this person may not.
	Forbidden
)

// Error has a kind for the caller, a Chinese text for people, the place of the
// mistake (file, line, field; each may be empty) and a cause for the log.
type Error struct {
	Kind  Kind
	Text  string
	File  string // name as given by the person, never a path on the server
	Line  int    // 1-based; 0 if there is none
	Field string // name of the form or data field
	Cause error
}

// Error implements error. The place stands before the text.
func (e *Error) Error() string {
	s := e.Text
	if e.Field != "" {
		s = e.Field + "：" + s
	}
	switch {
	case e.File != "" && e.Line > 0:
		s = fmt.Sprintf("%s 第%d行：%s", e.File, e.Line, s)
	case e.File != "":
		s = e.File + "：" + s
	case e.Line > 0:
		s = fmt.Sprintf("第%d行：%s", e.Line, s)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an error of a kind with a text for people.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// At returns a copy of e that names a file and a line (0: no line).
func (e *Error) At(file string, line int) *Error {
	c := *e
	c.File, c.Line = file, line
	return &c
}

// In returns a copy of e that names a field.
func (e *Error) In(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Because returns a copy of e with a cause, which only the log sees.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// KindOf returns the kind of the first *Error in err's chain, or Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
