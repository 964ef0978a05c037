//! The receiver keeps what it got and answers as it is told.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use zb_tests::{Gate, HookReceiver, Reply};

/// Sends a request by hand and reads to the end.
fn post(receiver: &HookReceiver, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(receiver.origin().trim_start_matches("http://"))?;
    write!(stream, "POST {path} HTTP/1.1\r\nX-Odd:  a:b \r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn keeps_requests_byte_for_byte() {
    let receiver = HookReceiver::start();
    assert!(post(&receiver, "/pre?x=1", "hello").unwrap().starts_with("HTTP/1.1 200 "));
    let request = receiver.wait_for(1);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/pre?x=1"));
    assert_eq!(request.body, b"hello");
    assert_eq!(request.header("x-odd"), Some("a:b"));
    assert_eq!(request.raw, b"POST /pre?x=1 HTTP/1.1\r\nX-Odd:  a:b \r\nContent-Length: 5\r\n\r\nhello");
}

#[test]
fn uses_up_its_answers_by_path() {
    let receiver = HookReceiver::start();
    receiver.answers("/a", [Reply::text(503, "later"), Reply::redirect("http://elsewhere/")]);
    assert!(post(&receiver, "/b", "").unwrap().starts_with("HTTP/1.1 200 "));
    assert!(post(&receiver, "/a", "").unwrap().ends_with("\r\n\r\nlater"));
    assert!(post(&receiver, "/a", "").unwrap().contains("Location: http://elsewhere/\r\n"));
    assert!(post(&receiver, "/a", "").unwrap().starts_with("HTTP/1.1 200 "));
    assert_eq!(receiver.paths(), ["/b", "/a", "/a", "/a"]);
}

#[test]
fn cuts_and_resets() {
    let receiver = HookReceiver::start();
    receiver.answers("/", [Reply::CutHead, Reply::CutBody, Reply::Reset]);
    assert_eq!(post(&receiver, "/", "").unwrap(), "HTTP/1.1 20");
    assert!(post(&receiver, "/", "").unwrap().ends_with("Content-Length: 100\r\n\r\nhal"));
    let reset = post(&receiver, "/", "never read").unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn a_gate_holds_an_answer_back() {
    let receiver = HookReceiver::start();
    let gate = Gate::new();
    receiver.answers("/", [Reply::text(200, "at last").behind(&gate)]);
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| post(&receiver, "/", "").unwrap());
        assert_eq!(receiver.wait_for(1).path, "/");
        assert!(!answer.is_finished());
        gate.open();
        assert!(answer.join().unwrap().ends_with("at last"));
    });
}

#[test]
fn floods_and_trickles_until_the_other_end_goes() {
    let receiver = HookReceiver::start();
    receiver.answers("/", [Reply::Flood, Reply::Trickle, Reply::Silence]);
    for at_least in [1_000_000, 3, 0] {
        let mut stream = TcpStream::connect(receiver.origin().trim_start_matches("http://")).unwrap();
        write!(stream, "POST / HTTP/1.1\r\n\r\n").unwrap();
        let mut body = vec![0; at_least];
        stream.read_exact(&mut body).unwrap();
    }
    let _ = receiver.wait_for(3);
}
