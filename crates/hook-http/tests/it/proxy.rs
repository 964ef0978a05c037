//! The environment's proxies are ignored: a hook goes to its own origin only.

use std::process::Command;

use hook_core::OutcomeKind;

use crate::server::{Server, answers, hook, send};

const HOOK_URL: &str = "HOOK_HTTP_TEST_URL";
const VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The environment is a process's own, so the sending half of this test runs in a process of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_environments_proxies_are_ignored() {
    if let Ok(url) = std::env::var(HOOK_URL) {
        assert_eq!(send(hook(&url)).await.kind, OutcomeKind::Ok);
        return;
    }
    let receiver = Server::start(answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let proxy = Server::start(answers("HTTP/1.1 502 from the proxy\r\ncontent-length: 0\r\n\r\n")).await;
    let output = tokio::task::block_in_place(|| send_in_a_process(&receiver, &proxy));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(proxy.requests(), Vec::<String>::new());
}

#[expect(clippy::disallowed_methods, reason = "a child with an environment of its own, and not of zb")]
fn send_in_a_process(receiver: &Server, proxy: &Server) -> std::process::Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxy::the_environments_proxies_are_ignored"])
        .env(HOOK_URL, receiver.origin())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .envs(VARIABLES.map(|variable| (variable, proxy.origin())))
        .output()
        .unwrap()
}
