//! Keys come, go, and are asked for no more often than they must be.

use super::*;

#[tokio::test]
async fn a_new_key_is_fetched_at_once_and_a_withdrawn_one_is_gone() {
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(issuer.keys(still()));
    let claims = verifier
        .verify(&token("a", 1))
        .await
        .expect("the first answer is waited for");
    assert_eq!(claims.user().as_deref(), Some("ann"));
    assert_eq!(
        why(&verifier, &token("a", 2)).await,
        Some(Refused::Signature)
    );
    assert_eq!(issuer.requests(), 1, "a known name is not asked for");

    issuer.publishes(&[public("a", 1), public("b", 2)]);
    assert_eq!(why(&verifier, &token("b", 2)).await, None);
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
    assert_eq!(issuer.requests(), 2);
    let requests = lock(&issuer.state).requests.clone();
    assert_eq!(requests, ["GET /keys?tenant=hunter2 HTTP/1.1"; 2]);
}

#[tokio::test]
async fn keys_are_refreshed_without_being_asked_for() {
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(issuer.keys(quick()));
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
    issuer.publishes(&[public("b", 2)]);
    until(async || why(&verifier, &token("a", 1)).await == Some(Refused::Key)).await;
    assert_eq!(why(&verifier, &token("b", 2)).await, None);
}

#[tokio::test]
async fn an_answer_says_how_long_it_counts() {
    let pace = || Pace {
        shortest: Duration::from_millis(10),
        ..still()
    };
    let issuer = Issuer::start(Says::Keys(
        vec![public("a", 1)],
        "Cache-Control: max-age=0\r\n",
    ))
    .await;
    let keys = issuer.keys(pace());
    until(async || issuer.requests() > 3).await;
    drop(keys);
    let silent = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(silent.keys(pace()));
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(silent.requests(), 1);
}

/// Whoever makes up names of keys must not make us ask each time.
#[tokio::test]
async fn a_flood_of_unknown_names_costs_one_request() {
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(issuer.keys(still()));
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
    for number in 0..200 {
        let made_up = token(&format!("made-up-{number}"), 9);
        assert_eq!(why(&verifier, &made_up).await, Some(Refused::Key));
    }
    for name in [
        "",
        "../../../../etc/passwd",
        "http://127.0.0.1:1/keys",
        "a\0",
        "A",
    ] {
        assert_eq!(
            why(&verifier, &token(name, 1)).await,
            Some(Refused::Key),
            "{name:?}"
        );
    }
    assert_eq!(issuer.requests(), 2);
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
}

#[tokio::test]
async fn after_a_while_an_unknown_name_is_asked_for_again() {
    let between_unknown = Duration::from_millis(100);
    let pace = Pace {
        between_unknown,
        ..still()
    };
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(issuer.keys(pace));
    assert_eq!(why(&verifier, &token("b", 2)).await, Some(Refused::Key));
    assert_eq!(
        issuer.requests(),
        1,
        "the first answer counts for those who wait for it"
    );
    assert_eq!(why(&verifier, &token("b", 2)).await, Some(Refused::Key));
    assert_eq!(issuer.requests(), 2);
    // That this one comes too soon shows the flood above, which has all of an hour.
    issuer.publishes(&[public("b", 2)]);
    until(async || why(&verifier, &token("b", 2)).await.is_none()).await;
    assert_eq!(issuer.requests(), 3);
}

/// After a rotation everybody comes back with the new key at the same moment.
#[tokio::test]
async fn all_who_come_while_it_is_asked_wait_for_the_one_answer() {
    let late = |keys: &[Value]| {
        let says = Says::Keys(keys.to_vec(), "");
        Says::Late(Duration::from_millis(50), Box::new(says))
    };
    let issuer = Issuer::start(late(&[public("a", 1)])).await;
    let verifier = Arc::new(verifier(issuer.keys(still())));
    let rush = async |id: &'static str, number| {
        let clients: Vec<_> = (0..50)
            .map(|_| {
                let verifier = Arc::clone(&verifier);
                tokio::spawn(async move { why(&verifier, &token(id, number)).await })
            })
            .collect();
        for client in clients {
            assert_eq!(client.await.expect("no panic"), None);
        }
    };
    rush("a", 1).await;
    assert_eq!(issuer.requests(), 1);
    issuer.says(late(&[public("b", 2)]));
    rush("b", 2).await;
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn nobody_asks_once_the_app_is_gone() {
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let verifier = verifier(issuer.keys(quick()));
    until(async || issuer.requests() > 2).await;
    drop(verifier);
    // What was asked at that moment may still arrive.
    until(async || {
        let asked = issuer.requests();
        tokio::time::sleep(Duration::from_millis(50)).await;
        issuer.requests() == asked
    })
    .await;
}

/// The settings alone, as an app starts with them.
#[tokio::test]
async fn an_app_starts_with_an_address() {
    let issuer = Issuer::with(&[public("a", 1)]).await;
    let mut config = Config::default();
    config.jwt_algorithm = Algorithm::EdDSA;
    config.jwt_jwks_url = Some(issuer.url());
    let verifier = Verifier::new(&config)
        .expect("the settings agree")
        .expect("a verifier");
    assert_eq!(why(&verifier, &token("a", 1)).await, None);
    assert_eq!(
        why(&verifier, &token("a", 2)).await,
        Some(Refused::Signature)
    );
}
