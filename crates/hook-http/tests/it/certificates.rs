//! Whose certificate a `ca_file` vouches for: what it signed, and what is in it.

use hook_core::{HookOutcome, OutcomeKind};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::{
    ALL_VERSIONS,
    version::{TLS12, TLS13},
};

use crate::{server::send, tls_server::TlsServer};

/// What is done to a certificate, and why it is refused then.
type Spoiled = (fn(&mut CertificateParams), &'static str);

/// What `openssl req -x509 -subj /CN=localhost -addext subjectAltName=…` makes: self-signed, and an authority.
fn self_signed(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A server with this certificate, signed by its own key.
async fn showing(params: &CertificateParams) -> TlsServer {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    TlsServer::showing(&certificate.pem(), &key, ALL_VERSIONS, &[b"h2", b"http/1.1"]).await
}

/// Sends to this server with a CA file of that content.
async fn send_trusting(server: &TlsServer, pem: &str) -> HookOutcome {
    let mut hook = server.hook();
    let path = server.directory.path().join("given.pem");
    std::fs::write(&path, pem).unwrap();
    hook.ca_file = Some(path);
    send(hook).await
}

/// Nothing was sent, and this is why.
fn refused(server: &mut TlsServer, outcome: HookOutcome, reason: &str) {
    assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NotSent, None), "{outcome:?}");
    let error = outcome.error.unwrap();
    let start = format!("pre webhook could not verify the TLS certificate of {}: ", server.origin);
    assert!(error.starts_with(&start) && error.contains(reason), "{error}");
    server.no_request_came();
}

#[tokio::test]
async fn a_self_signed_authority_is_vouched_for_by_itself() {
    for version in [&TLS12, &TLS13] {
        let key = KeyPair::generate().unwrap();
        let certificate = self_signed("127.0.0.1").self_signed(&key).unwrap().pem();
        let mut server = TlsServer::showing(&certificate, &key, &[version], &[b"h2", b"http/1.1"]).await;
        let outcome = send_trusting(&server, &certificate).await;
        assert_eq!(outcome.kind, OutcomeKind::Ok, "{version:?}: {outcome:?}");
        // HTTP/2 is offered as it is elsewhere.
        let request = server.requests.recv().await.unwrap();
        assert!(request.starts_with(&format!("POST {}/hooks/stop", server.origin)), "{request}");
    }
}

#[tokio::test]
async fn an_authority_vouches_for_what_it_signed_and_a_certificate_for_itself_alone() {
    let authority =
        CertifiedIssuer::self_signed(self_signed("authority.lan"), KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a server");
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap().pem();
    let stranger = self_signed("127.0.0.1").self_signed(&KeyPair::generate().unwrap()).unwrap().pem();

    for (given, kind) in [
        (authority.pem(), OutcomeKind::Ok),
        (certificate.clone(), OutcomeKind::Ok),
        (format!("{stranger}{certificate}"), OutcomeKind::Ok),
        (stranger, OutcomeKind::NotSent),
    ] {
        let server = TlsServer::showing(&certificate, &key, ALL_VERSIONS, &[]).await;
        let outcome = send_trusting(&server, &given).await;
        assert_eq!(outcome.kind, kind, "{outcome:?}\n{given}");
    }
}

#[tokio::test]
async fn another_self_signed_certificate_is_refused_whatever_it_calls_itself() {
    let mut server = showing(&self_signed("127.0.0.1")).await;
    let twin = showing(&self_signed("127.0.0.1")).await;
    let outcome = send_trusting(&server, &twin.certificate).await;
    let path = server.directory.path().join("given.pem");
    let reason = format!("it is not in {}, and no authority there has signed it", path.display());
    refused(&mut server, outcome, &reason);
}

#[tokio::test]
async fn without_a_ca_file_the_way_out_is_named() {
    let mut server = showing(&self_signed("127.0.0.1")).await;
    let outcome = send(server.hook()).await;
    refused(&mut server, outcome, "(if it is the right server, give its certificate as ca_file)");
}

#[tokio::test]
async fn a_certificate_is_good_for_its_name_and_its_time_only() {
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    };
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(4001, 1, 1);
    let elsewhere = |params: &mut CertificateParams| {
        params.subject_alt_names =
            CertificateParams::new(["db.lan".to_owned(), "::1".to_owned()]).unwrap().subject_alt_names;
    };
    let cases: [Spoiled; 3] = [
        (expired, " days ago (renew it on the server, or set this machine's clock)"),
        (early, " days (is this machine's clock right?)"),
        (elsewhere, "it is not for 127.0.0.1, but for db.lan and ::1"),
    ];
    for (spoil, reason) in cases {
        for is_ca in [IsCa::Ca(BasicConstraints::Unconstrained), IsCa::NoCa] {
            let mut params = self_signed("127.0.0.1");
            params.is_ca = is_ca;
            spoil(&mut params);
            let mut server = showing(&params).await;
            let outcome = send_trusting(&server, &server.certificate).await;
            refused(&mut server, outcome, reason);
        }
    }
}

/// A certificate is public: without its key it proves nothing.
#[tokio::test]
async fn a_copy_of_a_trusted_certificate_is_refused() {
    let certificate = self_signed("127.0.0.1").self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    for version in [&TLS12, &TLS13] {
        let thief = KeyPair::generate().unwrap();
        let mut server = TlsServer::showing(&certificate, &thief, &[version], &[]).await;
        let outcome = send_trusting(&server, &certificate).await;
        refused(&mut server, outcome, "its signature does not fit (is it the right server?)");
    }
}
