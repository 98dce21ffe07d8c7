//! The examples of the RFCs, byte for byte.

use super::*;
use jsonwebtoken::{Algorithm as Jose, DecodingKey};

fn verifies(algorithm: Jose, key: &DecodingKey, message: &[u8], signature: &str) -> bool {
    crypto::install();
    jsonwebtoken::crypto::verify(signature, message, key, algorithm).expect("a usable key")
}

#[test]
fn hs256_of_rfc_7515_a_1() {
    let secret = BASE64
        .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
        .unwrap();
    let key = DecodingKey::from_secret(&secret);
    let message = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert!(verifies(Jose::HS256, &key, message, signature));
}

/// The second test case of RFC 4231.
#[test]
fn hmac_of_rfc_4231_4_3() {
    let key = DecodingKey::from_secret(b"Jefe");
    for (algorithm, signature) in [
        (Jose::HS256, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"),
        (
            Jose::HS384,
            "r0XS43ZIQDFhf3jStYprG5x-9GT1oBtH5C7Dc2MiRF6OIkDKXmnix4syOez6shZJ",
        ),
        (
            Jose::HS512,
            "Fkt6e_z4GeLjlfvnO1bgo4e9ZCIugx_WECcM1-olBVSXWL91wFqZSm0DT2X48Ob9yuqxo01Ka0tjbgcKOLznNw",
        ),
    ] {
        let verified = verifies(algorithm, &key, b"what do ya want for nothing?", signature);
        assert!(verified, "{algorithm:?}");
    }
}

#[test]
fn eddsa_of_rfc_8037_a_4() {
    let key = pem::public_key(ED25519_PEM).unwrap();
    let key = key.for_algorithm(Algorithm::EdDSA).unwrap();
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert!(verifies(Jose::EdDSA, &key, message, signature));
    assert!(!verifies(Jose::EdDSA, &key, b"another message", signature));
}
