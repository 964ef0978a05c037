//! The pages with sample data. Without arguments each is asked for once; with `serve` they are on a free port of this
//! machine until the program is ended.
//!
//! `cargo run -p zb-server --example pages -- serve`

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

#[path = "../tests/it/sample.rs"]
mod sample;

use std::{env, error::Error};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;
use zb_server::{Role, router, set_up_link};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let service = sample::service(dir.path()).await?;
    if env::args().nth(1).as_deref() == Some("serve") {
        let port = env::args().nth(2).unwrap_or_else(|| "0".to_owned());
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
        let address = listener.local_addr()?.to_string();
        println!("Set up zb: {}", set_up_link(&service, &address).await?.unwrap_or_default());
        axum::serve(listener, router(service)).await?;
        return Ok(());
    }
    let ana = match service.accounts().add_user("ana", None).await? {
        zb_server::AddUser::Added(minted) => minted.thing.0.id,
        zb_server::AddUser::Exists => return Err("there is an account".into()),
    };
    let organization = hook_core::OrganizationId::default();
    let _ = service.store.put_member(&organization, "ana", Role::Owner).await?;
    let token =
        service.accounts().add_token(&ana, &organization, "example", zb_server::Scope::Manage, None).await?;
    let runs = (1..=9).map(|number| format!("/runs/{}", sample::run(number)));
    for path in
        ["/", "/backups", "/runs", "/backups/new", "/backups/sched_postgres", "/backups/sched_postgres/edit"]
            .into_iter()
            .map(str::to_owned)
            .chain(runs)
    {
        let request =
            Request::get(&path).header("authorization", format!("Bearer {}", token.secret.expose()));
        let response = router(service.clone()).oneshot(request.body(Body::empty())?).await?;
        let status = response.status();
        let size = response.into_body().collect().await?.to_bytes().len();
        println!("{status} {size:6} bytes  {path}");
    }
    Ok(())
}
