-- What the observers of the journal keep. Times are microseconds since 1970 UTC.

-- Messages and what became of them, in the order in which they were filed (spec.md §9).
CREATE TABLE deliveries (
    filed           INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    destination     TEXT    NOT NULL,
    message         TEXT    NOT NULL, -- JSON; it holds no secret
    state           TEXT    NOT NULL, -- pending, delivered or dead
    attempts        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    last_attempt_at INTEGER,
    next_attempt_at INTEGER,
    http_status     INTEGER,
    error           TEXT
) STRICT;
CREATE INDEX deliveries_of ON deliveries (destination);
CREATE INDEX deliveries_pending ON deliveries (destination) WHERE state = 'pending';
CREATE INDEX deliveries_done ON deliveries (created_at) WHERE state <> 'pending';

-- What each destination knows of each job.
CREATE TABLE standings (
    destination TEXT NOT NULL,
    schedule    TEXT NOT NULL,
    standing    TEXT NOT NULL, -- JSON
    PRIMARY KEY (destination, schedule)
) STRICT, WITHOUT ROWID;

-- What an observer made of the events up to a position.
CREATE TABLE memories (
    observer TEXT    PRIMARY KEY,
    position INTEGER NOT NULL,
    state    BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
