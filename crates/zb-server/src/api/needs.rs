//! What waits for a person: *Needs you* (`api.md` §5).

use axum::{Json, extract::State};
use hook_core::{OrganizationId, Phase};
use job_store::Run;
use serde_json::{Value, json};

use crate::{
    Caller, FileProblem, Need, NeedKind, Problem, Scope, Service,
    nearest::unknown,
    query::Query,
    route::{Route, Who},
    schema::{Shape, nullable, object, text, time, words},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/api/v1/needs", "listNeeds", Who::Scope(Scope::Read), list).query(&["kind"]).list(&NEED)]
}

const NEED: Shape = Shape::new("Need", || {
    object([
        ("kind", words(NeedKind::ALL.map(NeedKind::as_str))),
        ("since", nullable(time())),
        ("scheduleId", nullable(text())),
        ("jobId", nullable(text())),
        ("file", nullable(text())),
        ("text", text()),
    ])
});

async fn list(
    State(service): State<Service>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<Value>, Problem> {
    caller.needs(Scope::Read)?;
    let kinds = query.several("kind", kind);
    // The list is short and has no place of its own: the next page begins after so many.
    let page = query.page(&format!("needs {}", caller.organization), |place| place.parse::<usize>().ok());
    query.finish()?;
    let before = page.after.unwrap_or_default();
    // One more tells that there is a further page.
    let at_most = before.saturating_add(page.at_most as usize).saturating_add(1);
    let mut needs = service.all_needs(&caller.organization, at_most).await?;
    needs.retain(|(need, _)| kinds.is_empty() || kinds.contains(&need.kind));
    let found: Vec<_> = (1_usize..).zip(needs).skip(before).collect();
    Ok(Json(page.answer(found, |(place, _)| place.to_string(), |(_, (need, _))| show(need))))
}

impl Service {
    /// What waits for a person in an organization, each with its run: owed hooks first, then failures, what is overdue,
    /// broken files; the newest of each first. Of failures there are at most so many.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn all_needs(
        &self,
        of: &OrganizationId,
        at_most: usize,
    ) -> Result<Vec<(Need, Option<Run>)>, Problem> {
        let waiting = self.store.waiting_for_you(of, at_most).await.map_err(|error| self.failed(&error))?;
        let mut needs = self.runner.needs(of).await;
        needs.extend(self.file_needs(of));
        needs.sort_by_key(|need| std::cmp::Reverse(need.since));
        let mut needs: Vec<_> = needs.into_iter().map(|need| (need, None)).collect();
        let of_runs =
            |kind, text: fn(&Run) -> String| move |run: Run| (of_run(kind, &run, text(&run)), Some(run));
        needs.extend(waiting.owed.into_iter().map(of_runs(NeedKind::PostHookOwed, owed)));
        needs.extend(waiting.failed.into_iter().map(of_runs(NeedKind::Failed, failure)));
        // It is stable: each kind stays in its order.
        needs.sort_by_key(|(need, _)| need.kind);
        Ok(needs)
    }

    /// How many things wait for a person in an organization; a run that is owed and failed is one.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn count_needs(&self, of: &OrganizationId) -> Result<usize, Problem> {
        let waiting = self.store.count_waiting(of).await.map_err(|error| self.failed(&error))?;
        Ok(waiting + self.runner.needs(of).await.len() + self.file_needs(of).count())
    }

    /// The files of the jobs directory are its operators' affair.
    fn file_needs(&self, of: &OrganizationId) -> impl Iterator<Item = Need> + use<> {
        let is_theirs = *of == OrganizationId::default();
        let problems = if is_theirs { self.runner.file_problems() } else { Vec::new() };
        problems.into_iter().map(of_file)
    }
}

fn of_run(kind: NeedKind, run: &Run, text: String) -> Need {
    Need {
        kind,
        since: run.finished_at,
        schedule: Some(run.schedule_id.clone()),
        job: Some(run.job_id.clone()),
        file: None,
        text,
    }
}

fn of_file(problem: FileProblem) -> Need {
    let text = match problem.line {
        Some(line) => format!("Line {line}: {}", problem.error),
        None => problem.error,
    };
    Need { kind: NeedKind::JobFile, since: None, schedule: None, job: None, file: Some(problem.file), text }
}

fn owed(run: &Run) -> String {
    let last = run.hooks.of(Phase::Post).and_then(|report| report.attempts.last());
    match last.map(|attempt| attempt.http_status) {
        Some(Some(status)) => format!("The post hook answered HTTP {status}."),
        Some(None) => "The post hook got no answer.".to_owned(),
        None => "The post hook was not sent.".to_owned(),
    }
}

fn failure(run: &Run) -> String {
    let error = run.error.as_deref().unwrap_or("it is not known why");
    format!("The last run failed: {error}.")
}

fn kind(text: &str) -> Result<NeedKind, String> {
    let found = NeedKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| unknown("kind", text, NeedKind::ALL.map(NeedKind::as_str)))
}

fn show(need: &Need) -> Value {
    json!({"kind": need.kind.as_str(), "since": need.since, "scheduleId": need.schedule, "jobId": need.job,
           "file": need.file, "text": need.text})
}
