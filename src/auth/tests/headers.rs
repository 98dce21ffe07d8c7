//! What a token says of itself counts for nothing.

use super::*;

#[tokio::test]
async fn a_signed_token_reads_back() {
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let verifier = verifier(|config| config.jwt_algorithm = algorithm);
        let token = sign_with(algorithm, &good(), SECRET).unwrap();
        let claims = verifier.verify(&token).await.unwrap();
        assert_eq!(claims.read::<Value>().unwrap()["sub"], "ann");
        assert_eq!(claims.user().as_deref(), Some("ann"));
    }
    assert_eq!(
        why(&verifier(|_| {}), &sign(&good(), SECRET).unwrap()).await,
        None
    );
}

#[tokio::test]
async fn only_the_algorithm_of_the_settings_counts() {
    let verifier = verifier(|_| {});
    for name in [
        "none", "None", "NONE", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA", "ES512", "",
    ] {
        let header = json!({"alg": name, "typ": "JWT"});
        let signed = hmac(&header, &good());
        assert_eq!(
            why(&verifier, &signed).await,
            Some(Refused::Algorithm),
            "{name}"
        );
        let unsigned = token(&header, &good(), |_| String::new());
        assert_eq!(
            why(&verifier, &unsigned).await,
            Some(Refused::Algorithm),
            "{name}"
        );
    }
    for header in [
        json!({"typ": "JWT"}),
        json!({"alg": 256}),
        json!({"alg": ["HS256"]}),
    ] {
        assert_eq!(
            why(&verifier, &hmac(&header, &good())).await,
            Some(Refused::Algorithm)
        );
    }
    // The other hashes of the same secret, properly signed.
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = sign_with(algorithm, &good(), SECRET).unwrap();
        assert_eq!(why(&verifier, &token).await, Some(Refused::Algorithm));
    }
}

/// CVE-2015-9235 and its many children: the public key, which everybody has, as the
/// secret of an HMAC.
#[tokio::test]
async fn a_public_key_is_nobodys_secret() {
    let file = file(ED25519_PEM);
    let verifier = verifier(|config| {
        config.jwt_algorithm = Algorithm::EdDSA;
        config.jwt_public_key_file = Some(file.path().to_owned());
    });
    let bare = BASE64
        .decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        .unwrap();
    for secret in [ED25519_PEM.as_bytes(), ED25519_PEM.trim().as_bytes(), &bare] {
        let swapped = hmac_with(secret, &json!({"alg": "HS256"}), &good());
        assert_eq!(why(&verifier, &swapped).await, Some(Refused::Algorithm));
        let lying = hmac_with(secret, &json!({"alg": "EdDSA"}), &good());
        assert_eq!(why(&verifier, &lying).await, Some(Refused::Signature));
    }
    let honest = ed25519(&json!({"alg": "EdDSA"}), &good());
    assert_eq!(why(&verifier, &honest).await, None);
}

#[tokio::test]
async fn a_signature_is_of_this_key_over_these_words() {
    let verifier = verifier(|_| {});
    let good = signed(&good());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let header = json!({"alg": "HS256"});
    let other = hmac_with(
        b"another secret of 32 bytes or more",
        &header,
        &json!({"exp": now() + 60}),
    );
    let (_, other_signature) = other.rsplit_once('.').unwrap();
    for (what, token) in [
        ("another secret's", other.clone()),
        ("another token's", format!("{message}.{other_signature}")),
        ("none", format!("{message}.")),
        ("half", format!("{message}.{}", &signature[..20])),
        ("longer", format!("{message}.{signature}AAAA")),
    ] {
        assert_eq!(
            why(&verifier, &token).await,
            Some(Refused::Signature),
            "{what}"
        );
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let verifier = verifier(|_| {});
    let good = signed(&good());
    let (header, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        header.to_owned(),
        format!("{header}.{claims}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{good} "),
        format!("{}.{claims}.{signature}", part(&json!("HS256"))),
        format!(
            "{}.{claims}.{signature}",
            BASE64.encode(r#"{"alg":"HS256""#)
        ),
        format!("{}.{claims}.{signature}", BASE64.encode([0xff, 0xfe])),
        "\u{1f600}.\u{1f600}.\u{1f600}".to_owned(),
    ] {
        assert_eq!(
            why(&verifier, &token).await,
            Some(Refused::Malformed),
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_token_has_at_most_8_kib() {
    let verifier = verifier(|_| {});
    let pad = |bytes: usize| signed(&json!({"exp": now() + 60, "pad": "x".repeat(bytes)}));
    assert_eq!(why(&verifier, &pad(6000)).await, None);
    assert_eq!(why(&verifier, &pad(8 << 10)).await, Some(Refused::TooLong));
    let nonsense = "a".repeat((8 << 10) + 1);
    assert_eq!(why(&verifier, &nonsense).await, Some(Refused::TooLong));
}

#[tokio::test]
async fn no_header_is_understood_that_must_be() {
    let verifier = verifier(|_| {});
    for crit in [
        json!(["exp"]),
        json!(["b64"]),
        json!([]),
        json!(null),
        json!("exp"),
    ] {
        let header = json!({"alg": "HS256", "crit": crit, "exp": 1, "b64": false});
        assert_eq!(
            why(&verifier, &hmac(&header, &good())).await,
            Some(Refused::Critical),
            "{crit}"
        );
    }
}

/// The signer may add keys and addresses of keys; whoever else does gains nothing.
#[tokio::test]
async fn keys_in_a_header_are_not_looked_at() {
    let verifier = verifier(|_| {});
    let stranger = b"a stranger's secret of 32 bytes or more";
    for (name, value) in [
        ("jku", json!("http://127.0.0.1:9/keys")),
        ("x5u", json!("http://127.0.0.1:9/certificate")),
        ("jwk", json!({"kty": "oct", "k": BASE64.encode(stranger)})),
        ("x5c", json!(["MIIB"])),
        ("kid", json!("any")),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!("")),
    ] {
        let mut header = json!({"alg": "HS256"});
        header[name] = value;
        assert_eq!(
            why(&verifier, &hmac(&header, &good())).await,
            None,
            "{name}"
        );
        let forged = hmac_with(stranger, &header, &good());
        assert_eq!(
            why(&verifier, &forged).await,
            Some(Refused::Signature),
            "{name}"
        );
        // `/dev/null` as the key file would make the empty text the secret.
        let forged = hmac_with(b"", &header, &good());
        assert_eq!(
            why(&verifier, &forged).await,
            Some(Refused::Signature),
            "{name}"
        );
    }
    let header = json!({"alg": "HS256", "kid": 7});
    assert_eq!(
        why(&verifier, &hmac(&header, &good())).await,
        Some(Refused::Malformed)
    );
}

#[tokio::test]
async fn a_refusal_says_nothing_of_the_token() {
    let verifier = verifier(|_| {});
    let header = json!({"alg": "hunter2", "kid": "hunter2"});
    for token in [
        hmac(&header, &json!({"sub": "hunter2"})),
        signed(&json!({"exp": "hunter2", "sub": "hunter2"})),
        "hunter2.hunter2.hunter2".to_owned(),
    ] {
        let error = verifier.verify(&token).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    assert!(!format!("{verifier:?}").contains("0123456789abcdef"));
}
