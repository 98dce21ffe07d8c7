//! Which of an issuer's keys count.

use super::*;
use crate::auth::tests::fixtures::*;

/// The names of the keys that are taken from a set.
fn taken(algorithm: Algorithm, keys: &[Value]) -> Vec<String> {
    crate::auth::crypto::install();
    let set = json!({ "keys": keys }).to_string();
    let keys = set::read(set.as_bytes(), algorithm).expect("a set");
    keys.into_iter()
        .map(|key| key.id.unwrap_or_default())
        .collect()
}

/// A published key with one member changed.
fn changed(id: &str, member: &str, value: Value) -> Value {
    let mut key = public(id, 1);
    key[member] = value;
    key
}

#[test]
fn what_is_for_something_else_is_left_out() {
    let mut bare = public("bare", 1);
    for member in ["use", "alg"] {
        bare.as_object_mut().unwrap().remove(member);
    }
    let keys = [
        changed("for encryption", "use", json!("enc")),
        changed("of another algorithm", "alg", json!("ES256")),
        changed("of none", "alg", json!("none")),
        changed("for signing only", "key_ops", json!(["sign"])),
        changed("of another curve", "crv", json!("X25519")),
        changed("of no curve", "crv", json!(null)),
        changed("of an unknown kind", "kty", json!("new")),
        changed("of the wrong kind", "kty", json!("RSA")),
        json!({"kty": "oct", "kid": "a secret", "k": BASE64.encode([7; 64]), "alg": "EdDSA"}),
        changed("cut", "x", json!(BASE64.encode([7; 31]))),
        changed("no base64", "x", json!("*")),
        changed(
            "of order 1",
            "x",
            json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ),
        changed("ignored", "kid", json!(7)),
        json!("nothing"),
        json!(null),
        json!([]),
        public("good", 1),
        changed("also for verifying", "key_ops", json!(["verify", "sign"])),
        bare,
    ];
    assert_eq!(
        taken(Algorithm::EdDSA, &keys),
        ["good", "also for verifying", "bare"]
    );
    assert_eq!(taken(Algorithm::RS256, &keys), [""; 0]);
}

