//! An issuer behind TLS is known by its certificate.

use super::super::fetch;
use super::*;
use base64::prelude::BASE64_STANDARD;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use std::io::{Read, Write};

/// A root that openssl made for these tests, and a certificate for 127.0.0.1 under it.
const ROOT: &str = "MIIBnjCCAUOgAwIBAgIUPK50B9DHkaBCCSXpQppRKY8Ie8UwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQYSByb290IGZvciB0ZXN0czAgFw0yNjExMjAyMDMyMTNaGA8yMTI2MTAyNzIwMzIxM1owGzEZMBcGA1UEAwwQYSByb290IGZvciB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABC6TbXTZndQaMoCOR9IzrlHHX+T3NwlhHoIYNwVcT22QVo/qkrCojWrcUzSq60Z5kcpo5aH+NmWD6Mowk/QCy/ijYzBhMB0GA1UdDgQWBBQVRwwb6MJ3c6VriIWt3AlVdYGw+TAfBgNVHSMEGDAWgBQVRwwb6MJ3c6VriIWt3AlVdYGw+TAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAKBggqhkjOPQQDAgNJADBGAiEAhUerlHMr/P6mNuPL1vZUIUYKKpy4vJRDqRFnKsdp5EgCIQCLQ6reUXYdJm5cNLek0KzCRSjc6jPxCKPBeylOiaGywA==";
const CERTIFICATE: &str = "MIIBsjCCAVigAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBhIHJvb3QgZm9yIHRlc3RzMCAXDTAwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAeMRwwGgYDVQQDDBNhbiBpc3N1ZXIgZm9yIHRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0YnFz/Bc+hyeCUHfKlZDOVBpLa4V7JK8O3oY0iuCKJKJWlKK2CjpTTAT6sAnfWmJBbk/O1BD292ZKPI86mV8ZqOBhzCBhDAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAPBgNVHREECDAGhwR/AAABMB0GA1UdDgQWBBT4aHfSI9VtYpivAmtvvYe2XsXzyzAfBgNVHSMEGDAWgBQVRwwb6MJ3c6VriIWt3AlVdYGw+TAKBggqhkjOPQQDAgNIADBFAiBEcfgI1fD0/QFHBLrs5C4d6oNkoeULUUAa6ZuI2QUbCgIhAPJDXFFpA/k8E14GDnau5aioNoCXC0WiKbMsBHT5kr6d";
const PRIVATE_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgixXu1pxxKagSvXQ6N3rHzSy7sk4bwiiQTRM1/ZPuzbyhRANCAATRicXP8Fz6HJ4JQd8qVkM5UGktrhXskrw7ehjSK4IokolaUorYKOlNMBPqwCd9aYkFuT87UEPb3Zko8jzqZXxm";

fn der(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).expect("base64")
}

/// Answers one request behind TLS, in a thread of its own.
fn serve_one() -> SocketAddr {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der(PRIVATE_KEY)));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("it has TLS")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(der(CERTIFICATE))], key)
        .expect("they belong together");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut connection = ServerConnection::new(Arc::new(config)).expect("a session");
        let mut tls = rustls::Stream::new(&mut connection, &mut stream);
        let mut request = Vec::new();
        let mut bytes = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            match tls.read(&mut bytes) {
                Ok(read @ 1..) => request.extend_from_slice(&bytes[..read]),
                // A client that does not trust us hangs up.
                _ => return,
            }
        }
        let set = json!({ "keys": [public("a", 1)] }).to_string();
        _ = tls.write_all(&ok(&set, ""));
        tls.conn.send_close_notify();
        _ = tls.flush();
    });
    address
}

async fn answer(roots: RootCertStore, address: SocketAddr) -> Result<String, String> {
    let tls = fetch::tls()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let url = format!("https://{address}/keys")
        .parse()
        .expect("an address");
    let answer = Source::with(url, tls, &still()).get().await?;
    Ok(String::from_utf8(answer.body.to_vec()).expect("UTF-8"))
}

#[tokio::test]
async fn a_certificate_under_a_trusted_root_is_taken() {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(der(ROOT))).expect("a root");
    let body = answer(roots, serve_one()).await.expect("an answer");
    assert!(body.contains(r#""kid":"a""#), "{body}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let why = answer(RootCertStore::empty(), serve_one())
        .await
        .unwrap_err();
    assert!(
        why.contains("invalid peer certificate: UnknownIssuer"),
        "{why}"
    );
}

#[tokio::test]
async fn the_machines_own_roots_do_not_vouch_for_everybody() {
    let address = serve_one();
    match Source::new(&format!("https://{address}/keys"), &still()) {
        Ok(source) => {
            let why = source.get().await.err().expect("no answer");
            assert!(
                why.contains("invalid peer certificate: UnknownIssuer"),
                "{why}"
            );
        }
        // A container without any.
        Err(why) => assert!(why.contains("ca-certificates"), "{why}"),
    }
}

#[tokio::test]
async fn without_tls_there_is_no_answer() {
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let url = format!("https://{}/keys", issuer.address).parse();
    let tls = fetch::tls()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let pace = Pace {
        timeout: Duration::from_millis(100),
        ..still()
    };
    // Each waits for the other's first word.
    let answer = Source::with(url.expect("an address"), tls, &pace)
        .get()
        .await;
    assert_eq!(
        answer.err().as_deref(),
        Some("it did not answer within 100ms")
    );
    assert_eq!(issuer.requests(), 0);
}
