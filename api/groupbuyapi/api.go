package groupbuyapi

import (
	"github.com/gin-gonic/gin"

	"kaituan/api/sign"
	"kaituan/groupbuy"
)

// Auth is what callers are checked against.
type Auth struct {
	// Nonces remembers the nonces of partners; shared by all nodes that serve the same partners.
	Nonces sign.Nonces
	// OperatorToken is the bearer token of operators. Empty lets no operator in.
	OperatorToken string
	// TestMode answers a wrong signature with the text that the server signed.
	TestMode bool
}

// API is the engine on the wire: one handler per operation of api/openapi/groupbuy.yaml.
type API struct {
	engine *groupbuy.Engine
	door   *door
}

// New returns the handlers over an engine.
func New(engine *groupbuy.Engine, auth Auth) *API {
	return &API{engine: engine, door: newDoor(engine, auth)}
}

// Register adds every route to a router made by edge.New.
func (a *API) Register(router gin.IRouter) {
	for _, r := range a.routes() {
		router.Handle(r.method, r.path, a.door.admit(r.who), validParams, r.handle)
	}
}
