package groupbuyapi

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/problem"
	"kaituan/api/sign"
)

// admitBulk is admitPartner for bodies that are too large for memory: nothing may be taken before the signature over
// all of it is proven, so the body waits in a file that has no name. Only callers with a live key get that far.
func (d *door) admitBulk(c *gin.Context) {
	if err := d.known(c); err != nil {
		fail(c, err)
		return
	}
	edge.AllowBody(c, maxBulkBody)
	spool, sum, err := spoolBody(c.Request.Body, maxFactLines)
	if err != nil {
		fail(c, err)
		return
	}
	defer func() { _ = spool.Close() }() // only read, and gone with it
	d.admitSum(c, sum)
	if c.IsAborted() {
		return
	}
	c.Request.Body = spool
	c.Next()
}

// known lets no stranger fill the disk.
func (d *door) known(c *gin.Context) error {
	credential, err := sign.Parse(c.GetHeader("Authorization"))
	if err != nil {
		return d.refused(c, credential, sha256.Sum256(nil), err)
	}
	verifier, err := d.keys.Verifier(c.Request.Context(), credential.KeyID)
	if err == nil && verifier == nil {
		c.Header("WWW-Authenticate", sign.Scheme)
		err = &problem.Problem{Code: problem.Code(sign.KeyUnknown)}
	}
	return err
}

// spoolBody copies a body into a file that vanishes when it is closed, and returns it with the body's hash. Errors:
// a problem when it is too large or has too many lines.
func spoolBody(body io.Reader, most int) (*os.File, [sha256.Size]byte, error) {
	var sum [sha256.Size]byte
	file, err := os.CreateTemp("", "kaituan-body-*")
	if err != nil {
		return nil, sum, fmt.Errorf("groupbuyapi: spool a body: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, sum, errors.Join(fmt.Errorf("groupbuyapi: spool a body: %w", err), file.Close())
	}
	hash, counted := sha256.New(), &lineCounter{}
	if _, err := io.Copy(io.MultiWriter(file, hash, counted), body); err != nil {
		return nil, sum, errors.Join(unspooled(err), file.Close())
	}
	if counted.lines > most {
		_ = file.Close() // the refusal is the one to report
		return nil, sum, &problem.Problem{Code: problem.BodyTooLarge, Detail: "want at most " + strconv.Itoa(most) + " lines at once"}
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, sum, errors.Join(fmt.Errorf("groupbuyapi: spool a body: %w", err), file.Close())
	}
	hash.Sum(sum[:0])
	return file, sum, nil
}

// unspooled tells what the caller did from what the disk did.
func unspooled(err error) error {
	var disk *os.PathError
	if errors.As(err, &disk) {
		return fmt.Errorf("groupbuyapi: spool a body: %w", err)
	}
	return bulkUnreadable(err)
}

// bulkUnreadable is unreadable with the bound of bulk bodies.
func bulkUnreadable(err error) error {
	told := unreadable(err)
	if told == err { //nolint:errorlint // it is the very same when the body is too large
		return &problem.Problem{Code: problem.BodyTooLarge, Detail: "want at most 64 MB at once"}
	}
	return told
}

// lineCounter counts lines that are not empty.
type lineCounter struct {
	lines int
	text  bool // the current line has something on it
}

// Write counts what begins a line; it never fails.
func (l *lineCounter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		line := p
		if end >= 0 {
			line = p[:end]
		}
		if !l.text && len(bytes.TrimSpace(line)) > 0 {
			l.text = true
			l.lines++
		}
		if end < 0 {
			break
		}
		l.text = false
		p = p[end+1:]
	}
	return n, nil
}
