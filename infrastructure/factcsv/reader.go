package factcsv

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// ErrFile says that a file as a whole is not what the options promise; nothing of it was used.
var ErrFile = errors.New("not the file that was described")

const (
	maxLine = 1 << 20 // bytes
	sniffed = 64 << 10
)

// source reads lines and turns them into UTF-8.
type source struct {
	in     *bufio.Reader
	decode *encoding.Decoder // nil for UTF-8
	number int               // of the line read last, from 1
}

const (
	markUTF8    = "\xef\xbb\xbf"
	markUTF16LE = "\xff\xfe"
	markUTF16BE = "\xfe\xff"
)

// newSource looks at the beginning of a file before anything of it is used.
func newSource(r io.Reader, e Encoding) (*source, error) {
	s := &source{in: bufio.NewReaderSize(r, maxLine)}
	head, err := s.in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte(markUTF16LE)), bytes.HasPrefix(head, []byte(markUTF16BE)):
		return nil, fmt.Errorf("%w: it is UTF-16; save it as UTF-8", ErrFile)
	case bytes.HasPrefix(head, []byte(markUTF8)):
		_, _ = s.in.Discard(len(markUTF8))
	case e == UTF8 && !utf8.Valid(whole(head)):
		return nil, fmt.Errorf("%w: it is not UTF-8; say which it is with --encoding gbk or --encoding latin1", ErrFile)
	}
	switch e {
	case GBK:
		s.decode = simplifiedchinese.GB18030.NewDecoder()
	case Latin1:
		s.decode = charmap.ISO8859_1.NewDecoder()
	}
	return s, nil
}

// whole leaves out a character that the end of the look cuts in two.
func whole(head []byte) []byte {
	for back := 1; back < utf8.UTFMax && back <= len(head); back++ {
		if b := head[len(head)-back]; utf8.RuneStart(b) {
			if !utf8.FullRune(head[len(head)-back:]) {
				return head[:len(head)-back]
			}
			break
		}
	}
	return head
}

// errLine is a fault of one line.
type errLine struct{ text string }

func (e errLine) Error() string { return e.text }

// next returns the next line without its end. Errors: errLine for a line that is too long or wrongly encoded, io.EOF.
func (s *source) next() (string, error) {
	line, err := s.in.ReadSlice('\n')
	if len(line) == 0 && err != nil {
		return "", err
	}
	s.number++
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = s.in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return "", errLine{"is longer than 1 MB"}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = bytes.TrimRight(line, "\r\n")
	if s.decode == nil {
		if !utf8.Valid(line) {
			return "", errLine{"is not UTF-8"}
		}
		return string(line), nil
	}
	text, err := s.decode.String(string(line))
	if err != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", errLine{"is not in the encoding that was given"}
	}
	return text, nil
}

// split takes one line apart: a broken quote must not swallow the lines after it.
func split(line string, delimiter rune) ([]string, error) {
	r := csv.NewReader(strings.NewReader(line))
	r.Comma = delimiter
	fields, err := r.Read()
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		err = wrong.Err
	}
	return fields, err
}
