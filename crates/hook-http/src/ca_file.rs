//! `ca_file`: the certificates in it are authorities, and each of them is trusted as a server's own too.
//!
//! The second is what a home server has: one certificate that it signed itself, made by `openssl req -x509`, which
//! marks it as an authority. The Web PKI lets no authority be a server, so the plain verifier refuses it; curl's
//! `--cacert` takes it, and so do we.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

/// Verifies a server by the certificates of one file, and by no others.
#[derive(Debug)]
pub(crate) struct CaFile {
    certificates: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl CaFile {
    /// All blocks `CERTIFICATE` of a PEM file. `None` without one, and with one that is damaged. Needs the
    /// process-wide provider of rustls.
    pub(crate) fn from_pem(pem: &[u8]) -> Option<Self> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).ok()?;
        }
        let authorities = WebPkiServerVerifier::builder(roots.into()).build().ok()?;
        Some(Self { certificates, authorities })
    }
}

impl ServerCertVerifier for CaFile {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let named = self.certificates.iter().any(|certificate| certificate == end_entity);
        // The file itself vouches for a certificate that is in it: who else signed it does not matter.
        let intermediates = if named { &[] } else { intermediates };
        let verified =
            self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // A bad signature: an authority here has the issuer's name, as an old certificate has the new one's.
            Err(Error::InvalidCertificate(error))
                if lacks_an_issuer(&error) || error == CertificateError::BadSignature =>
            {
                if !named {
                    return Err(CertificateError::UnknownIssuer.into());
                }
                // webpki looks at the dates before it looks for an issuer, and has found them good.
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Whether nothing is wrong with a certificate so far but that no authority vouches for it: its issuer is unknown,
/// or it is an authority's own and so has none to ask for.
pub(crate) fn lacks_an_issuer(error: &CertificateError) -> bool {
    match error {
        CertificateError::UnknownIssuer => true,
        CertificateError::Other(OtherError(error)) => {
            matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}
