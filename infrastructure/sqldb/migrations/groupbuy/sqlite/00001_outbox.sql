-- +goose Up
-- Messages that leave the process, written in the transaction that causes them. Instants are UTC milliseconds.
CREATE TABLE outbox (
    id          TEXT    NOT NULL PRIMARY KEY,
    topic       TEXT    NOT NULL,
    msg_key     TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    next_at     INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    sent_at     INTEGER,
    dead_at     INTEGER,
    last_error  TEXT    NOT NULL DEFAULT ''
);
-- What is due: neither sent nor dead, by time.
CREATE INDEX outbox_due ON outbox (sent_at, dead_at, next_at, id);

-- Messages a consumer has taken, written in the transaction of their effect.
CREATE TABLE inbox (
    consumer    TEXT    NOT NULL,
    message_id  TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, message_id)
);
