package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Time-outs of the public server. A client that sends or reads slower than that holds a connection for nothing.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
)

// server serves one listener until it is stopped.
type server struct {
	name     string
	listener net.Listener
	http     *http.Server
	log      *slog.Logger
	done     chan struct{}
	start    sync.Once
}

func newServer(name string, listener net.Listener, handler http.Handler, log *slog.Logger) *server {
	return &server{
		name: name, listener: listener, log: log, done: make(chan struct{}),
		http: &http.Server{
			Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
	}
}

// Start begins to serve.
func (s *server) Start(context.Context) error {
	s.start.Do(func() {
		go func() {
			defer close(s.done)
			if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				s.log.Error("server ended", "server", s.name, "error", err)
			}
		}()
	})
	return nil
}

// Stop accepts nothing more and waits for the requests at work as long as ctx lives.
func (s *server) Stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.start.Do(func() {
		close(s.done) // never started
		err = errors.Join(err, s.listener.Close())
	})
	<-s.done
	return err
}

func listen(ctx context.Context, key, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w; another program may use the address: choose one with --%s", err, key)
	}
	return listener, nil
}
