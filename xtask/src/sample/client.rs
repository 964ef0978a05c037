//! What the sample asks of the service: a few requests of HTTP, signed in by a cookie.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::shell::Result;

/// Who has signed in.
pub(super) struct Client {
    /// `127.0.0.1:4097`.
    pub(super) address: String,
    cookie: String,
}

impl Client {
    /// Makes the first account, and is signed in as it.
    pub(super) fn set_up(address: &str, token: &str, username: &str, password: &str) -> Result<Self> {
        let mut client = Self { address: address.to_owned(), cookie: String::new() };
        let body = format!(
            "{{\"token\":\"{token}\",\"username\":\"{username}\",\"password\":\"{password}\",\
             \"organizationName\":\"Home\"}}"
        );
        let (head, _) = client.ask("POST", "/api/v1/set-up", "application/json", &body)?;
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).ok_or("no cookie came")?;
        cookie.clone_into(&mut client.cookie);
        Ok(client)
    }

    /// The body of the answer.
    pub(super) fn get(&self, path: &str) -> Result<String> {
        Ok(self.ask("GET", path, "", "")?.1)
    }

    /// The same for a body of JSON.
    pub(super) fn post(&self, path: &str, json: &str) -> Result<String> {
        Ok(self.ask("POST", path, "application/json", json)?.1)
    }

    /// The same for a job file.
    pub(super) fn post_toml(&self, path: &str, toml: &str) -> Result<String> {
        Ok(self.ask("POST", path, "application/toml", toml)?.1)
    }

    /// Head and body of an answer that is a success.
    fn ask(&self, method: &str, path: &str, kind: &str, body: &str) -> Result<(String, String)> {
        let mut stream = TcpStream::connect(&self.address)?;
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{kind}Connection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}",
            self.address, self.cookie,
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("the service did not answer")?;
        match head.split(' ').nth(1) {
            Some(status) if status.starts_with('2') => Ok((head.to_owned(), body.to_owned())),
            _ => Err(format!("{method} {path}: {}\n{body}", head.lines().next().unwrap_or_default()).into()),
        }
    }
}
