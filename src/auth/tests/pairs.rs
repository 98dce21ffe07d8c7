//! RSA and ECDSA, with the feature `asymmetric`.

use super::fixtures::*;
use super::*;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::crypto::{CryptoProvider, aws_lc};
use jsonwebtoken::{DecodingKey, Header};
use proptest::prelude::*;

const RSA: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// Each algorithm of a pair, its public key in PEM, and who signs with the private one.
fn pairs() -> Vec<(Algorithm, &'static str, EncodingKey)> {
    let der = |base64| BASE64_STANDARD.decode(base64).expect("base64");
    let rsa = RSA.map(|algorithm| {
        let key = EncodingKey::from_rsa_der(&der(RSA_PRIVATE));
        (algorithm, RSA_PEM, key)
    });
    let ec = |private| EncodingKey::from_ec_der(&der(private));
    let mut pairs = vec![
        (Algorithm::ES256, P256_PEM, ec(P256_PRIVATE)),
        (Algorithm::ES384, P384_PEM, ec(P384_PRIVATE)),
    ];
    pairs.extend(rsa);
    pairs
}

fn with_key(algorithm: Algorithm, pem: &str) -> Verifier {
    let file = file(pem);
    verifier(|config| {
        config.jwt_algorithm = algorithm;
        config.jwt_public_key_file = Some(file.path().to_owned());
    })
}

fn refused_key(algorithm: Algorithm, pem: &str) -> String {
    let file = file(pem);
    let refusal = refusal(|config| {
        config.jwt_algorithm = algorithm;
        config.jwt_public_key_file = Some(file.path().to_owned());
    });
    let (_, why) = refusal.split_once("` holds ").expect(&refusal);
    why.to_owned()
}

fn key(algorithm: Algorithm, pem: &str) -> DecodingKey {
    let key = pem::public_key(pem).expect("a public key");
    key.for_algorithm(algorithm).expect("one of its kind")
}

#[tokio::test]
async fn each_algorithm_takes_its_own_tokens_and_no_others() {
    crypto::install();
    let pairs = pairs();
    let signed = |algorithm, key| {
        let header = Header::new(crypto::jose(algorithm));
        jsonwebtoken::encode(&header, &good(), key).expect("a signature")
    };
    for (algorithm, pem, private) in &pairs {
        let verifier = with_key(*algorithm, pem);
        let token = signed(*algorithm, private);
        let claims = verifier.verify(&token).await.expect("a good one");
        assert_eq!(claims.user().as_deref(), Some("ann"));
        // A signature over other claims, and a cut one.
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let claims = part(&json!({"sub": "eve", "exp": now() + 60}));
        let forged = format!("{header}.{claims}.{signature}");
        assert_eq!(why(&verifier, &forged).await, Some(Refused::Signature));
        let mut bytes = BASE64.decode(signature).unwrap();
        bytes.pop();
        let cut = format!("{message}.{}", BASE64.encode(bytes));
        assert_eq!(why(&verifier, &cut).await, Some(Refused::Signature));
        assert_eq!(
            why(&verifier, &format!("{message}.")).await,
            Some(Refused::Signature)
        );
        for (other, _, private) in pairs.iter().filter(|(other, ..)| other != algorithm) {
            let token = signed(*other, private);
            assert_eq!(
                why(&verifier, &token).await,
                Some(Refused::Algorithm),
                "{other}"
            );
            // The same, signed in the other way under the name of ours.
            let message = format!(
                "{}.{}",
                part(&json!({"alg": algorithm.name()})),
                part(&good())
            );
            let other = crypto::jose(*other);
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), private, other).unwrap();
            let lying = format!("{message}.{signature}");
            assert_eq!(
                why(&verifier, &lying).await,
                Some(Refused::Signature),
                "{other:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_public_key_of_a_pair_is_no_secret() {
    for (algorithm, pem, _) in pairs() {
        let verifier = with_key(algorithm, pem);
        let swapped = hmac_with(pem.as_bytes(), &json!({"alg": "HS256"}), &good());
        assert_eq!(why(&verifier, &swapped).await, Some(Refused::Algorithm));
        let lying = hmac_with(pem.as_bytes(), &json!({"alg": algorithm.name()}), &good());
        assert_eq!(why(&verifier, &lying).await, Some(Refused::Signature));
        let mut config = config(|config| config.jwt_secret = Some(Secret::new(pem)));
        let refusal = config.settle().unwrap_err().to_string();
        assert!(
            refusal.starts_with("JWT_SECRET: this is a key of a pair"),
            "{refusal}"
        );
    }
}

#[test]
fn a_key_fits_its_algorithm_and_is_long_enough() {
    assert_eq!(
        refused_key(Algorithm::RS256, P256_PEM),
        "a P-256 key, and RS256 takes an RSA key"
    );
    assert_eq!(
        refused_key(Algorithm::ES256, P384_PEM),
        "a P-384 key, and ES256 takes a P-256 key"
    );
    assert_eq!(
        refused_key(Algorithm::ES384, RSA_PEM),
        "an RSA key, and ES384 takes a P-384 key"
    );
    assert_eq!(
        refused_key(Algorithm::PS256, ED25519_PEM),
        "an Ed25519 key, and PS256 takes an RSA key"
    );
    for algorithm in RSA {
        assert_eq!(
            refused_key(algorithm, RSA_1024_PEM),
            "an RSA key of 1024 bits; safe ones have 2048 to 8192"
        );
    }
    assert_eq!(pem::public_key(RSA_PKCS1_PEM), pem::public_key(RSA_PEM));
    for exponent in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        let weak = public_key::PublicKey::rsa(&[0xff; 256], exponent);
        let why = weak.for_algorithm(Algorithm::RS256).unwrap_err();
        assert_eq!(
            why, "an RSA key with an exponent that is not in use",
            "{exponent:?}"
        );
    }
    let huge = public_key::PublicKey::rsa(&[0xff; 1025], &[1, 0, 1]);
    assert!(
        huge.for_algorithm(Algorithm::RS256)
            .unwrap_err()
            .contains("8200 bits")
    );
}

