//! Whom to trust and who we are, for either transport.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::error::{Error, Result};
use crate::options::Options;

/// What the options give can't be used.
pub(super) fn unusable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::options("the `tls_…` options can't be used: is each PEM text whole?").caused_by(cause)
}

pub(super) fn of_grpc(options: &Options) -> ClientTlsConfig {
    let named = &options.named;
    let mut tls = match &named.tls_ca {
        Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    if let (Some(cert), Some(key)) = (&named.tls_cert, &named.tls_key) {
        tls = tls.identity(Identity::from_pem(cert, key.expose()));
    }
    match &named.tls_server_name {
        Some(name) => tls.domain_name(name),
        None => tls,
    }
}

/// Without `tls_server_name`, which is no part of it.
pub(super) fn of_http(options: &Options) -> Result<ClientConfig> {
    let named = &options.named;
    let mut roots = RootCertStore::empty();
    match &named.tls_ca {
        Some(ca) => {
            let given: Vec<_> =
                CertificateDer::pem_slice_iter(ca.as_bytes()).collect::<Result<_, _>>().map_err(unusable)?;
            if given.is_empty() {
                return Err(Error::options("option `tls_ca`: it holds no certificate"));
            }
            for one in given {
                roots.add(one).map_err(unusable)?;
            }
        }
        None => {
            // Those of the system that can't be read are as good as not there.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("TLS can't be set up").caused_by(error))?
        .with_root_certificates(roots);
    match (&named.tls_cert, &named.tls_key) {
        (Some(cert), Some(key)) => {
            let chain = CertificateDer::pem_slice_iter(cert.as_bytes()).collect::<Result<_, _>>().map_err(unusable)?;
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(unusable)?;
            config.with_client_auth_cert(chain, key).map_err(unusable)
        }
        (Some(_), None) | (None, _) => Ok(config.with_no_client_auth()),
    }
}
