package mall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"

	"kaituan/mall/account"
)

// Scanner is the provider whose app scans QR codes to sign in. Any method may return ErrScannerUnknown.
type Scanner interface {
	// Show makes a QR code for a scene and returns what the code holds. Errors: ErrScannerUnknown.
	Show(ctx context.Context, scene account.ScanID, valid time.Duration) (content string, err error)
	// Read checks that a message comes from the provider and reads it. Errors: ErrPushForged, ErrPushMalformed.
	Read(query url.Values, body []byte) (Push, error)
	// Genuine says whether a call comes from the provider, and now. The provider asks so for an echo.
	Genuine(query url.Values) bool
	// Reply is the body that answers a message with a text.
	Reply(p Push, text string) ([]byte, error)
	// Greet tells a person that they signed in. Errors: ErrScannerUnknown, ErrPersonGone.
	Greet(ctx context.Context, who account.OpenID, at time.Time) error
}

var (
	// ErrScannerUnknown says that the provider gave no answer that settles the matter.
	ErrScannerUnknown = errors.New("mall: the answer of the scanning app's provider is unknown")
	// ErrPersonGone says that the provider will not deliver to this person.
	ErrPersonGone = errors.New("mall: the person takes no messages")
	// ErrPushForged says that a message is not from the provider, or not for now.
	ErrPushForged = errors.New("mall: not a message of the scanning app's provider")
	// ErrPushMalformed says that a message cannot be read.
	ErrPushMalformed = errors.New("mall: unreadable message of the scanning app's provider")
)

// Push is what the provider says a person did: scanned a code, or wrote something.
type Push struct {
	ID    string // the same when it is sent again
	Who   account.OpenID
	To    string         // the official account
	Scene account.ScanID // of a scan
	Text  string         // of what was written
}

// StartedScan is a QR code to show.
type StartedScan struct {
	Scan    account.Scan
	Secret  account.Token // for the browser that shows it only
	Content string        // of the QR code
}

// StartScan begins to sign in by scanning. Errors: CodeScanOff, CodeScanUnknown.
func (s *Shop) StartScan(ctx context.Context) (StartedScan, error) {
	if s.Scanner == nil {
		return StartedScan{}, refuse(CodeScanOff, "the shop has no official account")
	}
	secret, err := account.NewToken(s.Random)
	if err != nil {
		return StartedScan{}, err
	}
	id, err := account.NewToken(s.Random)
	if err != nil {
		return StartedScan{}, err
	}
	started := StartedScan{Secret: secret, Scan: account.Scan{
		ID: account.ScanID(id), Browser: secret.Hash(), Status: account.ScanWaiting,
	}}
	if started.Content, err = s.Scanner.Show(ctx, started.Scan.ID, account.ScanLimit); err != nil {
		s.Log.WarnContext(ctx, "no QR code", "error", err)
		return StartedScan{}, refuse(CodeScanUnknown, "WeChat gave no answer, try again in a moment")
	}
	started.Scan, err = inTx(ctx, s, func(tx Tx) (account.Scan, error) {
		started.Scan.StartedAt = tx.Now()
		return started.Scan, tx.AddScan(started.Scan)
	})
	return started, err
}

// Scan shows an attempt to the browser that began it. Errors: CodeScanNotFound.
func (s *Shop) Scan(ctx context.Context, id account.ScanID, secret account.Token) (account.Scan, error) {
	scan, err := s.Store.Scan(ctx, id)
	if err == nil && scan.Browser != secret.Hash() {
		err = ErrNotFound
	}
	if err != nil {
		return account.Scan{}, at(err, CodeScanNotFound, "no such attempt, or it was begun in another browser")
	}
	scan.Status = scan.At(s.Clock())
	return scan, nil
}

// EnterByScan gives the browser that began a confirmed attempt its session, once, and ends the one of old. Whoever comes
// for the first time gets an account. Errors: CodeScanNotFound, CodeScanPending, CodeScanEnded.
func (s *Shop) EnterByScan(ctx context.Context, id account.ScanID, secret, old account.Token) (SignedIn, error) {
	scan, err := s.Scan(ctx, id, secret)
	if err != nil {
		return SignedIn{}, err
	}
	if scan.Status == account.ScanWaiting || scan.Status == account.ScanScanned {
		return SignedIn{}, refuse(CodeScanPending, "it is "+string(scan.Status))
	}
	if scan.Status != account.ScanConfirmed {
		return SignedIn{}, refuse(CodeScanEnded, "it is "+string(scan.Status))
	}
	a, err := s.accountOf(ctx, scan.Person)
	if err != nil {
		return SignedIn{}, err
	}
	token, err := account.NewToken(s.Random)
	if err != nil {
		return SignedIn{}, err
	}
	return inTx(ctx, s, func(tx Tx) (SignedIn, error) {
		scan, err := tx.LockScan(id)
		if err != nil {
			return SignedIn{}, err
		}
		if !scan.Use(a.ID, tx.Now()) {
			return SignedIn{}, refuse(CodeScanEnded, "it is "+string(scan.At(tx.Now())))
		}
		if err := errors.Join(tx.PutScan(scan), tx.Enqueue(Task{TopicGreet, string(id)})); err != nil {
			return SignedIn{}, err
		}
		return startSession(tx, a, token, old)
	})
}

