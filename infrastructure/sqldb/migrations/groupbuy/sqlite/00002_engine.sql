-- +goose Up
-- The engine: what operators and partners configure, teams and seats, and the log of events with their deliveries.
-- Instants are UTC milliseconds and 0 is "not yet"; amounts are fen.
CREATE TABLE partners (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE partner_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    partner_id TEXT    NOT NULL,
    secret     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL
);
CREATE INDEX partner_keys_of_partner ON partner_keys (partner_id, created_at, id);

CREATE TABLE partner_endpoints (
    id         TEXT    NOT NULL PRIMARY KEY,
    partner_id TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    secrets    TEXT    NOT NULL, -- JSON list
    status     TEXT    NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX partner_endpoints_of_partner ON partner_endpoints (partner_id, created_at, id);

-- SKUs are inside their goods: they are replaced together and read by the thousand.
CREATE TABLE goods (
    partner_id TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    skus       TEXT    NOT NULL, -- JSON list
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (partner_id, id)
);

CREATE TABLE activities (
    id         TEXT    NOT NULL PRIMARY KEY,
    partner_id TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    spec       TEXT    NOT NULL, -- JSON of everything that no query asks for
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX activities_name ON activities (partner_id, name);
CREATE INDEX activities_of_partner ON activities (partner_id, status, ends_at);
CREATE INDEX activities_by_status ON activities (status, updated_at);

CREATE TABLE activity_stock (
    activity_id TEXT    NOT NULL,
    goods_id    TEXT    NOT NULL,
    sku_id      TEXT    NOT NULL,
    pieces      INTEGER NOT NULL,
    taken       INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (activity_id, goods_id, sku_id)
);

CREATE TABLE teams (
    id          TEXT    NOT NULL PRIMARY KEY,
    partner_id  TEXT    NOT NULL,
    activity_id TEXT    NOT NULL,
    goods_id    TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    target      INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    paid        INTEGER NOT NULL,
    leader      TEXT    NOT NULL,
    opened_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    version     INTEGER NOT NULL
);
CREATE INDEX teams_due ON teams (status, expires_at, id);
CREATE INDEX teams_of_activity ON teams (activity_id, goods_id, status, expires_at);
CREATE INDEX teams_of_goods ON teams (partner_id, goods_id, status, expires_at);

CREATE TABLE seats (
    id              TEXT    NOT NULL PRIMARY KEY,
    partner_id      TEXT    NOT NULL,
    out_trade_no    TEXT    NOT NULL,
    team_id         TEXT    NOT NULL,
    activity_id     TEXT    NOT NULL,
    goods_id        TEXT    NOT NULL,
    sku_id          TEXT    NOT NULL,
    channel         TEXT    NOT NULL,
    buyer           TEXT    NOT NULL,
    quantity        INTEGER NOT NULL,
    opened          INTEGER NOT NULL, -- 1: this seat opened the team
    status          TEXT    NOT NULL,
    original_fen    INTEGER NOT NULL, -- per piece
    pay_price_fen   INTEGER NOT NULL, -- per piece
    amount_fen      INTEGER NOT NULL,
    terms           TEXT    NOT NULL, -- JSON of the plan and the limits it was taken under
    ordinal         INTEGER,          -- numbers a buyer's live seats in an activity; NULL when not live
    held_at         INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    paid_at         INTEGER NOT NULL,
    paid_amount_fen INTEGER NOT NULL,
    provider_no     TEXT    NOT NULL,
    settlement      TEXT    NOT NULL,
    ended_at        INTEGER NOT NULL,
    refund_no       TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    version         INTEGER NOT NULL
);
CREATE UNIQUE INDEX seats_order ON seats (partner_id, out_trade_no);
-- Two nodes that count a buyer's limit at the same moment collide here instead of both passing.
CREATE UNIQUE INDEX seats_ordinal ON seats (activity_id, buyer, ordinal);
CREATE INDEX seats_of_team ON seats (team_id, status);
CREATE INDEX seats_due ON seats (status, expires_at, id);
CREATE INDEX seats_of_activity ON seats (activity_id, goods_id, status, buyer);
CREATE INDEX seats_of_buyer ON seats (partner_id, buyer, goods_id, status);

-- Every change of status, in the transaction that made it; a row starts with the empty status. version is the one
-- that the change led to, step counts several changes of one transaction.
CREATE TABLE team_history (
    id          TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    PRIMARY KEY (id, version, step)
);

CREATE TABLE seat_history (
    id          TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    PRIMARY KEY (id, version, step)
);

-- Append-only.
CREATE TABLE events (
    id          TEXT    NOT NULL PRIMARY KEY,
    partner_id  TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    happened_at INTEGER NOT NULL,
    body        TEXT    NOT NULL -- JSON of the entities as they were right after it
);
CREATE INDEX events_of_partner ON events (partner_id, id);

CREATE TABLE deliveries (
    id          TEXT    NOT NULL PRIMARY KEY,
    partner_id  TEXT    NOT NULL,
    endpoint_id TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    event_kind  TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    earlier     INTEGER NOT NULL, -- attempts before the last replay
    next_at     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    last_error  TEXT    NOT NULL
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (event_id, endpoint_id);
CREATE INDEX deliveries_of_partner ON deliveries (partner_id, id);
CREATE INDEX deliveries_by_status ON deliveries (partner_id, status, id);

CREATE TABLE delivery_attempts (
    delivery_id TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    took_ms     INTEGER NOT NULL,
    status_code INTEGER NOT NULL,
    error       TEXT    NOT NULL,
    snippet     TEXT    NOT NULL,
    PRIMARY KEY (delivery_id, number)
);

-- One row, raised by every change that nodes keep in memory.
CREATE TABLE config_version (
    id      INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
);

INSERT INTO config_version (id, version) VALUES (1, 1);
