//go:build pins

package pins

import (
	_ "github.com/gin-gonic/gin"
	_ "gorm.io/gorm"
	_ "gorm.io/driver/mysql"
	_ "github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"
	_ "github.com/smartwalle/alipay/v3"
	_ "github.com/pressly/goose/v3"
	_ "github.com/spf13/cobra"
	_ "github.com/oapi-codegen/runtime"
	_ "github.com/getkin/kin-openapi/openapi3"
	_ "github.com/getkin/kin-openapi/openapi3filter"
	_ "github.com/getkin/kin-openapi/routers/gorillamux"
	_ "github.com/oklog/ulid/v2"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/time/rate"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/stretchr/testify/require"
	_ "pgregory.net/rapid"
	_ "go.uber.org/goleak"
	_ "github.com/knadh/koanf/v2"
	_ "github.com/knadh/koanf/parsers/yaml"
	_ "github.com/knadh/koanf/providers/env/v2"
	_ "github.com/knadh/koanf/providers/file"
	_ "github.com/knadh/koanf/providers/posflag"
	_ "github.com/knadh/koanf/providers/structs"
	_ "github.com/knadh/koanf/providers/confmap"
	_ "github.com/swaggest/swgui/v5emb"
)
