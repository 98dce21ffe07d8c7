//! `wss://`: a server is known by its certificate.

use crate::common::{Ran, ran};
use crate::server::command;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

// A root that openssl made for tests, and a certificate for 127.0.0.1 under it; src/auth/ has them too.
const ROOT: &str = "MIIBnjCCAUOgAwIBAgIUPK50B9DHkaBCCSXpQppRKY8Ie8UwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQYSByb290IGZvciB0ZXN0czAgFw0yNjExMjAyMDMyMTNaGA8yMTI2MTAyNzIwMzIxM1owGzEZMBcGA1UEAwwQYSByb290IGZvciB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABC6TbXTZndQaMoCOR9IzrlHHX+T3NwlhHoIYNwVcT22QVo/qkrCojWrcUzSq60Z5kcpo5aH+NmWD6Mowk/QCy/ijYzBhMB0GA1UdDgQWBBQVRwwb6MJ3c6VriIWt3AlVdYGw+TAfBgNVHSMEGDAWgBQVRwwb6MJ3c6VriIWt3AlVdYGw+TAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAKBggqhkjOPQQDAgNJADBGAiEAhUerlHMr/P6mNuPL1vZUIUYKKpy4vJRDqRFnKsdp5EgCIQCLQ6reUXYdJm5cNLek0KzCRSjc6jPxCKPBeylOiaGywA==";
const CERTIFICATE: &str = "MIIBsjCCAVigAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBhIHJvb3QgZm9yIHRlc3RzMCAXDTAwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAeMRwwGgYDVQQDDBNhbiBpc3N1ZXIgZm9yIHRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0YnFz/Bc+hyeCUHfKlZDOVBpLa4V7JK8O3oY0iuCKJKJWlKK2CjpTTAT6sAnfWmJBbk/O1BD292ZKPI86mV8ZqOBhzCBhDAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAPBgNVHREECDAGhwR/AAABMB0GA1UdDgQWBBT4aHfSI9VtYpivAmtvvYe2XsXzyzAfBgNVHSMEGDAWgBQVRwwb6MJ3c6VriIWt3AlVdYGw+TAKBggqhkjOPQQDAgNIADBFAiBEcfgI1fD0/QFHBLrs5C4d6oNkoeULUUAa6ZuI2QUbCgIhAPJDXFFpA/k8E14GDnau5aioNoCXC0WiKbMsBHT5kr6d";
const PRIVATE_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgixXu1pxxKagSvXQ6N3rHzSy7sk4bwiiQTRM1/ZPuzbyhRANCAATRicXP8Fz6HJ4JQd8qVkM5UGktrhXskrw7ehjSK4IokolaUorYKOlNMBPqwCd9aYkFuT87UEPb3Zko8jzqZXxm";

fn der(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}

/// Echoes texts behind TLS, for one client.
fn echo() -> SocketAddr {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der(PRIVATE_KEY)));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(der(CERTIFICATE))], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (tcp, _) = listener.accept().unwrap();
        let session = ServerConnection::new(Arc::new(config)).unwrap();
        // Who does not trust us hangs up.
        let Ok(mut socket) = tungstenite::accept(StreamOwned::new(session, tcp)) else {
            return;
        };
        while let Ok(message) = socket.read() {
            if message.is_text() {
                _ = socket.send(message);
            }
        }
    });
    address
}

/// With the machine's root certificates replaced by these.
fn ws(address: SocketAddr, roots: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    fs::write(&file, roots).unwrap();
    let url = format!("wss://{address}/");
    let mut command = command(&[
        &url,
        "--no-id",
        "--raw",
        "-e",
        "hi",
        "-d",
        &"x".repeat(100_000),
        "--count",
        "1",
    ]);
    ran(&command
        .env("SSL_CERT_FILE", &file)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap())
}

#[test]
fn a_server_under_a_trusted_root_is_talked_to() {
    let root = format!("-----BEGIN CERTIFICATE-----\n{ROOT}\n-----END CERTIFICATE-----\n");
    let ran = ws(echo(), &root);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout
            .starts_with("{\"event\":\"hi\",\"payload\":\"xxx")
            && ran.stdout.len() > 100_000
    );
}

#[test]
fn a_server_that_nobody_vouches_for_is_not() {
    let stranger =
        format!("-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----\n");
    let ran = ws(echo(), &stranger);
    assert_eq!((ran.code, &*ran.stdout), (69, ""));
    assert!(
        ran.stderr.contains("error: cannot reach `wss://") && ran.stderr.contains("certificate"),
        "{}",
        ran.stderr
    );
}