#[test]
fn what_openssl_has_signed_verifies() {
    for (name, signature) in SIGNATURES {
        let (algorithm, pem, _) = pairs()
            .into_iter()
            .find(|(algorithm, ..)| algorithm.name() == name)
            .expect("we know it");
        let verifies = |message: &[u8]| {
            let (key, algorithm) = (key(algorithm, pem), crypto::jose(algorithm));
            jsonwebtoken::crypto::verify(signature, message, &key, algorithm).expect("a key")
        };
        assert!(verifies(SIGNED), "{name}");
        assert!(!verifies(b"what openssl has not signed"), "{name}");
    }
}

/// RFC 7515, A.2.
#[test]
fn rs256_of_rfc_7515_a_2() {
    let modulus = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let message = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let modulus = BASE64.decode(modulus).unwrap();
    let key = public_key::PublicKey::rsa(&modulus, &[1, 0, 1]);
    let key = key.for_algorithm(Algorithm::RS256).unwrap();
    let jose = jsonwebtoken::Algorithm::RS256;
    assert!(jsonwebtoken::crypto::verify(signature, message, &key, jose).unwrap());
}

/// RFC 7515, A.3.
#[test]
fn es256_of_rfc_7515_a_3() {
    let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let point = [
        vec![4],
        BASE64.decode(x).unwrap(),
        BASE64.decode(y).unwrap(),
    ]
    .concat();
    let key = public_key::PublicKey::ec(public_key::Curve::P256, &point).unwrap();
    let key = key.for_algorithm(Algorithm::ES256).unwrap();
    let jose = jsonwebtoken::Algorithm::ES256;
    assert!(jsonwebtoken::crypto::verify(signature, message, &key, jose).unwrap());
}

/// An app that signs with its own private key by jsonwebtoken finds our provider installed.
#[test]
fn an_app_may_sign_with_its_own_pair() {
    crypto::install();
    for (algorithm, _, private) in pairs() {
        let header = Header::new(crypto::jose(algorithm));
        assert!(
            jsonwebtoken::encode(&header, &good(), &private).is_ok(),
            "{algorithm}"
        );
    }
}

proptest! {
    /// Two implementations of Ed25519 that nobody wrote together.
    #[test]
    fn ed25519_says_what_aws_lc_says(
        seed: [u8; 32],
        message: Vec<u8>,
        flipped in 0..64_usize,
        bit in 0..9_u32,
    ) {
        let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new(seed));
        let mut signature = pair.sk.sign(&message, None).to_vec();
        // The ninth bit flips nothing.
        signature[flipped] ^= (1_u32 << bit) as u8;
        let key = DecodingKey::from_ed_der(&*pair.pk);
        let verdict = |provider: &CryptoProvider| {
            let verifier = (provider.verifier_factory)(&jsonwebtoken::Algorithm::EdDSA, &key);
            verifier.unwrap().verify(&message, &signature).is_ok()
        };
        prop_assert_eq!(verdict(&crypto::PROVIDER), bit == 8);
        prop_assert_eq!(verdict(&aws_lc::DEFAULT_PROVIDER), bit == 8);
    }
}
