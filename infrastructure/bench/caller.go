package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"kaituan/api/sign"
)

// errRefused says that the server understood and refused; it is counted by its code.
var errRefused = errors.New("bench: refused")

// caller makes one caller's requests over one connection.
type caller struct {
	wire    wire
	key     sign.Key // signs partner calls
	session string   // of mall calls
	done    func(began time.Time, status int, code string, err error)
	headers []header
}

// partner makes a signed call. The answer is good until the next call. Errors: errRefused, those of the connection.
func (c *caller) partner(method, target string, body []byte) ([]byte, error) {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	req := http.Request{Method: method, URL: u, Header: http.Header{}}
	c.key.Sign(&req, body, began, sign.NewNonce())
	c.headers = append(c.headers[:0], header{"Authorization", req.Header.Get("Authorization")}, header{"Content-Type", "application/json"})
	return c.call(began, method, target, body)
}

// buyer makes a call of a shop's buyer.
func (c *caller) buyer(method, target string, body []byte) ([]byte, error) {
	c.headers = append(c.headers[:0], header{"Authorization", "Bearer " + c.session}, header{"Content-Type", "application/json"})
	return c.call(time.Now(), method, target, body)
}

func (c *caller) call(began time.Time, method, target string, body []byte) ([]byte, error) {
	status, answer, err := c.wire.do(method, target, c.headers, body)
	code := ""
	if err == nil && status >= 400 {
		code = text(answer, "code")
		err = fmt.Errorf("%w: %s %s: %d %s", errRefused, method, target, status, code)
	}
	if c.done != nil {
		if errors.Is(err, errRefused) {
			c.done(began, status, code, nil)
		} else {
			c.done(began, status, code, err)
		}
	}
	return answer, err
}

// text finds the first text of a name in a JSON answer. Identifiers and codes need no unescaping.
func text(answer []byte, name string) string {
	_, rest, found := bytes.Cut(answer, []byte(`"`+name+`":"`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

// indexAfter is where a text ends in an answer, 0 when it is not in it.
func indexAfter(answer []byte, what string) int {
	if at := bytes.Index(answer, []byte(what)); at >= 0 {
		return at + len(what)
	}
	return 0
}
