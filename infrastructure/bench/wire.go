package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// wire is one HTTP/1.1 connection that stays open. It knows what our servers answer: a length or chunks.
type wire struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	out     []byte
	body    []byte
}

const wireTimeout = 30 * time.Second

func (w *wire) dial() error {
	if w.conn != nil {
		return nil
	}
	conn, err := (&net.Dialer{Timeout: wireTimeout}).DialContext(context.Background(), "tcp", w.address)
	if err != nil {
		return err
	}
	w.conn, w.in = conn, bufio.NewReaderSize(conn, 4<<10)
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close() // nothing is under way
		w.conn = nil
	}
}

// header is one line of a request's head.
type header struct{ name, value string }

// do sends a request and reads the answer. The body is good until the next call. After an error the connection is
// closed, and made anew by the next call.
func (w *wire) do(method, target string, headers []header, body []byte) (status int, answer []byte, err error) {
	if err := w.dial(); err != nil {
		return 0, nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if err := w.conn.SetDeadline(time.Now().Add(wireTimeout)); err != nil {
		return 0, nil, err
	}
	w.out = append(append(append(append(w.out[:0], method...), ' '), target...), " HTTP/1.1\r\nHost: "...)
	w.out = append(append(w.out, w.address...), "\r\nContent-Length: "...)
	w.out = append(strconv.AppendInt(w.out, int64(len(body)), 10), "\r\n"...)
	for _, h := range headers {
		w.out = append(append(append(append(w.out, h.name...), ": "...), h.value...), "\r\n"...)
	}
	w.out = append(append(w.out, "\r\n"...), body...)
	if _, err := w.conn.Write(w.out); err != nil {
		return 0, nil, err
	}
	return w.read()
}

func (w *wire) read() (status int, body []byte, err error) {
	line, err := w.line()
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, nil, fmt.Errorf("bench: answer starts with %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, fmt.Errorf("bench: answer starts with %q", line)
	}
	length, closing, err := w.head()
	if err != nil {
		return 0, nil, err
	}
	switch {
	case length == inChunks:
		err = w.chunks()
	case status == 204 || status == 304:
		w.body = w.body[:0]
	case length < 0:
		err = errors.New("bench: answer of unknown length")
	default:
		err = w.take(length)
	}
	if closing {
		w.close()
	}
	return status, w.body, err
}

// line reads one line without its end.
func (w *wire) line() ([]byte, error) {
	line, err := w.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

const inChunks = -2

// head reads the headers, of which only the length of the body and the end of the connection matter.
func (w *wire) head() (length int, closing bool, err error) {
	length = -1
	for {
		line, err := w.line()
		if err != nil || len(line) == 0 {
			return length, closing, err
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return length, closing, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = inChunks
		case bytes.EqualFold(name, []byte("Connection")):
			closing = bytes.EqualFold(value, []byte("close"))
		}
	}
}

func (w *wire) take(n int) error {
	if cap(w.body) < n {
		w.body = make([]byte, n)
	}
	w.body = w.body[:n]
	_, err := io.ReadFull(w.in, w.body)
	return err
}

func (w *wire) chunks() error {
	w.body = w.body[:0]
	for {
		line, err := w.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return fmt.Errorf("bench: chunk of %q bytes", line)
		}
		at := len(w.body)
		w.body = append(w.body, make([]byte, size)...)
		if _, err := io.ReadFull(w.in, w.body[at:]); err != nil {
			return err
		}
		if _, err := w.line(); err != nil || size == 0 {
			return err
		}
	}
}