// accountOf returns a person's account and makes it where there is none.
func (s *Shop) accountOf(ctx context.Context, who account.OpenID) (account.Account, error) {
	a, err := s.Store.AccountByLogin(ctx, who.Login())
	if !errors.Is(err, ErrNotFound) {
		return a, err
	}
	sum := sha256.Sum256([]byte(who))
	a = account.Account{
		ID: account.ID(s.IDs("acc")), Login: who.Login(), Nickname: "微信用户" + hex.EncodeToString(sum[:2]),
		Role: account.Buyer, PasswordHash: s.decoy,
	}
	err = s.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		a.CreatedAt = tx.Now()
		return tx.AddAccount(a)
	})
	if errors.Is(err, ErrDuplicate) { // made at the same moment
		return s.Store.AccountByLogin(ctx, who.Login())
	}
	return a, err
}

// pushConsumer names the receipts of the provider's messages.
const pushConsumer = "wechat.push"

// HandlePush does what a message of the provider says, once, and returns what to answer the person; empty: nothing.
// Errors: CodeNoticeForged, CodeNoticeMalformed.
func (s *Shop) HandlePush(ctx context.Context, query url.Values, body []byte) (Push, string, error) {
	if s.Scanner == nil {
		return Push{}, "", refuse(CodeNoticeForged, "the shop has no official account")
	}
	p, err := s.Scanner.Read(query, body)
	switch {
	case errors.Is(err, ErrPushForged):
		return Push{}, "", refuse(CodeNoticeForged, err.Error())
	case err != nil:
		return Push{}, "", refuse(CodeNoticeMalformed, err.Error())
	}
	answer, err := inTx(ctx, s, func(tx Tx) (string, error) {
		first, err := tx.Once(pushConsumer, p.ID)
		switch {
		case err != nil || !first:
			return "", err
		case p.Scene != "":
			return scanned(tx, p)
		default:
			return answered(tx, p)
		}
	})
	return p, answer, err
}

// What people are told, and what they may say. WeChat's own users read Chinese.
const (
	askOnPhone  = "有浏览器请求用您的微信登录开团商城。是您本人操作吗？回复「确认」登录，回复「取消」拒绝。"
	tooLate     = "登录请求已失效，请刷新网页上的二维码后重新扫描。"
	saidYes     = "已确认，请回到网页继续。"
	saidNo      = "已拒绝本次登录。"
	nothingOpen = "没有等待确认的登录请求。"
)

func scanned(tx Tx, p Push) (string, error) {
	scan, err := tx.LockScan(p.Scene)
	if errors.Is(err, ErrNotFound) || err == nil && !scan.See(p.Who, tx.Now()) {
		return tooLate, nil
	}
	if err != nil {
		return "", err
	}
	return askOnPhone, tx.PutScan(scan)
}

// answered takes a yes or a no for the last code that the person scanned.
func answered(tx Tx, p Push) (string, error) {
	yes, said := map[string]bool{"确认": true, "y": true, "yes": true, "取消": false, "n": false, "no": false}[strings.ToLower(strings.TrimSpace(p.Text))]
	if !said {
		return "", nil
	}
	scan, err := tx.LastScanOf(p.Who)
	if errors.Is(err, ErrNotFound) || err == nil && !scan.Answer(p.Who, yes, tx.Now()) {
		return nothingOpen, nil
	}
	if err != nil {
		return "", err
	}
	if yes {
		return saidYes, tx.PutScan(scan)
	}
	return saidNo, tx.PutScan(scan)
}

// greet tells a person that they signed in. Somebody who left hears nothing.
func (s *Shop) greet(ctx context.Context, id account.ScanID) error {
	scan, err := s.Store.Scan(ctx, id)
	if errors.Is(err, ErrNotFound) || s.Scanner == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if err = s.Scanner.Greet(ctx, scan.Person, s.Clock()); errors.Is(err, ErrPersonGone) {
		s.Log.WarnContext(ctx, "not greeted", "account", scan.Account, "error", err)
		return nil
	}
	return err
}

// DropScans deletes attempts that are over for a day, at most limit, and returns how many it found.
func (s *Shop) DropScans(ctx context.Context, limit int) (int, error) {
	return inTx(ctx, s, func(tx Tx) (int, error) { return tx.DropScans(tx.Now().Add(-24*time.Hour), limit) })
}
