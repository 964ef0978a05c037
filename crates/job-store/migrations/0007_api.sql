-- Repositories as things of their own (api.md §4). Which jobs use one is in job_facts.
CREATE TABLE repositories (
    id           TEXT    PRIMARY KEY,
    organization TEXT    NOT NULL,
    sealed       BLOB    NOT NULL, -- address and definition, sealed with the key of the data directory
    revision     INTEGER NOT NULL,
    checked_at   INTEGER,          -- the last look at it; microseconds since 1970 UTC
    problem      TEXT              -- what it found; NULL: all was well
) STRICT, WITHOUT ROWID;
CREATE INDEX repositories_of_organization ON repositories (organization);

-- What lists look for in a job: taken out of its definition at this revision, and taken again when there is a later one.
CREATE TABLE job_facts (
    organization TEXT    NOT NULL,
    schedule     TEXT    NOT NULL,
    revision     INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    url          TEXT    NOT NULL, -- as it is shown
    enabled      INTEGER NOT NULL,
    repository   TEXT    NOT NULL,
    PRIMARY KEY (organization, schedule),
    FOREIGN KEY (organization, schedule) REFERENCES jobs (organization, schedule) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX job_facts_of_repository ON job_facts (repository);

-- Runs that were asked for with an Idempotency-Key (api.md §3).
CREATE TABLE idempotency (
    organization TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    schedule     TEXT    NOT NULL,
    job          TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (organization, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at);
