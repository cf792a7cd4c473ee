-- +goose Up
-- The engine: what operators and partners configure, teams and seats, and the log of events with their deliveries.
-- Instants are UTC milliseconds and 0 is "not yet"; amounts are fen. Each statement can run twice, because MySQL
-- commits DDL one by one.
CREATE TABLE IF NOT EXISTS partners (
    id         VARCHAR(64)  NOT NULL PRIMARY KEY,
    name       VARCHAR(200) NOT NULL,
    created_at BIGINT       NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS partner_keys (
    id         VARCHAR(64)  NOT NULL PRIMARY KEY,
    partner_id VARCHAR(64)  NOT NULL,
    secret     VARCHAR(200) NOT NULL,
    created_at BIGINT       NOT NULL,
    revoked_at BIGINT       NOT NULL,
    KEY partner_keys_of_partner (partner_id, created_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS partner_endpoints (
    id         VARCHAR(64)   NOT NULL PRIMARY KEY,
    partner_id VARCHAR(64)   NOT NULL,
    url        VARCHAR(2048) NOT NULL,
    secrets    TEXT          NOT NULL, -- JSON list
    status     VARCHAR(16)   NOT NULL,
    created_at BIGINT        NOT NULL,
    KEY partner_endpoints_of_partner (partner_id, created_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- SKUs are inside their goods: they are replaced together and read by the thousand.
CREATE TABLE IF NOT EXISTS goods (
    partner_id VARCHAR(64)  NOT NULL,
    id         VARCHAR(64)  NOT NULL,
    name       VARCHAR(200) NOT NULL,
    skus       MEDIUMTEXT   NOT NULL, -- JSON list
    updated_at BIGINT       NOT NULL,
    PRIMARY KEY (partner_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS activities (
    id         VARCHAR(64)  NOT NULL PRIMARY KEY,
    partner_id VARCHAR(64)  NOT NULL,
    name       VARCHAR(200) NOT NULL,
    status     VARCHAR(16)  NOT NULL,
    starts_at  BIGINT       NOT NULL,
    ends_at    BIGINT       NOT NULL,
    spec       MEDIUMTEXT   NOT NULL, -- JSON of everything that no query asks for
    version    BIGINT       NOT NULL,
    created_at BIGINT       NOT NULL,
    updated_at BIGINT       NOT NULL,
    UNIQUE KEY activities_name (partner_id, name),
    KEY activities_of_partner (partner_id, status, ends_at),
    KEY activities_by_status (status, updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS activity_stock (
    activity_id VARCHAR(64) NOT NULL,
    goods_id    VARCHAR(64) NOT NULL,
    sku_id      VARCHAR(64) NOT NULL,
    pieces      INT         NOT NULL,
    taken       INT         NOT NULL,
    version     BIGINT      NOT NULL,
    PRIMARY KEY (activity_id, goods_id, sku_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS teams (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    partner_id  VARCHAR(64) NOT NULL,
    activity_id VARCHAR(64) NOT NULL,
    goods_id    VARCHAR(64) NOT NULL,
    status      VARCHAR(16) NOT NULL,
    target      INT         NOT NULL,
    held        INT         NOT NULL,
    paid        INT         NOT NULL,
    leader      VARCHAR(64) NOT NULL,
    opened_at   BIGINT      NOT NULL,
    expires_at  BIGINT      NOT NULL,
    ended_at    BIGINT      NOT NULL,
    version     BIGINT      NOT NULL,
    KEY teams_due (status, expires_at, id),
    KEY teams_of_activity (activity_id, goods_id, status, expires_at),
    KEY teams_of_goods (partner_id, goods_id, status, expires_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS seats (
    id              VARCHAR(64)  NOT NULL PRIMARY KEY,
    partner_id      VARCHAR(64)  NOT NULL,
    out_trade_no    VARCHAR(64)  NOT NULL,
    team_id         VARCHAR(64)  NOT NULL,
    activity_id     VARCHAR(64)  NOT NULL,
    goods_id        VARCHAR(64)  NOT NULL,
    sku_id          VARCHAR(64)  NOT NULL,
    channel         VARCHAR(64)  NOT NULL,
    buyer           VARCHAR(64)  NOT NULL,
    quantity        INT          NOT NULL,
    opened          INT          NOT NULL, -- 1: this seat opened the team
    status          VARCHAR(16)  NOT NULL,
    original_fen    BIGINT       NOT NULL, -- per piece
    pay_price_fen   BIGINT       NOT NULL, -- per piece
    amount_fen      BIGINT       NOT NULL,
    terms           TEXT         NOT NULL, -- JSON of the plan and the limits it was taken under
    ordinal         INT,                   -- numbers a buyer's live seats in an activity; NULL when not live
    held_at         BIGINT       NOT NULL,
    expires_at      BIGINT       NOT NULL,
    paid_at         BIGINT       NOT NULL,
    paid_amount_fen BIGINT       NOT NULL,
    provider_no     VARCHAR(128) NOT NULL,
    settlement      VARCHAR(16)  NOT NULL,
    ended_at        BIGINT       NOT NULL,
    refund_no       VARCHAR(64)  NOT NULL,
    reason          VARCHAR(64)  NOT NULL,
    version         BIGINT       NOT NULL,
    UNIQUE KEY seats_order (partner_id, out_trade_no),
    -- Two nodes that count a buyer's limit at the same moment collide here instead of both passing.
    UNIQUE KEY seats_ordinal (activity_id, buyer, ordinal),
    KEY seats_of_team (team_id, status),
    KEY seats_due (status, expires_at, id),
    KEY seats_of_activity (activity_id, goods_id, status, buyer),
    KEY seats_of_buyer (partner_id, buyer, goods_id, status)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Every change of status, in the transaction that made it; a row starts with the empty status. version is the one
-- that the change led to, step counts several changes of one transaction.
CREATE TABLE IF NOT EXISTS team_history (
    id          VARCHAR(64) NOT NULL,
    version     BIGINT      NOT NULL,
    step        INT         NOT NULL,
    happened_at BIGINT      NOT NULL,
    from_status VARCHAR(16) NOT NULL,
    to_status   VARCHAR(16) NOT NULL,
    PRIMARY KEY (id, version, step)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS seat_history (
    id          VARCHAR(64) NOT NULL,
    version     BIGINT      NOT NULL,
    step        INT         NOT NULL,
    happened_at BIGINT      NOT NULL,
    from_status VARCHAR(16) NOT NULL,
    to_status   VARCHAR(16) NOT NULL,
    PRIMARY KEY (id, version, step)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Append-only.
CREATE TABLE IF NOT EXISTS events (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    partner_id  VARCHAR(64) NOT NULL,
    kind        VARCHAR(64) NOT NULL,
    happened_at BIGINT      NOT NULL,
    body        MEDIUMTEXT  NOT NULL, -- JSON of the entities as they were right after it
    KEY events_of_partner (partner_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deliveries (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    partner_id  VARCHAR(64) NOT NULL,
    endpoint_id VARCHAR(64) NOT NULL,
    event_id    VARCHAR(64) NOT NULL,
    event_kind  VARCHAR(64) NOT NULL,
    status      VARCHAR(16) NOT NULL,
    attempts    INT         NOT NULL,
    earlier     INT         NOT NULL, -- attempts before the last replay
    next_at     BIGINT      NOT NULL,
    created_at  BIGINT      NOT NULL,
    ended_at    BIGINT      NOT NULL,
    last_error  TEXT        NOT NULL,
    UNIQUE KEY deliveries_once (event_id, endpoint_id),
    KEY deliveries_of_partner (partner_id, id),
    KEY deliveries_by_status (partner_id, status, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS delivery_attempts (
    delivery_id VARCHAR(64) NOT NULL,
    number      INT         NOT NULL,
    started_at  BIGINT      NOT NULL,
    took_ms     BIGINT      NOT NULL,
    status_code INT         NOT NULL,
    error       TEXT        NOT NULL,
    snippet     MEDIUMTEXT  NOT NULL,
    PRIMARY KEY (delivery_id, number)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row, raised by every change that nodes keep in memory.
CREATE TABLE IF NOT EXISTS config_version (
    id      INT    NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

INSERT INTO config_version (id, version)
SELECT 1, 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM config_version);
