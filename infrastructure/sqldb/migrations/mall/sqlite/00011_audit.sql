-- +goose Up
-- What operators did. Instants are UTC milliseconds.
-- Append-only: each row's hash covers the row and the hash before it.
CREATE TABLE audit (
    seq          INTEGER NOT NULL PRIMARY KEY, -- from 1, without a gap
    happened_at  INTEGER NOT NULL,
    actor_id     TEXT    NOT NULL,
    actor_name   TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    before_state TEXT    NOT NULL, -- JSON without secrets and phone numbers; empty for what was not there
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
