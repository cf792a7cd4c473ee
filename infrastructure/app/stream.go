package app

import (
	"errors"
	"iter"
)

// stream is what an iterator with a callback gives, one at a time.
type stream[T any] struct {
	head *T    // the next one; nil at the end
	err  error // what the iterator ended with; set once head is nil
	more func() (T, bool)
	stop func()
}

var errEnough = errors.New("enough")

// pull starts an iterator. The caller must stop it.
func pull[T any](each func(fn func(T) error) error) *stream[T] {
	s := &stream[T]{}
	s.more, s.stop = iter.Pull(func(yield func(T) bool) {
		err := each(func(v T) error {
			if !yield(v) {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			s.err = err
		}
	})
	s.advance()
	return s
}

// advance goes on to the next one.
func (s *stream[T]) advance() {
	s.head = nil
	if v, ok := s.more(); ok {
		s.head = &v
	}
}

// front is the key of the next one, empty at the end.
func front[T any](s *stream[T], key func(T) string) string {
	if s.head == nil {
		return ""
	}
	return key(*s.head)
}
