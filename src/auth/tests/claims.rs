//! When a token counts, for whom, and from whom.

use super::*;

async fn why_with(change: impl FnOnce(&mut Config), claims: &Value) -> Option<Refused> {
    why(&verifier(change), &signed(claims)).await
}

#[tokio::test]
async fn a_token_has_an_end() {
    let none = |_: &mut Config| {};
    assert_eq!(
        why_with(none, &json!({"sub": "ann"})).await,
        Some(Refused::Claim("exp"))
    );
    assert_eq!(
        why_with(none, &json!({})).await,
        Some(Refused::Claim("exp"))
    );
    // CVE-2026-25537: an `exp` of a wrong type counted as none.
    for exp in [
        json!((now() + 60).to_string()),
        json!("tomorrow"),
        json!(null),
        json!(true),
        json!(-1),
        json!(-1.5),
    ] {
        let refused = why_with(none, &json!({ "exp": exp })).await;
        assert_eq!(refused, Some(Refused::Claim("exp")), "{exp}");
    }
    for exp in [json!([now() + 60]), json!({"at": now() + 60})] {
        let refused = why_with(none, &json!({ "exp": exp })).await;
        assert_eq!(refused, Some(Refused::Malformed), "{exp}");
    }
    for exp in [0, 1, now() - 60, now() - 7] {
        assert_eq!(
            why_with(none, &json!({ "exp": exp })).await,
            Some(Refused::Expired)
        );
    }
    assert_eq!(
        why_with(none, &json!({"exp": 1e9})).await,
        Some(Refused::Expired)
    );
    for exp in [json!(u64::MAX), json!(1e18), json!(now() as f64 + 60.5)] {
        assert_eq!(why_with(none, &json!({ "exp": exp })).await, None, "{exp}");
    }
}

#[tokio::test]
async fn a_token_may_have_a_beginning() {
    let none = |_: &mut Config| {};
    let begins = |nbf: Value| json!({"exp": now() + 60, "nbf": nbf});
    for nbf in [json!(0), json!(now()), json!(now() as f64 - 0.5)] {
        assert_eq!(why_with(none, &begins(nbf.clone())).await, None, "{nbf}");
    }
    for nbf in [json!(now() + 30), json!(u64::MAX), json!(1e18)] {
        assert_eq!(
            why_with(none, &begins(nbf.clone())).await,
            Some(Refused::Early),
            "{nbf}"
        );
    }
    for nbf in [json!("0"), json!(null), json!(false), json!(-1)] {
        let refused = why_with(none, &begins(nbf.clone())).await;
        assert_eq!(refused, Some(Refused::Claim("nbf")), "{nbf}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_5_seconds() {
    let none = |_: &mut Config| {};
    // Two seconds of room on each side, for a slow machine.
    assert_eq!(why_with(none, &json!({"exp": now() - 3})).await, None);
    assert_eq!(
        why_with(none, &json!({"exp": now() - 7})).await,
        Some(Refused::Expired)
    );
    let from = |nbf| json!({"exp": now() + 60, "nbf": nbf});
    assert_eq!(why_with(none, &from(now() + 4)).await, None);
    assert_eq!(why_with(none, &from(now() + 8)).await, Some(Refused::Early));
}

#[tokio::test]
async fn the_issuer_is_asked_for_when_one_is_set() {
    let ours = |config: &mut Config| config.jwt_issuer = Some("https://login.example".to_owned());
    let by = |iss: Value| json!({"exp": now() + 60, "iss": iss});
    assert_eq!(
        why_with(ours, &by(json!("https://login.example"))).await,
        None
    );
    for iss in [
        "https://login.example/",
        "https://LOGIN.example",
        "https://evil.example",
        "",
    ] {
        assert_eq!(
            why_with(ours, &by(json!(iss))).await,
            Some(Refused::Issuer),
            "{iss}"
        );
    }
    for iss in [
        json!(["https://login.example"]),
        json!(null),
        json!(7),
        json!({}),
    ] {
        let refused = why_with(ours, &by(iss.clone())).await;
        assert_eq!(refused, Some(Refused::Claim("iss")), "{iss}");
    }
    assert_eq!(why_with(ours, &good()).await, Some(Refused::Claim("iss")));
    assert_eq!(why_with(|_| {}, &by(json!("anybody"))).await, None);
}

#[tokio::test]
async fn the_audience_is_asked_for_when_one_is_set() {
    let ours = |config: &mut Config| config.jwt_audience = Some("my-app".to_owned());
    let for_whom = |aud: Value| json!({"exp": now() + 60, "aud": aud});
    for aud in [
        json!("my-app"),
        json!(["my-app"]),
        json!(["other", "my-app"]),
    ] {
        assert_eq!(why_with(ours, &for_whom(aud.clone())).await, None, "{aud}");
    }
    for aud in [
        json!("other"),
        json!("my-app2"),
        json!(["other"]),
        json!([]),
        json!(""),
    ] {
        let refused = why_with(ours, &for_whom(aud.clone())).await;
        assert_eq!(refused, Some(Refused::Audience), "{aud}");
    }
    for aud in [
        json!(null),
        json!(7),
        json!({"my-app": true}),
        json!([["my-app"]]),
        json!(["my-app", 7]),
    ] {
        let refused = why_with(ours, &for_whom(aud.clone())).await;
        assert_eq!(refused, Some(Refused::Claim("aud")), "{aud}");
    }
    assert_eq!(why_with(ours, &good()).await, Some(Refused::Claim("aud")));
    assert_eq!(why_with(|_| {}, &for_whom(json!("anybody"))).await, None);
}

#[tokio::test]
async fn claims_are_an_object() {
    let list = json!([now() + 60, 0, "ann", "iss", "aud"]);
    assert_eq!(why_with(|_| {}, &list).await, Some(Refused::Malformed));
    for claims in [json!(null), json!("exp"), json!(now() + 60)] {
        assert!(why_with(|_| {}, &claims).await.is_some(), "{claims}");
    }
    crypto::install();
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let twice = format!(r#"{{"exp":1,"exp":{}}}"#, now() + 60);
    let message = format!(
        "{}.{}",
        part(&json!({"alg": "HS256"})),
        BASE64.encode(twice)
    );
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256);
    let token = format!("{message}.{}", signature.unwrap());
    assert_eq!(
        why(&verifier(|_| {}), &token).await,
        Some(Refused::Malformed)
    );
}
