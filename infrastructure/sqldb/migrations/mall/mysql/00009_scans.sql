-- +goose Up
-- Attempts to sign in by scanning a QR code. Instants are UTC milliseconds.
CREATE TABLE IF NOT EXISTS scans (
    id         VARCHAR(64) NOT NULL PRIMARY KEY, -- the scene in the code
    browser    VARCHAR(64) NOT NULL,             -- SHA-256 of the secret of the browser that shows it
    status     VARCHAR(32) NOT NULL,
    open_id    VARCHAR(64) NOT NULL,             -- who scanned it; empty: nobody yet
    account_id VARCHAR(64) NOT NULL,
    started_at BIGINT      NOT NULL,
    version    BIGINT      NOT NULL,
    KEY scans_person (open_id, started_at),
    KEY scans_started (started_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
