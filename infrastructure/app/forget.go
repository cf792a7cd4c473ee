package app

import (
	"context"
	"errors"

	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/groupbuystore"
)

// ForgetSecrets gives up the secrets of partners that no key of this configuration opens, and returns the identifiers of
// their keys and endpoints. It makes and migrates no database. Errors: a database that is not there or cannot be opened.
func ForgetSecrets(ctx context.Context, c config.Config) (ids []string, err error) {
	c.Role = config.RoleGroupBuy
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()
	sealer, err := loadSealer(c)
	if err != nil {
		return nil, err
	}
	store := groupbuystore.New(dbs.groupbuy, groupbuystore.WithSealer(sealer))
	return store.Forget(ctx, groupbuy.Actor{ID: operator.System, Name: "kaituan forget-secrets", Role: operator.Admin})
}
