package edge

import (
	"bytes"
	"io"

	"github.com/gin-gonic/gin"
)

// heldBody is a request's body that was read already, for whoever reads it again.
type heldBody struct {
	bytes.Reader
	text []byte
}

// Close implements io.Closer.
func (*heldBody) Close() error { return nil }

// HoldBody reads the whole body and returns it; Decode and every reader after it get the same bytes, which nobody may
// change. Errors: those of reading, *http.MaxBytesError among them.
func HoldBody(c *gin.Context) ([]byte, error) {
	text, err := readBody(c)
	if err != nil {
		return nil, err
	}
	held := &heldBody{text: text}
	held.Reset(text)
	c.Request.Body = held
	return text, nil
}

// readBody reads the body at once, if its length was announced and is not beyond MaxBody.
func readBody(c *gin.Context) ([]byte, error) {
	if held, ok := c.Request.Body.(*heldBody); ok && held.Len() == len(held.text) {
		return held.text, nil
	}
	announced := c.Request.ContentLength
	if announced <= 0 || announced > MaxBody {
		return io.ReadAll(c.Request.Body)
	}
	into := bytes.NewBuffer(make([]byte, 0, announced+bytes.MinRead)) // room to find the end in
	_, err := into.ReadFrom(c.Request.Body)
	return into.Bytes(), err
}
