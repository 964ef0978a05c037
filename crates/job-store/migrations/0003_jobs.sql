-- The configured backup jobs (spec.md §5, §10). Times are microseconds since 1970 UTC.
CREATE TABLE jobs (
    organization TEXT    NOT NULL,
    schedule     TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    sealed       BLOB    NOT NULL, -- the definition, sealed with the key of the data directory
    revision     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT,
    updated_at   INTEGER NOT NULL,
    updated_by   TEXT,
    PRIMARY KEY (organization, schedule),
    UNIQUE (organization, name)
) STRICT;
CREATE INDEX jobs_of_schedule ON jobs (schedule);
CREATE INDEX jobs_of_name ON jobs (name);

-- Where the revisions of deleted jobs ended: one that comes back counts on, so that no revision is ever given twice.
CREATE TABLE deleted_jobs (
    organization TEXT    NOT NULL,
    schedule     TEXT    NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (organization, schedule)
) STRICT, WITHOUT ROWID;
