-- +goose Up
-- Who runs which job, and what came of it. A job runs under its row's fence: every transaction that it writes with reads
-- the fence again. Instants are UTC milliseconds by the holder's clock, for people: nothing is decided by them but when
-- a job is next due.
CREATE TABLE IF NOT EXISTS jobs (
    name        VARCHAR(64)   NOT NULL PRIMARY KEY,
    about       VARCHAR(255)  NOT NULL,
    every_ms    BIGINT        NOT NULL, -- 0: it has no runs, its rows are claimed one by one
    holder      VARCHAR(128)  NOT NULL, -- the node that leads; empty: given up
    fence       BIGINT        NOT NULL, -- raised each time that the lease changes hands
    beat        BIGINT        NOT NULL, -- raised by the holder while it lives
    beat_at     BIGINT        NOT NULL,
    started_at  BIGINT        NOT NULL, -- of the last run; 0: never
    ended_at    BIGINT        NOT NULL, -- 0: never; before started_at: it runs
    success_at  BIGINT        NOT NULL, -- the end of the last run without an error
    duration_ms BIGINT        NOT NULL,
    handled     BIGINT        NOT NULL, -- rows that the last run looked at
    handled_all BIGINT        NOT NULL, -- rows that all runs looked at
    backlog     BIGINT        NOT NULL, -- rows that are due; -1: not counted
    failures    BIGINT        NOT NULL, -- runs in a row that ended in an error
    last_error  VARCHAR(1000) NOT NULL, -- of the last run; empty: it ended well
    next_at     BIGINT        NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
