package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	startTime = 2 * time.Minute  // for a server to be ready: it may have a large database to look through
	stopTime  = 30 * time.Second // for it to drain
)

// child is a process of our own that serves until it is stopped.
type child struct {
	cmd     *exec.Cmd
	public  string        // what it told of itself: "listening URL"
	private string        // "private URL", empty when it told none
	took    time.Duration // from its start until it listened
	errors  tail
	ended   chan struct{}
	stopped sync.Once
}

// startChild runs a program until it says that it listens; with private it also names a second address. The environment
// is this process's, less the settings of kaituan that might be in it, and more.
func startChild(ctx context.Context, program []string, private bool, more ...string) (*child, error) {
	c := &child{cmd: exec.Command(program[0], program[1:]...), ended: make(chan struct{})} //nolint:gosec,noctx // G204: our own binary; it outlives ctx, to be drained
	c.cmd.Env = append(withoutSettings(os.Environ()), more...)
	c.cmd.Stderr = &c.errors
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: start %s: %w", program[0], err)
	}
	told := make(chan struct{})
	go c.follow(out, private, told)
	select {
	case <-told:
		c.took = time.Since(began)
		return c, nil
	case <-c.ended:
		err = fmt.Errorf("bench: %s ended at once: %s", strings.Join(program, " "), c.errors.String())
	case <-time.After(startTime):
		err = fmt.Errorf("bench: %s was not ready after %s: %s", strings.Join(program, " "), startTime, c.errors.String())
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(err, c.stop())
}

// follow reads what the process prints, to its end, and waits for it.
func (c *child) follow(out io.Reader, private bool, told chan struct{}) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		what, url, _ := strings.Cut(lines.Text(), " ")
		switch {
		case what == "listening" && c.public == "":
			c.public = url
			if !private {
				close(told)
			}
		case what == "private" && private && c.private == "":
			c.private = url
			close(told)
		}
	}
	_ = c.cmd.Wait() // how it ended is told by what it printed
	close(c.ended)
}

// stop has the process finish what it is at, and kills it when it does not. A second call does nothing.
func (c *child) stop() error {
	c.stopped.Do(func() { _ = c.cmd.Process.Signal(os.Interrupt) }) // fails only when it has ended
	select {
	case <-c.ended:
		return nil
	case <-time.After(stopTime):
	}
	_ = c.cmd.Process.Kill() // as above
	<-c.ended
	return fmt.Errorf("bench: a server did not stop within %s: %s", stopTime, c.errors.String())
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// withoutSettings keeps a measured server from what this shell configures for others. What the tests name stays.
func withoutSettings(environ []string) []string {
	var kept []string
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "KAITUAN_") || strings.HasPrefix(pair, "KAITUAN_TEST_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4096

// Write is io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailBytes; extra > 0 {
		t.text = t.text[extra:]
	}
	return len(p), nil
}

// String is the end of what was written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.text))
}
