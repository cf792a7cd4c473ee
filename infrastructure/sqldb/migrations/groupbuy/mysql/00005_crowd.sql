-- +goose Up
-- Crowd tags: what buyers paid and got back, one row per order, and the sets of buyers computed from it.
-- Instants are UTC milliseconds and 0 is "not yet"; amounts are fen.

-- Rows lie by buyer, so that a tag job reads each buyer's orders side by side. paid_at 0: only its refund is known yet.
CREATE TABLE IF NOT EXISTS order_facts (
    partner_id   VARCHAR(64)  NOT NULL,
    buyer        VARCHAR(64)  NOT NULL,
    order_id     VARCHAR(64)  NOT NULL,
    amount_fen   BIGINT       NOT NULL,
    paid_at      BIGINT       NOT NULL,
    refunded_fen BIGINT       NOT NULL,
    refunded_at  BIGINT       NOT NULL,
    PRIMARY KEY (partner_id, buyer, order_id),
    UNIQUE KEY order_facts_order (partner_id, order_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tags (
    id              VARCHAR(64)  NOT NULL PRIMARY KEY,
    partner_id      VARCHAR(64)  NOT NULL, -- empty: of every partner
    name            VARCHAR(200) NOT NULL,
    kind            VARCHAR(16)  NOT NULL,
    rule            TEXT         NOT NULL, -- JSON; empty for manual tags
    daily_at        BIGINT       NOT NULL, -- minute of the day in UTC+8; -1: not daily
    every_ms        BIGINT       NOT NULL, -- 0: not by interval
    next_run_at     BIGINT       NOT NULL, -- 0: not scheduled
    generation      BIGINT       NOT NULL, -- the one in use; 0: never built
    members         BIGINT       NOT NULL, -- of that generation
    built_at        BIGINT       NOT NULL,
    last_generation BIGINT       NOT NULL, -- the highest number given to a job
    job_id          VARCHAR(64)  NOT NULL, -- the live job; empty: none
    lease_until     BIGINT       NOT NULL, -- of the node that runs it; 0: nobody does
    version         BIGINT       NOT NULL,
    created_at      BIGINT       NOT NULL,
    updated_at      BIGINT       NOT NULL,
    UNIQUE KEY tags_name (name),
    KEY tags_due (job_id, next_run_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tag_jobs (
    id         VARCHAR(64)  NOT NULL PRIMARY KEY,
    tag_id     VARCHAR(64)  NOT NULL,
    cause      VARCHAR(16)  NOT NULL,
    status     VARCHAR(16)  NOT NULL,
    generation BIGINT       NOT NULL,
    facts_read BIGINT       NOT NULL,
    members    BIGINT       NOT NULL,
    queued_at  BIGINT       NOT NULL,
    started_at BIGINT       NOT NULL,
    ended_at   BIGINT       NOT NULL,
    error      TEXT         NOT NULL,
    KEY tag_jobs_of_tag (tag_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The sizes of a tag over time.
CREATE TABLE IF NOT EXISTS tag_generations (
    tag_id     VARCHAR(64)  NOT NULL,
    generation BIGINT       NOT NULL,
    members    BIGINT       NOT NULL,
    built_at   BIGINT       NOT NULL,
    job_id     VARCHAR(64)  NOT NULL,
    PRIMARY KEY (tag_id, generation)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- A generation is written once and never changed. seq follows partner, then buyer; buyers is one per line, sorted.
CREATE TABLE IF NOT EXISTS tag_chunks (
    tag_id     VARCHAR(64)  NOT NULL,
    generation BIGINT       NOT NULL,
    seq        BIGINT       NOT NULL,
    partner_id VARCHAR(64)  NOT NULL,
    members    BIGINT       NOT NULL,
    buyers     MEDIUMTEXT   NOT NULL,
    PRIMARY KEY (tag_id, generation, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

INSERT INTO tags (id, partner_id, name, kind, rule, daily_at, every_ms, next_run_at, generation, members, built_at,
    last_generation, job_id, lease_until, version, created_at, updated_at)
SELECT 'paid_buyers', '', '付过款的买家', 'rule',
    '{"match":"all","conditions":[{"measure":"order_count","at_least":1}]}', -1, 600000, 1, 0, 0, 0, 0, '', 0, 1, 1, 1
FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM tags WHERE id = 'paid_buyers');

-- Seats paid before there were facts.
INSERT IGNORE INTO order_facts (partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at)
SELECT partner_id, buyer, out_trade_no, paid_amount_fen, paid_at,
    CASE WHEN status = 'refunded' THEN paid_amount_fen ELSE 0 END, CASE WHEN status = 'refunded' THEN ended_at ELSE 0 END
FROM seats WHERE settlement IN ('joined', 'formed');
