//! What people and programs read of a service.

/// How a client is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    /// A person, by the cookie of a session.
    Cookie,
    /// A program, by a token.
    Token,
}

/// A name, a path in which `{job}`, `{run}` and `{deep}` are filled in, and who asks.
pub(super) type Page = (&'static str, &'static str, By);

/// In the order of the page of figures.
pub(super) const PAGES: [Page; 15] = [
    ("page: overview", "/", By::Cookie),
    ("page: backups", "/backups", By::Cookie),
    ("page: backups, searched", "/backups?q=0042", By::Cookie),
    ("page: a backup", "/backups/{job}", By::Cookie),
    ("page: runs", "/runs", By::Cookie),
    ("page: a run", "/runs/{run}", By::Cookie),
    ("GET jobs", "/api/v1/jobs", By::Token),
    ("GET jobs?q=", "/api/v1/jobs?q=0042", By::Token),
    ("GET a job", "/api/v1/jobs/{job}", By::Token),
    ("GET runs", "/api/v1/runs", By::Token),
    ("GET runs, after half a million", "/api/v1/runs?{deep}", By::Token),
    ("GET runs?status=error&scheduleId=", "/api/v1/runs?status=error&scheduleId={job}", By::Token),
    ("GET a run", "/api/v1/runs/{run}", By::Token),
    ("GET needs", "/api/v1/needs", By::Token),
    ("GET metrics", "/metrics", By::Token),
];
