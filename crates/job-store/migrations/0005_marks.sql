-- How far the scheduler has come with each job.
CREATE TABLE marks (
    schedule TEXT PRIMARY KEY,
    mark     TEXT NOT NULL -- JSON, of the scheduler's
) STRICT, WITHOUT ROWID;