#[test]
fn what_is_no_set_is_an_error() {
    for text in [
        "",
        "{",
        "null",
        "7",
        "{}",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#""keys""#,
    ] {
        assert!(
            set::read(text.as_bytes(), Algorithm::EdDSA).is_err(),
            "{text}"
        );
    }
    assert!(set::read(&[0xff; 8], Algorithm::EdDSA).is_err());
    assert!(set::read("[".repeat(100_000).as_bytes(), Algorithm::EdDSA).is_err());
    assert!(
        set::read(br#"{"keys":[]}"#, Algorithm::EdDSA)
            .unwrap()
            .is_empty()
    );
}

/// As an issuer publishes the keys whose PEM the other tests read.
fn rsa_and_ec() -> [Value; 4] {
    let rsa = |id: &str, pem| match crate::auth::pem::public_key(pem).unwrap() {
        crate::auth::public_key::PublicKey::Rsa { modulus, exponent } => {
            json!({"kty": "RSA", "kid": id, "n": BASE64.encode(modulus), "e": BASE64.encode(exponent)})
        }
        other => panic!("{other:?}"),
    };
    let ec = |id: &str, curve: &str, pem| match crate::auth::pem::public_key(pem).unwrap() {
        crate::auth::public_key::PublicKey::Ec { point, .. } => {
            let (x, y) = point[1..].split_at((point.len() - 1) / 2);
            json!({"kty": "EC", "kid": id, "crv": curve, "x": BASE64.encode(x), "y": BASE64.encode(y)})
        }
        other => panic!("{other:?}"),
    };
    [
        rsa("rsa", RSA_PEM),
        rsa("short", RSA_1024_PEM),
        ec("p256", "P-256", P256_PEM),
        ec("p384", "P-384", P384_PEM),
    ]
}

#[test]
fn each_algorithm_takes_its_own_kind() {
    let mut keys = rsa_and_ec().to_vec();
    keys.push(public("ed", 1));
    // The numbers of one curve under the name of the other.
    let mut lying = keys[2].clone();
    lying["crv"] = "P-384".into();
    keys.push(lying);
    // Some write a zero in front of the modulus.
    let mut padded = keys[0].clone();
    let n = BASE64.decode(padded["n"].as_str().unwrap()).unwrap();
    padded["n"] = BASE64.encode([vec![0], n].concat()).into();
    padded["kid"] = "padded".into();
    keys.push(padded);
    for (algorithm, expected) in [
        (Algorithm::RS256, &["rsa", "padded"][..]),
        (Algorithm::PS512, &["rsa", "padded"]),
        (Algorithm::ES256, &["p256"]),
        (Algorithm::ES384, &["p384"]),
        (Algorithm::EdDSA, &["ed"]),
    ] {
        assert_eq!(taken(algorithm, &keys), expected, "{algorithm}");
    }
}

/// What openssl has signed, verified by keys that came as an issuer's.
#[test]
fn published_keys_verify() {
    crate::auth::crypto::install();
    let set = json!({ "keys": rsa_and_ec() }).to_string();
    for (name, signature) in SIGNATURES {
        let algorithm = [
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
            Algorithm::ES256,
            Algorithm::ES384,
        ]
        .into_iter()
        .find(|algorithm| algorithm.name() == name)
        .expect("we know it");
        let keys = set::read(set.as_bytes(), algorithm).unwrap();
        let [Key { key, .. }] = keys.as_slice() else {
            panic!("{keys:?}")
        };
        let algorithm = crate::auth::crypto::jose(algorithm);
        assert_eq!(
            jsonwebtoken::crypto::verify(signature, SIGNED, key, algorithm),
            Ok(true)
        );
    }
}

#[tokio::test]
async fn a_token_without_a_name_is_tried_with_each_key() {
    let issuer = Issuer::with(&[public("a", 1), public("b", 2)]).await;
    let verifier = verifier(issuer.keys(still()));
    let nameless = json!({"alg": "EdDSA"});
    assert_eq!(why(&verifier, &signed(&nameless, 1)).await, None);
    assert_eq!(why(&verifier, &signed(&nameless, 2)).await, None);
    assert_eq!(
        why(&verifier, &signed(&nameless, 3)).await,
        Some(Refused::Signature)
    );
    assert_eq!(
        why(&verifier, &token("a", 2)).await,
        Some(Refused::Signature)
    );
    assert_eq!(
        issuer.requests(),
        1,
        "a wrong signature is nothing to ask for"
    );
}

#[tokio::test]
async fn a_key_without_a_name_serves_tokens_without_one() {
    let mut key = public("a", 1);
    key.as_object_mut().unwrap().remove("kid");
    let issuer = Issuer::with(&[key]).await;
    let verifier = verifier(issuer.keys(still()));
    assert_eq!(
        why(&verifier, &signed(&json!({"alg": "EdDSA"}), 1)).await,
        None
    );
    assert_eq!(why(&verifier, &token("a", 1)).await, Some(Refused::Key));
}

/// The address of a stranger's keys in a token leads nowhere.
#[tokio::test]
async fn a_token_does_not_say_where_its_key_is() {
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let stranger = Issuer::with(&[public("a", 9), public("b", 9)]).await;
    let verifier = verifier(issuer.keys(still()));
    for id in ["a", "b"] {
        let header = json!({
            "alg": "EdDSA",
            "kid": id,
            "jku": stranger.url(),
            "x5u": stranger.url(),
            "jwk": public(id, 9),
        });
        assert!(why(&verifier, &signed(&header, 9)).await.is_some());
    }
    assert_eq!(stranger.requests(), 0);
    let shown = format!("{verifier:?}");
    assert!(!shown.contains(&BASE64.encode(*pair(1).pk)), "{shown}");
}
