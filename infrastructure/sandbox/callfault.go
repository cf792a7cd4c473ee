package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// before says that the gateway does not do what it was asked to.
func (s Script) before() bool {
	switch s.Fault {
	case TimeoutBefore, HTTPErrorBefore, SystemErrorBefore, InProgressBefore, Refused:
		return true
	default:
		return false
	}
}

// callFault finds the script that strikes one call of an API method, if any.
func (s *Sandbox) callFault(ctx context.Context, biz []byte, target Target) (fault Script, struck bool, err error) {
	no, err := s.orderOf(ctx, biz)
	if err != nil {
		return Script{}, false, err
	}
	return s.db.strikeOne(ctx, no, target, OnCall)
}

// orderOf is the merchant's number of what a call is about, empty for none and for one that the sandbox does not know.
func (s *Sandbox) orderOf(ctx context.Context, biz []byte) (string, error) {
	var about ref
	if read := json.Unmarshal(biz, &about) == nil; !read || about.TradeNo == "" {
		return about.OutTradeNo, nil // what is wrong with it is the call's to say
	}
	t, err := find(ctx, s.db.read, byTradeNo(about.TradeNo))
	if errors.Is(err, ErrNoTrade) {
		return "", nil
	}
	return t.outTradeNo, err
}

// misanswer answers a call as the script says, or, when there is none because it cannot be read, truthfully.
func (s *Sandbox) misanswer(w http.ResponseWriter, r *http.Request, fault Script, method string, fields map[string]any, why *failure) {
	switch fault.Fault {
	case SystemErrorBefore, SystemErrorAfter:
		s.answer(w, method, true, nil, systemError())
	case InProgressBefore, InProgressAfter:
		s.answer(w, method, true, nil, inProgress())
	case Refused:
		s.answer(w, method, true, nil, refused("ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足"))
	case Unsigned:
		s.answer(w, method, false, fields, why)
	case WronglySigned:
		node, err := answerNode(fields, why)
		if err != nil {
			node = []byte("{}")
		}
		writeAnswer(w, method, node, strayRSA2())
	default:
		if !spoil(w, r, fault) {
			s.answer(w, method, true, fields, why)
		}
	}
}

// mispage answers the browser that opens a pay page as the script says.
func (s *Sandbox) mispage(w http.ResponseWriter, r *http.Request, fault Script) {
	if !spoil(w, r, fault) {
		s.page.refuse(w, r, http.StatusServiceUnavailable, systemError())
	}
}

// spoil is what can happen to every answer, whatever it would have been.
func spoil(w http.ResponseWriter, r *http.Request, fault Script) bool {
	switch fault.Fault {
	case TimeoutBefore, TimeoutAfter:
		hang(r.Context(), fault.Delay)
	case HTTPErrorBefore, HTTPErrorAfter:
		http.Error(w, http.StatusText(fault.Status), fault.Status)
	case Garbage:
		w.Header().Set("Content-Type", "text/html; charset=gbk")
		_, _ = w.Write([]byte("<html><head><title>\xcf\xb5\xcd\xb3\xb7\xb1\xc3\xa6</title></head>\x00\xff")) // whoever is gone asks again
	default:
		return false
	}
	return true
}

// hang lets the caller wait, until it gives up or for as long as it may, and cuts the connection.
func hang(ctx context.Context, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	panic(http.ErrAbortHandler)
}
