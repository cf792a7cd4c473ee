package groupbuyapi

import (
	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

// Auth is what callers are checked against.
type Auth struct {
	// Nonces remembers the nonces of partners; shared by all nodes that serve the same partners.
	Nonces sign.Nonces
	// OperatorToken is the instance's own token: an administrator's, to make the first operators with. Empty is none.
	OperatorToken string
	// SetupToken lets whoever knows it make the first operator. Empty lets nobody.
	SetupToken string
	// PublicURL is how browsers reach the engine. With https the session cookie is a __Host- one.
	PublicURL string
	// Limits meter callers; nil meters nobody.
	Limits *edge.Limits
	// OwnKey is the key of the mall that belongs to this engine. It is not metered: its buyers are, at the mall.
	OwnKey string
	// Crowded says whether a lock of a partner would be refused now because too many wait. Nil says no.
	Crowded func(partner.ID) bool
	// TestMode answers a wrong signature with the text that the server signed.
	TestMode bool
	// Jobs lists what is done by the clock in the engine's database.
	Jobs edge.Jobs
	// Invariants finds reports on the engine's books.
	Invariants edge.InvariantReports
}

// API is the engine on the wire: one handler per operation of api/openapi/groupbuy.yaml.
type API struct {
	engine *groupbuy.Engine
	door   *door
	jobs   edge.Jobs

	invariants edge.InvariantReports
}

// New returns the handlers over an engine. Errors: a PublicURL that is no http(s) address.
func New(engine *groupbuy.Engine, auth Auth) (*API, error) {
	door, err := newDoor(engine, auth)
	return &API{engine: engine, door: door, jobs: auth.Jobs, invariants: auth.Invariants}, err
}

// Register adds every route to a router made by edge.New.
func (a *API) Register(router gin.IRouter) {
	for _, r := range a.routes() {
		router.Handle(r.method, r.path, a.door.admit(r.who), validParams, r.handle)
	}
}
