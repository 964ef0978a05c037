//! Hands a letter in: one connection, one letter.

use std::{fs, path::Path, time::Duration};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::Mechanism,
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::ClientId,
    },
};
use tokio::time::timeout;

use crate::channel::{MailServer, MailTls, Posting};

/// Said of ourselves (RFC 5321 §4.1.3): a machine at home has no name that a server could look up.
const MYSELF: ClientId = ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST);
/// How long a goodbye may take when the letter has been taken: nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a letter was not taken.
#[derive(Debug)]
pub(super) struct NotTaken {
    pub(super) stage: Stage,
    pub(super) error: Error,
}

/// How far it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Connection, TLS, greeting.
    Connect,
    /// User and password.
    Login,
    /// Sender, recipients, letter.
    Letter,
}

impl Stage {
    fn of(self) -> impl Fn(Error) -> NotTaken {
        move |error| NotTaken { stage: self, error }
    }
}

/// What TLS has to show of this server; `None` where there is none. Blocks where a file is read. The error is the
/// reason.
pub(super) fn tls(server: &MailServer, ca_file: Option<&Path>) -> Result<Option<TlsParameters>, String> {
    if server.tls == MailTls::None {
        return Ok(None);
    }
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(path) = ca_file {
        let name = path.display();
        let pem = fs::read(path).map_err(|error| format!("the CA file {name} cannot be read: {error}"))?;
        let unusable = || format!("the CA file {name} holds no certificate that can be used");
        let certificate = Certificate::from_pem(&pem).map_err(|_| unusable())?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build_rustls().map(Some).map_err(|_| "TLS cannot be set up on this machine".to_owned())
}

/// Hands it in. What the server said of it.
pub(super) async fn hand_in(posting: Posting, tls: Option<TlsParameters>) -> Result<String, NotTaken> {
    let Posting { server, credentials, letter, .. } = posting;
    let address = (server.host.as_str(), server.port);
    let at_once = tls.clone().filter(|_| server.tls == MailTls::Implicit);
    let mut connection = AsyncSmtpConnection::connect_tokio1(address, None, &MYSELF, at_once, None)
        .await
        .map_err(Stage::Connect.of())?;
    if let (MailTls::StartTls, Some(tls)) = (server.tls, tls) {
        connection.starttls(tls, &MYSELF).await.map_err(Stage::Connect.of())?;
    }
    if let Some(credentials) = &credentials {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        connection.auth(&mechanisms, credentials).await.map_err(Stage::Login.of())?;
    }
    let taken = send(&mut connection, &letter).await.map_err(Stage::Letter.of())?;
    let _ = timeout(GOODBYE, connection.quit()).await;
    Ok(taken)
}

/// Sender, recipients, letter (RFC 5321 §3.3). An address that the server refuses for good keeps nobody else from the
/// letter; where it refuses all of them, or cannot take one now, there is none. The letter and its addresses are ASCII.
async fn send(connection: &mut AsyncSmtpConnection, letter: &Message) -> Result<String, Error> {
    let envelope = letter.envelope();
    connection.command(Mail::new(envelope.from().cloned(), Vec::new())).await?;
    let (mut taken_for, mut refused) = (0_usize, Vec::new());
    for to in envelope.to() {
        match connection.command(Rcpt::new(to.clone(), Vec::new())).await {
            Ok(_) => taken_for += 1,
            Err(error) if error.is_permanent() => refused.push((to, error)),
            Err(error) => return Err(error),
        }
    }
    if taken_for == 0
        && let Some((_, error)) = refused.pop()
    {
        return Err(error);
    }
    connection.command(Data).await?;
    let answer = connection.message(&letter.formatted()).await?;
    let mut said: Vec<String> = answer.message().map(str::to_owned).collect();
    for (to, error) in refused {
        let code = error.status().map(u16::from).unwrap_or_default();
        tracing::warn!(%to, code, "a mail server refused a recipient; the others got the letter");
        said.push(format!("{to} was refused: {code}"));
    }
    Ok(said.join("\n"))
}
