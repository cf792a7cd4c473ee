package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

const helloPath = "/hello"

// ServeHello answers every request with a JSON document of the size that it asks for, until ctx ends: what HTTP, the
// router and the codec cost alone.
func ServeHello(ctx context.Context, listener net.Listener) error {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	text := strings.Repeat("x", maxHello)
	router.POST(helloPath, func(c *gin.Context) {
		var asked hello
		if err := c.ShouldBindJSON(&asked); err != nil || asked.Bytes < 0 || asked.Bytes > maxHello {
			c.AbortWithStatus(http.StatusBadRequest)
			return
		}
		c.JSON(http.StatusOK, hello{Hello: text[:asked.Bytes]})
	})
	server := &http.Server{Handler: router, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // ends Serve, whose error says so
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// hello asks for a text of so many bytes.
type hello struct {
	Hello string `json:"hello"`
	Bytes int    `json:"bytes"`
}

const maxHello = 1 << 16

// hellos ask and are answered with as many bytes as another call.
func hellos(question, answer int) turns {
	body := fmt.Appendf(nil, `{"hello":"%s","bytes":%d}`, strings.Repeat("x", max(question, 0)), answer)
	return func(int) play {
		return func(w *worker) error {
			_, err := w.call(http.MethodPost, helloPath, body)
			return err
		}
	}
}
