// Package groupbuy is the group-buy engine: its use cases and what it asks of the world. Partners call Trial,
// Lock, Settle, Release and ConfirmRefund; operators configure; a worker expires.
package groupbuy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/operator"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// IDs makes new identifiers: sortable, unique, with a prefix that names the kind ("act_", "team_", "seat_", ...).
type IDs interface {
	New(prefix string) string
}

// Secrets makes random secrets.
type Secrets interface {
	// KeySecret returns a new secret for signing calls.
	KeySecret() string
	// WebhookSecret returns a new whsec_ secret.
	WebhookSecret() string
}

// Sender sends one webhook.
type Sender interface {
	// CheckURL says why an address may not receive webhooks.
	CheckURL(url string) error
	// Send posts a body once and reports what came of it; it never fails otherwise.
	Send(ctx context.Context, post Post) Receipt
}

// Post is one signed request to an endpoint.
type Post struct {
	DeliveryID string
	MessageID  string // the event's id, the same at every attempt
	URL        string
	Secrets    []string
	Body       []byte
	At         time.Time
}

// Receipt is what came of a Post.
type Receipt struct {
	Delivered  bool
	Gone       bool          // 410: the endpoint wants no more
	Cancelled  bool          // we stopped in the middle; the attempt does not count
	Later      time.Duration // no attempt was made; come again after so long
	RetryAfter time.Duration // what the endpoint asked for; 0 when it asked nothing
	StatusCode int
	Error      string
	Snippet    string
	Took       time.Duration
}

// Encoder puts an event into its wire form, the body of a webhook.
type Encoder interface {
	Encode(e Event) ([]byte, error)
}

// Schedule says how long to wait before the next attempt of a delivery that has been tried so often, and
// whether there is a next one.
type Schedule func(attempts int) (wait time.Duration, more bool)

// Deps are the engine's ports.
type Deps struct {
	Store    Store
	Sender   Sender
	Encoder  Encoder
	Schedule Schedule
	IDs      IDs
	Secrets  Secrets
	Hasher   operator.Hasher // of operators' passwords
	Random   io.Reader       // for operators' session tokens and second factors
	// FactorFor is the role from which on operators must have a second factor. Empty: each may choose.
	FactorFor operator.Role
	Clock     func() time.Time
	// Crowds keeps order facts and the members of tags.
	Crowds Crowds
	// Directory holds the members of tags in memory; FollowCrowd fills it. Nil makes one, which admits nobody until then.
	Directory *crowd.Directory
	// Crowd knows who is a member of which tag. Nil asks the Directory.
	Crowd activity.Crowd
	// EventLag is how old an event is before the log shows it. Where transactions may commit in another order than
	// their events were numbered, a partner that reads at the tip would miss one for ever without it.
	EventLag time.Duration
	Log      *slog.Logger
	// Wake is called after a commit that left messages in the outbox, so that they are relayed at once.
	Wake func()
	// Changed is called after a commit that changed what every node keeps in memory, so that the others need not wait for
	// their next Refresh. Nil tells nobody.
	Changed func(ctx context.Context)
	// Share lets callers share commits: it is given what carries out a batch of team commands in one transaction, and
	// returns what carries out one. Nil gives each command a transaction of its own.
	Share func(CarryOut) Do
	// Show puts an open team into the form that callers see, for a buyer who does not lead it: a page is looked at far more
	// often than it changes. Nil makes nothing.
	Show func(team.Team) []byte
	// ShareLooks lets visitors of pages who come at once share the question in which teams they sit, as Share does for
	// commands. Nil asks for each by itself.
	ShareLooks func(Look) LookOnce
}

// Look tells of each visitor the teams in which that buyer sits. See Reader.Sitting.
type Look func(ctx context.Context, visitors []Visitor) ([][]team.ID, error)

// LookOnce is Look for one visitor. Its answer is not older than the call. Errors: those of Look, and ErrOverloaded.
type LookOnce func(ctx context.Context, v Visitor) ([]team.ID, error)

// CarryOut carries out team commands in one transaction, in their order, and returns an outcome for each. On an error
// none of them is carried out, or with ErrUnknown all may be; every command can be repeated.
type CarryOut func(ctx context.Context, cmds []team.Command) ([]team.Outcome, error)

