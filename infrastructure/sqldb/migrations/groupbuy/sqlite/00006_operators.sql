-- +goose Up
-- Operators, what they did, the switches, and the indexes behind search and statistics.
-- Instants are UTC milliseconds and 0 is "not yet".
CREATE TABLE operators (
    id            TEXT    NOT NULL PRIMARY KEY,
    login         TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
);
CREATE UNIQUE INDEX operators_login ON operators (login);

CREATE TABLE operator_sessions (
    hash        TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the token
    operator_id TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
);
CREATE INDEX operator_sessions_of_operator ON operator_sessions (operator_id);
CREATE INDEX operator_sessions_seen ON operator_sessions (seen_at);

-- Append-only. Each row's hash covers the row and the hash before it.
CREATE TABLE audit (
    seq          INTEGER NOT NULL PRIMARY KEY, -- from 1, without a gap
    happened_at  INTEGER NOT NULL,
    actor_id     TEXT    NOT NULL,
    actor_name   TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    before_state TEXT    NOT NULL, -- JSON, secrets masked; empty for what was not there
    after_state  TEXT    NOT NULL,
    request_id   TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    previous     TEXT    NOT NULL,
    hash         TEXT    NOT NULL
);
CREATE INDEX audit_of_actor ON audit (actor_id, seq);
CREATE INDEX audit_of_subject ON audit (subject, seq);
CREATE INDEX audit_of_action ON audit (action, seq);

-- One row: the end of the chain. Whoever appends holds it, and rows that are cut off its end are missed.
CREATE TABLE audit_head (
    id   INTEGER NOT NULL PRIMARY KEY,
    seq  INTEGER NOT NULL,
    hash TEXT    NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- One row.
CREATE TABLE settings (
    id              INTEGER NOT NULL PRIMARY KEY,
    downgraded      INTEGER NOT NULL, -- 1: no group price for anybody
    rollout_percent INTEGER NOT NULL, -- 0 to 100
    updated_at      INTEGER NOT NULL
);
INSERT INTO settings (id, downgraded, rollout_percent, updated_at) VALUES (1, 0, 100, 0);

-- The team or activity that an event is about, to show its timeline.
ALTER TABLE events ADD COLUMN subject TEXT NOT NULL DEFAULT '';
UPDATE events SET subject = COALESCE(json_extract(body, '$.team.id'), json_extract(body, '$.activity.id'), '');
CREATE INDEX events_of_subject ON events (subject, id);

CREATE INDEX teams_listed ON teams (activity_id, id);
CREATE INDEX teams_opened ON teams (activity_id, opened_at);
CREATE INDEX teams_ended ON teams (activity_id, ended_at, status, opened_at);
CREATE INDEX seats_paid ON seats (activity_id, paid_at);
