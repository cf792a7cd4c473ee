-- +goose Up
-- Attempts to sign in by scanning a QR code. Instants are UTC milliseconds.
CREATE TABLE scans (
    id         TEXT    NOT NULL PRIMARY KEY, -- the scene in the code
    browser    TEXT    NOT NULL,             -- SHA-256 of the secret of the browser that shows it
    status     TEXT    NOT NULL,
    open_id    TEXT    NOT NULL,             -- who scanned it; empty: nobody yet
    account_id TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    version    INTEGER NOT NULL
);
CREATE INDEX scans_person ON scans (open_id, started_at);
CREATE INDEX scans_started ON scans (started_at);
