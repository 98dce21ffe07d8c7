//! Which keys stop the start.

use super::*;
use std::path::Path;

fn with_file(algorithm: Algorithm, path: &Path) -> impl FnOnce(&mut Config) {
    move |config| {
        config.jwt_algorithm = algorithm;
        config.jwt_public_key_file = Some(path.to_owned());
    }
}

/// What is wrong with a file for EdDSA, without the file's name in front.
fn wrong(text: &str) -> String {
    let file = file(text);
    let refusal = refusal(with_file(Algorithm::EdDSA, file.path()));
    let name = format!("JWT_PUBLIC_KEY_FILE: `{}` ", file.path().display());
    let why = refusal.strip_prefix(&name);
    why.unwrap_or_else(|| panic!("{refusal}")).to_owned()
}

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[tokio::test]
async fn a_public_key_is_read_from_its_file() {
    let crlf = format!("\u{feff}a comment\r\n{}", ED25519_PEM.replace('\n', "\r\n"));
    for text in [ED25519_PEM, &crlf] {
        let file = file(text);
        let verifier = verifier(with_file(Algorithm::EdDSA, file.path()));
        let token = ed25519(&json!({"alg": "EdDSA", "kid": "any"}), &good());
        assert_eq!(why(&verifier, &token).await, None);
        assert_eq!(
            why(
                &verifier,
                &ed25519(&json!({"alg": "EdDSA"}), &json!({"sub": "ann"}))
            )
            .await,
            Some(Refused::Claim("exp"))
        );
        assert!(Verifier::new(&Config::default()).unwrap().is_none());
    }
}

#[test]
fn a_file_that_is_no_public_key_is_named_with_what_it_is() {
    assert_eq!(
        wrong(""),
        "is no PEM: no line says `-----BEGIN PUBLIC KEY-----`"
    );
    assert_eq!(
        wrong("ssh-ed25519 AAAAC3Nz"),
        "is no PEM: no line says `-----BEGIN PUBLIC KEY-----`"
    );
    assert_eq!(
        wrong("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA"),
        "is cut: a line `-----BEGIN ..` without its `-----END ..`"
    );
    assert_eq!(
        wrong(&pem("PUBLIC KEY", "M*=")),
        "holds a `PUBLIC KEY` that is no base64"
    );
    assert_eq!(wrong(&ED25519_PEM.repeat(2)), "holds 2 keys; keep one");
    assert_eq!(
        wrong(&pem("EC PARAMETERS", "BggqhkjOPQMBBw==")),
        "holds a `EC PARAMETERS`, not a `PUBLIC KEY`"
    );
    let certificate = wrong(&pem("CERTIFICATE", "MIIBLjCB4aADAgECAhQQ"));
    assert!(certificate.contains("openssl x509"), "{certificate}");
}

/// Its text must not come near a log.
#[test]
fn a_private_key_is_refused_unread() {
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
    ] {
        let alone = pem(label, "hunter2");
        for text in [alone.clone(), format!("{ED25519_PEM}{alone}")] {
            let why = wrong(&text);
            assert!(
                why.starts_with(&format!("holds a private key (`{label}`)")),
                "{why}"
            );
            assert!(why.contains("-pubout") && !why.contains("hunter2"), "{why}");
        }
    }
}

