//! The web pages (`api.md` §9): HTML from the server, whole without JavaScript. What a page does is done by the same
//! functions as in the API; what goes wrong is the same [`Problem`](crate::Problem), shown as a page.

mod advice;
mod assets;
mod backups;
mod chart;
mod course;
mod cross_site;
mod csrf;
mod deliveries;
mod destination_document;
mod destination_form;
mod destinations;
mod error_page;
mod fields;
mod flash;
mod form;
mod hook_test;
mod icon;
mod job_document;
mod job_file;
mod job_form;
mod job_keep;
mod job_page;
mod jobs;
mod needs;
mod overview;
mod readings;
mod response;
mod run_page;
mod runs;
mod said;
mod set_up;
mod settings;
mod shell;
mod sign_in;
mod status;
mod steps;
mod strip;
mod timeline;
mod visitor;
mod words;

pub(crate) use error_page::nowhere;

use axum::{Router, middleware::from_fn_with_state};

use crate::Service;

/// All pages, with what answers where one cannot be shown.
pub(crate) fn routes(service: &Service) -> Router<Service> {
    let pages = Router::new()
        .merge(set_up::routes())
        .merge(sign_in::routes())
        .merge(overview::routes())
        .merge(backups::routes())
        .merge(job_form::routes())
        .merge(job_file::routes())
        .merge(job_page::routes())
        .merge(hook_test::routes())
        .merge(runs::routes())
        .merge(destinations::routes())
        .merge(destination_form::routes())
        .merge(settings::routes())
        .merge(run_page::routes());
    pages.layer(from_fn_with_state(service.clone(), error_page::show)).merge(assets::routes())
}
