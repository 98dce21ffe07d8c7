//! Answers that are slow, long or lead elsewhere.

use super::*;

async fn answer(says: Says, timeout: Duration) -> Result<String, String> {
    let issuer = Issuer::start(says).await;
    let pace = Pace { timeout, ..still() };
    let source = Source::new(&issuer.url(), &pace)?;
    let answer = source.get().await;
    // On a busy machine a time may be over before the question was put.
    let least = usize::from(answer.is_ok());
    assert!((least..=1).contains(&issuer.requests()), "it asks once");
    answer.map(|answer| String::from_utf8(answer.body.to_vec()).expect("UTF-8"))
}

#[tokio::test]
async fn an_answer_has_an_end_in_time() {
    let timeout = Duration::from_millis(100);
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
    for says in [Says::Nothing, Says::Late(LONG, Box::new(Says::Nothing))] {
        let late = answer(says, timeout).await.unwrap_err();
        assert_eq!(late, "it did not answer within 100ms");
    }
    let cut = answer(Says::Bytes(head.as_bytes().to_vec()), timeout).await;
    assert!(cut.is_err(), "{cut:?}");
}

#[tokio::test]
async fn an_answer_has_an_end_in_length() {
    let timeout = Duration::from_secs(10);
    let whole = "x".repeat(256 << 10);
    let got = answer(Says::Bytes(ok(&whole, "")), timeout).await;
    assert_eq!(got.map(|body| body.len()), Ok(whole.len()));
    let longer = "x".repeat((256 << 10) + 1);
    let chunks = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(100)
    );
    for says in [ok(&longer, ""), chunks.into_bytes()] {
        let long = answer(Says::Bytes(says), timeout).await.unwrap_err();
        assert_eq!(long, "its answer is longer than 262144 bytes");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Issuer::with(&[public("a", 1)]).await;
    let moved = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url()
    );
    let moved = answer(Says::Bytes(moved.into_bytes()), Duration::from_secs(10)).await;
    assert_eq!(
        moved.unwrap_err(),
        "it answered 302 Found; JWT_JWKS_URL must be the last address"
    );
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn who_waits_for_a_slow_issuer_is_refused_in_time() {
    let issuer = Issuer::start(Says::Nothing).await;
    let pace = Pace {
        timeout: Duration::from_millis(50),
        ..still()
    };
    let verifier = verifier(issuer.keys(pace));
    assert_eq!(why(&verifier, &token("a", 1)).await, Some(Refused::Key));
}
