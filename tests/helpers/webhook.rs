//! The seed's how-to, with the container's stand-in, by hand.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use zb_tests::{RealWebhook, Scratch};

fn call(webhook: &RealWebhook<'_>, hook: &str, secret: &str) -> String {
    let mut stream = TcpStream::connect(webhook.origin().trim_start_matches("http://")).unwrap();
    write!(
        stream,
        "POST /hooks/{hook} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\
         X-Zerobyte-Hook-Secret: {secret}\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn stops_and_starts_the_container() {
    let scratch = Scratch::new();
    let webhook = RealWebhook::start(&scratch);
    let secret = "replace-with-a-long-random-secret";
    assert!(webhook.container_is_running());
    assert!(call(&webhook, "stop-postgres", secret).ends_with("postgres\n"));
    assert!(!webhook.container_is_running());
    assert!(
        call(&webhook, "stop-postgres", secret).starts_with("HTTP/1.1 200 "),
        "stopping twice is no error"
    );
    webhook.refuse("start");
    assert!(call(&webhook, "start-postgres", secret).starts_with("HTTP/1.1 500 "));
    assert!(call(&webhook, "start-postgres", "wrong").ends_with("Hook rules were not satisfied."));
    assert_eq!(webhook.container_log(), ["stop"]);
}
