-- Who may call the service (api.md §2). Times are microseconds since 1970 UTC. What zb made to be secret (a session's
-- cookie, a token, a set-up link) is here as its SHA-256 alone; a password as argon2id in the PHC form.

CREATE TABLE organizations (
    id    TEXT PRIMARY KEY,
    name  TEXT NOT NULL,
    roots TEXT          -- JSON, a list of paths; NULL: no limit
) STRICT, WITHOUT ROWID;
-- Runs of zb run are its own where nobody says otherwise.
INSERT INTO organizations (id, name) VALUES ('org_default', 'Default');

CREATE TABLE users (
    id           TEXT PRIMARY KEY,
    username     TEXT NOT NULL UNIQUE,
    name         TEXT,
    password     TEXT,  -- NULL: no set-up link of theirs was used yet
    last_seen_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    organization TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role         TEXT NOT NULL, -- viewer, member or owner
    PRIMARY KEY (organization, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_of_user ON members (user);

-- It ends with the membership of the organization it acts in.
CREATE TABLE sessions (
    hash         BLOB    PRIMARY KEY,
    user         TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization TEXT,  -- NULL: the user was a member of none when it began
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    FOREIGN KEY (organization, user) REFERENCES members (organization, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user, organization);

CREATE TABLE tokens (
    id           TEXT    PRIMARY KEY,
    hash         BLOB    NOT NULL UNIQUE,
    prefix       TEXT    NOT NULL, -- its beginning, by which people tell it
    name         TEXT    NOT NULL,
    scope        TEXT    NOT NULL, -- read, run or manage
    user         TEXT    NOT NULL,
    organization TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at   INTEGER,
    FOREIGN KEY (organization, user) REFERENCES members (organization, user) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_of_member ON tokens (organization, user);

-- One link a user, and one for the first account.
CREATE TABLE set_up_links (
    hash       BLOB PRIMARY KEY,
    user       TEXT UNIQUE REFERENCES users (id) ON DELETE CASCADE, -- NULL: makes the first account
    expires_at INTEGER  -- NULL: with the next start
) STRICT, WITHOUT ROWID;

-- Who did what. No key points out of it: it stays when they are gone.
CREATE TABLE audit (
    id           INTEGER PRIMARY KEY,
    organization TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    action       TEXT    NOT NULL,
    user         TEXT,
    username     TEXT,
    token        TEXT,
    target       TEXT,
    address      TEXT
) STRICT;
CREATE INDEX audit_of_organization ON audit (organization, at);
CREATE INDEX audit_by_time ON audit (at);
