-- +goose Up
-- Crowd tags: what buyers paid and got back, one row per order, and the sets of buyers computed from it.
-- Instants are UTC milliseconds and 0 is "not yet"; amounts are fen.

-- Rows lie by buyer, so that a tag job reads each buyer's orders side by side. paid_at 0: only its refund is known yet.
CREATE TABLE order_facts (
    partner_id   TEXT    NOT NULL,
    buyer        TEXT    NOT NULL,
    order_id     TEXT    NOT NULL,
    amount_fen   INTEGER NOT NULL,
    paid_at      INTEGER NOT NULL,
    refunded_fen INTEGER NOT NULL,
    refunded_at  INTEGER NOT NULL,
    PRIMARY KEY (partner_id, buyer, order_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX order_facts_order ON order_facts (partner_id, order_id);

CREATE TABLE tags (
    id              TEXT    NOT NULL PRIMARY KEY,
    partner_id      TEXT    NOT NULL, -- empty: of every partner
    name            TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    rule            TEXT    NOT NULL, -- JSON; empty for manual tags
    daily_at        INTEGER NOT NULL, -- minute of the day in UTC+8; -1: not daily
    every_ms        INTEGER NOT NULL, -- 0: not by interval
    next_run_at     INTEGER NOT NULL, -- 0: not scheduled
    generation      INTEGER NOT NULL, -- the one in use; 0: never built
    members         INTEGER NOT NULL, -- of that generation
    built_at        INTEGER NOT NULL,
    last_generation INTEGER NOT NULL, -- the highest number given to a job
    job_id          TEXT    NOT NULL, -- the live job; empty: none
    lease_until     INTEGER NOT NULL, -- of the node that runs it; 0: nobody does
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);
CREATE UNIQUE INDEX tags_name ON tags (name);
CREATE INDEX tags_due ON tags (job_id, next_run_at);

CREATE TABLE tag_jobs (
    id         TEXT    NOT NULL PRIMARY KEY,
    tag_id     TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    facts_read INTEGER NOT NULL,
    members    INTEGER NOT NULL,
    queued_at  INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    error      TEXT    NOT NULL
);
CREATE INDEX tag_jobs_of_tag ON tag_jobs (tag_id, id);

-- The sizes of a tag over time.
CREATE TABLE tag_generations (
    tag_id     TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    members    INTEGER NOT NULL,
    built_at   INTEGER NOT NULL,
    job_id     TEXT    NOT NULL,
    PRIMARY KEY (tag_id, generation)
);

-- A generation is written once and never changed. seq follows partner, then buyer; buyers is one per line, sorted.
CREATE TABLE tag_chunks (
    tag_id     TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    partner_id TEXT    NOT NULL,
    members    INTEGER NOT NULL,
    buyers     TEXT    NOT NULL,
    PRIMARY KEY (tag_id, generation, seq)
) WITHOUT ROWID;

INSERT INTO tags (id, partner_id, name, kind, rule, daily_at, every_ms, next_run_at, generation, members, built_at,
    last_generation, job_id, lease_until, version, created_at, updated_at)
VALUES ('paid_buyers', '', '付过款的买家', 'rule',
    '{"match":"all","conditions":[{"measure":"order_count","at_least":1}]}', -1, 600000, 1, 0, 0, 0, 0, '', 0, 1, 1, 1);

-- Seats paid before there were facts.
INSERT OR IGNORE INTO order_facts (partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at)
SELECT partner_id, buyer, out_trade_no, paid_amount_fen, paid_at,
    CASE WHEN status = 'refunded' THEN paid_amount_fen ELSE 0 END, CASE WHEN status = 'refunded' THEN ended_at ELSE 0 END
FROM seats WHERE settlement IN ('joined', 'formed');