#[test]
fn a_key_of_another_kind_is_named() {
    for (body, expected) in [
        (
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkJN7C2YiD6ZaBRrF9Qwx55A/SLySDdbWtLs82t8HobiJ4E/JqA+eXl4Vq/mLGStETSAEAQ/7z9s/uE7rHJ809w==",
            "holds a P-256 key, and EdDSA takes an Ed25519 key",
        ),
        (
            "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCvaizmBz1fEUcjh0nzYKJZjd/EOFFMrrNo397T5SByETLCUSXVwGFkiJ6Tc9aeD0EuYjgaGEPefPmYU/rsgAaryfiBfEY5fwUUIl8FvQYi2rt/8/gyTTqhivAoUi9d4pUTEHUlwuMCDpI3EhwL9YZQ4Jv1TShavyPSz49bTGFtjQIDAQAB",
            "holds an RSA key, and EdDSA takes an Ed25519 key",
        ),
        // The point of order 1: any message has a signature that fits it.
        (
            "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "holds an Ed25519 key that fits no signature",
        ),
    ] {
        assert_eq!(wrong(&pem("PUBLIC KEY", body)), expected);
    }
    for (what, body) in [
        (
            "secp256k1",
            "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEdatG6xQMt6aP0IDGgl3F0La7Rt3MSwKSjjsAK3icmxYpAkLUgvX2KYhMa28BSfBysBBb6R7hHiwCcIRpUGIRFg==",
        ),
        (
            "Ed448",
            "MEMwBQYDK2VxAzoAx501TkU0gVkDeDPwcO+GUJB8JVz2eNRWFpo/e+g0TrNGGsiC4tLRb/DkLfNWAm6B/feMGjwj5jyA",
        ),
        (
            "a compressed point",
            "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADkJN7C2YiD6ZaBRrF9Qwx55A/SLySDdbWtLs82t8Hobg=",
        ),
        (
            "a byte behind",
            "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURoA",
        ),
        (
            "31 bytes",
            "MCkwBQYDK2VwAyAA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==",
        ),
    ] {
        let why = wrong(&pem("PUBLIC KEY", body));
        assert!(
            why.starts_with("holds a `PUBLIC KEY` that is no RSA"),
            "{what}: {why}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let refusal = refusal(with_file(Algorithm::EdDSA, Path::new("keys/none.pem")));
    assert!(
        refusal.starts_with("JWT_PUBLIC_KEY_FILE: `keys/none.pem` cannot be read: "),
        "{refusal}"
    );
}

#[test]
fn an_algorithm_with_a_secret_takes_no_public_key() {
    let file = file(ED25519_PEM);
    for algorithm in [Algorithm::HS256, Algorithm::HS512] {
        let by_file = refusal(with_file(algorithm, file.path()));
        let by_url = refusal(|config| {
            config.jwt_algorithm = algorithm;
            config.jwt_jwks_url = Some("https://login.example/keys".to_owned());
        });
        for (key, refusal) in [("JWT_PUBLIC_KEY_FILE", by_file), ("JWT_JWKS_URL", by_url)] {
            let begin =
                format!("{key} is set, but JWT_ALGORITHM is {algorithm}, which takes a secret");
            assert!(refusal.starts_with(&begin), "{refusal}");
        }
    }
}

#[test]
fn one_of_two_places_for_keys_is_kept() {
    let refusal = refusal(|config| {
        config.jwt_algorithm = Algorithm::EdDSA;
        config.jwt_public_key_file = Some("public.pem".into());
        config.jwt_jwks_url = Some("https://login.example/keys".to_owned());
    });
    assert_eq!(
        refusal,
        "JWT_PUBLIC_KEY_FILE and JWT_JWKS_URL are both set; keep one"
    );
}

#[cfg(not(feature = "jwks"))]
#[test]
fn an_issuer_that_this_build_cannot_ask_names_the_feature() {
    let refusal = refusal(|config| {
        config.jwt_algorithm = Algorithm::EdDSA;
        config.jwt_jwks_url = Some("https://login.example/keys".to_owned());
    });
    assert_eq!(
        refusal,
        "JWT_JWKS_URL is set, which needs the feature `jwks`: in Cargo.toml, add `features = [\"jwks\"]` to the dependency `orcs`"
    );
}

#[cfg(not(feature = "asymmetric"))]
#[test]
fn what_this_build_cannot_verify_names_the_feature() {
    let file = file(ED25519_PEM);
    for algorithm in [Algorithm::RS256, Algorithm::PS512, Algorithm::ES384] {
        let refusal = refusal(with_file(algorithm, file.path()));
        assert_eq!(
            refusal,
            format!(
                "JWT_ALGORITHM is {algorithm}, which needs the feature `asymmetric`: in Cargo.toml, add `features = [\"asymmetric\"]` to the dependency `orcs`"
            )
        );
    }
}

#[test]
fn without_a_key_there_is_nobody_to_ask() {
    let none = |change: fn(&mut Config)| Verifier::new(&config(change)).unwrap().is_none();
    assert!(none(|config| config.jwt_secret = None));
    assert!(none(|config| config.auth_enabled = false));
    // The secret that `orcs new` has written does not sign for a key pair.
    assert!(none(|config| config.jwt_algorithm = Algorithm::EdDSA));
}

#[test]
fn a_private_key_is_not_signed_with_here() {
    let error = sign_with(Algorithm::EdDSA, &good(), SECRET)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("`EdDSA` signs with a private key"),
        "{error}"
    );
}
