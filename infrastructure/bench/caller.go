package bench

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"kaituan/api/sign"
)

// refusal is an answer of the server that is not the one asked for. It is counted by its code.
type refusal struct {
	method, target string
	status         int
	code           string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("bench: %s %s was refused with %d %s", r.method, r.target, r.status, r.code)
}

// caller makes one caller's requests over one connection.
type caller struct {
	wire    wire
	key     sign.Key // signs partner calls
	headers []header
}

// partner makes a signed call. The answer is good until the next call. Errors: *refusal, those of the connection.
func (c *caller) partner(method, target string, body []byte) ([]byte, error) {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	req := http.Request{Method: method, URL: u, Header: http.Header{}}
	c.key.Sign(&req, body, time.Now(), sign.NewNonce())
	return c.call(method, target, body, header{"Authorization", req.Header.Get("Authorization")})
}

// buyer makes a call of a shop's buyer.
func (c *caller) buyer(session, method, target string, body []byte, more ...header) ([]byte, error) {
	return c.call(method, target, body, append(more, header{"Authorization", "Bearer " + session})...)
}

func (c *caller) call(method, target string, body []byte, headers ...header) ([]byte, error) {
	c.headers = append(append(c.headers[:0], header{"Content-Type", "application/json"}), headers...)
	status, answer, err := c.wire.do(method, target, c.headers, body)
	if err == nil && (status < 200 || status > 299) {
		err = &refusal{method, target, status, text(answer, "code")}
	}
	return answer, err
}

// text finds the first text of a name in a JSON answer. Identifiers, addresses and codes need no unescaping but that of &.
func text(answer []byte, name string) string {
	_, rest, found := bytes.Cut(answer, []byte(`"`+name+`":"`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(bytes.ReplaceAll(value, []byte(`\u0026`), []byte("&")))
}

// number finds the first number of a name in a JSON answer, 0 when there is none.
func number(answer []byte, name string) int64 {
	_, rest, _ := bytes.Cut(answer, []byte(`"`+name+`":`))
	var n int64
	for _, digit := range rest {
		if digit < '0' || digit > '9' {
			break
		}
		n = n*10 + int64(digit-'0')
	}
	return n
}
