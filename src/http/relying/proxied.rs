//! Cards that come through a proxy: the proxy ended the card's TLS connection, and says in a header which certificate it
//! saw. Only a configured proxy is believed, and it says who it is with a certificate of its own.

use crate::app::App;
use crate::http::status::get_path::percent_decode;
use crate::http::tls::PeerCertificate;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::certificate::Certificate;
use std::sync::Arc;

/// Puts the certificate of the card's holder in the place of the proxy's. Whatever others say in headers is not heard.
pub(super) async fn heard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<PeerCertificate>();
    let proxies = app.login.as_ref().map(|login| login.proxies.as_slice()).unwrap_or_default();
    let proxy = proxies.iter().find(|proxy| peer.is_some_and(|peer| *peer.0 == *proxy.certificate));
    if let Some(proxy) = proxy {
        let shown = shown(request.headers(), &proxy.header);
        // The proxy's own certificate is nobody's card.
        request.extensions_mut().remove::<PeerCertificate>();
        if let Some(certificate) = shown {
            request.extensions_mut().insert(PeerCertificate(certificate));
        }
    }
    next.run(request).await
}

/// The one certificate that the header names; none if it names none, several, or something else.
fn shown(headers: &HeaderMap, name: &HeaderName) -> Option<Arc<[u8]>> {
    let mut values = headers.get_all(name).iter();
    let (value, more) = (values.next()?, values.next());
    if more.is_some() || value.is_empty() {
        return None;
    }
    let certificate = read(value.as_bytes());
    if certificate.is_none() {
        tracing::warn!(header = %name, "a proxy sent a certificate that cannot be read");
    }
    certificate
}

/// RFC 9440 section 2.2 (`:base64:`), or PEM with percent-encoding as nginx writes it.
fn read(value: &[u8]) -> Option<Arc<[u8]>> {
    if let Some(base64) = value.strip_prefix(b":").and_then(|rest| rest.strip_suffix(b":")) {
        return STANDARD.decode(base64).ok().map(Arc::from);
    }
    let pem = String::from_utf8(percent_decode(value).ok()?).ok()?;
    Certificate::from_pem(&pem).ok().map(|certificate| Arc::from(certificate.der().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn one_certificate_is_heard_and_nothing_else() {
        let name = HeaderName::from_static("client-cert");
        let heard = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(&name, HeaderValue::from_str(value).unwrap());
            }
            shown(&headers, &name).map(|der| der.to_vec())
        };
        assert_eq!(heard(&[":AQID:"]), Some(vec![1, 2, 3]));
        for nothing in [&[][..], &[""], &[":AQID:", ":AQID:"], &[":?:"], &["%"], &["-----BEGIN%20CERTIFICATE"]] {
            assert_eq!(heard(nothing), None, "{nothing:?}");
        }
    }
}
