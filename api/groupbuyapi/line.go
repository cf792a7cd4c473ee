package groupbuyapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/problem"
	"kaituan/groupbuy/activity"
)

const (
	maxBulkBody = 64 << 20 // bytes of a body that is read line by line
	maxLine     = 4 << 10  // bytes of one line
	maxTold     = 100      // refused lines that are told one by one
)

// byteOrderMark begins files that some spreadsheets write.
const byteOrderMark = "\ufeff"

// lines reads a text line by line in bounded memory.
type lines struct {
	in     *bufio.Reader
	number int // of the line returned last, from 1
}

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, maxLine)} }

// next returns the next line that is not empty, without blanks around it, valid until the call after. A line beyond
// maxLine is passed over and told by tooLong. Errors: io.EOF after the last.
func (l *lines) next() (line []byte, tooLong bool, err error) {
	for {
		line, err := l.in.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return nil, false, err
		}
		l.number++
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, true, l.skip()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, false, nil
		}
	}
}

// skip reads on to the end of the line.
func (l *lines) skip() error {
	for {
		_, err := l.in.ReadSlice('\n')
		switch {
		case err == nil, errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// refusals counts the lines that could not be taken and keeps the first of them.
type refusals struct {
	count int
	first []numbered
}

// numbered is what is wrong with a line.
type numbered struct {
	line  int
	fault activity.Fault
}

func (r *refusals) add(line int, fault activity.Fault) {
	r.count++
	if len(r.first) < maxTold {
		r.first = append(r.first, numbered{line, fault})
	}
}

// told is the first lines in the caller's language.
func (r *refusals) told(acceptLanguage string) []wire.LineError {
	lang := problem.LanguageOf(acceptLanguage)
	return each(r.first, func(n numbered) wire.LineError {
		return wire.LineError{Line: n.line, Param: n.fault.Param, Detail: problem.Say(n.fault.Detail, lang)}
	})
}

// problem is the first lines as faults of the whole: "lines[3].buyer_id" is about line 3, from 1.
func (r *refusals) problem(lines int) *problem.Problem {
	return &problem.Problem{
		Code:   problem.LinesRefused,
		Detail: strconv.Itoa(r.count) + " of " + strconv.Itoa(lines) + " lines cannot be used, so nothing was replaced",
		Faults: each(r.first, func(n numbered) problem.Fault {
			param := "lines[" + strconv.Itoa(n.line) + "]"
			if n.fault.Param != "" {
				param += "." + n.fault.Param
			}
			return problem.Fault{Param: param, Detail: n.fault.Detail}
		}),
	}
}

// faultOf is why one line is not the JSON that is wanted.
func faultOf(err error) activity.Fault {
	var p *problem.Problem
	if errors.As(err, &p) {
		return activity.Fault{Param: p.Param, Detail: p.Detail}
	}
	return activity.Fault{Detail: "is not the JSON that is wanted"}
}

// readLine puts a line of JSON into a generated model, as strictly as a whole body.
func readLine[T any](line []byte) (T, error) {
	var into T
	err := edge.Unmarshal(line, &into)
	return into, err
}