// Do carries out one team command. Errors: those of CarryOut, and ErrOverloaded.
type Do func(ctx context.Context, cmd team.Command) (team.Outcome, error)

// Engine carries out the use cases. It is safe for concurrent use.
type Engine struct {
	Deps
	rules *rulebook
	share Do
	look  LookOnce
	pages *pages
	by    Actor
	decoy func() (string, error) // a password hash that nobody's password made

	lateTeams *patience[team.ID]
	lateSeats *patience[team.Key]
}

// New returns an engine. Its first call reads the configuration from the store.
func New(deps Deps) *Engine {
	if deps.Directory == nil {
		deps.Directory = crowd.NewDirectory()
	}
	if deps.Crowd == nil {
		deps.Crowd = deps.Directory
	}
	if deps.Show == nil {
		deps.Show = func(team.Team) []byte { return nil }
	}
	if deps.Changed == nil {
		deps.Changed = func(context.Context) {}
	}
	e := &Engine{
		Deps: deps, rules: &rulebook{store: deps.Store, crowd: deps.Crowd},
		pages:     newPages(deps.Store, deps.Show, deps.Clock),
		by:        Actor{ID: operator.System, Name: string(operator.System), Role: operator.Admin},
		decoy:     sync.OnceValues(func() (string, error) { return decoyHash(deps) }),
		lateTeams: newPatience[team.ID](), lateSeats: newPatience[team.Key](),
	}
	e.share = e.alone
	if deps.Share != nil {
		e.share = deps.Share(e.carryOut)
	}
	e.look = e.lookAlone
	if deps.ShareLooks != nil {
		e.look = deps.ShareLooks(deps.Store.Sitting)
	}
	return e
}

func decoyHash(deps Deps) (string, error) {
	token, err := operator.NewToken(deps.Random)
	if err != nil {
		return "", err
	}
	return deps.Hasher.Hash(string(token))
}

// do carries out one team command. There is no other path that writes seats.
func (e *Engine) do(ctx context.Context, cmd team.Command) (team.Outcome, error) {
	out, err := e.share(ctx, cmd)
	if err != nil {
		return team.Outcome{}, fmt.Errorf("groupbuy: %T: %w", cmd, err)
	}
	return out, nil
}

// alone carries out one command in a transaction of its own.
func (e *Engine) alone(ctx context.Context, cmd team.Command) (team.Outcome, error) {
	outs, err := e.carryOut(ctx, []team.Command{cmd})
	if err != nil {
		return team.Outcome{}, err
	}
	return outs[0], nil
}

func (e *Engine) lookAlone(ctx context.Context, v Visitor) ([]team.ID, error) {
	sits, err := e.Store.Sitting(ctx, []Visitor{v})
	if err != nil {
		return nil, err
	}
	return sits[0], nil
}

func (e *Engine) carryOut(ctx context.Context, cmds []team.Command) ([]team.Outcome, error) {
	var outs []team.Outcome
	err := e.Store.Batch(ctx, team.TouchOf(cmds), func(s *team.State, now time.Time) {
		outs = team.Apply(s, cmds, now)
	})
	if err != nil {
		return nil, err
	}
	wake := false
	for _, out := range outs {
		if !out.Replayed && out.Refusal == team.NoRefusal {
			e.pages.changed(out.Team)
			wake = true
		}
	}
	if wake {
		e.Wake()
	}
	return outs, nil
}

// PartnerByKey returns the partner that signs with a key, and the key's secret. Errors: ErrNotFound when no live
// key has that id.
func (e *Engine) PartnerByKey(ctx context.Context, id partner.KeyID) (partner.Key, error) {
	rules, err := e.rules.loadKeys(ctx)
	if err != nil {
		return partner.Key{}, err
	}
	key, ok := rules.keys[id]
	if !ok {
		return partner.Key{}, ErrNotFound
	}
	return key, nil
}

// Refresh reads the configuration again if another node changed it. A worker calls it each second.
func (e *Engine) Refresh(ctx context.Context) error { return e.rules.refresh(ctx) }

func notFound(err error, code Code) error {
	if errors.Is(err, ErrNotFound) {
		return &Error{Code: code}
	}
	return err
}
