//! A token by each of the ways that the library looks at.

use crate::common::{orcs, ran};
use crate::server::{SECRET, Server, command, ws};
use std::path::Path;

fn token() -> String {
    let mut sign = orcs(Path::new("/"));
    sign.args(["token", "--sub", "ann"])
        .env("JWT_SECRET", SECRET);
    ran(&sign.output().unwrap()).stdout.trim().to_owned()
}

#[test]
fn a_token_travels_by_each_way() {
    let server = Server::start();
    let (url, token) = (server.url("/ws/private"), token());
    for way in ["header", "query", "subprotocol"] {
        let ran = ws(&[&url, "--token", &token, "--token-by", way, "-e", "whoami"]);
        assert_eq!(ran.code, 0, "{way}: {}", ran.stderr);
        assert!(
            ran.stdout.contains("(whoami) \"ann\""),
            "{way}: {}",
            ran.stdout
        );
        assert!(
            !ran.stdout.contains(&token) && !ran.stderr.contains(&token),
            "{way}"
        );
    }
    // Known by a cookie alone: he needs an origin, and then a CSRF token.
    let origin = format!("http://{}", server.address);
    let by_cookie = [
        "--token",
        &token,
        "--token-by",
        "cookie=session",
        "-e",
        "whoami",
    ];
    let ran = ws(&[&[&*url, "--origin", &origin], &by_cookie[..]].concat());
    assert!(
        ran.stderr.contains("closed 4002 no valid CSRF token")
            && ran.stderr.contains("--token-by header"),
        "{}",
        ran.stderr
    );
    let ran = ws(&[
        &url,
        "--token",
        &token,
        "--token-by",
        "cookie=other",
        "-e",
        "whoami",
    ]);
    assert!(
        ran.stderr.contains("closed 4401"),
        "that cookie is not looked at: {}",
        ran.stderr
    );
    let ran = ws(&[&url, "--token", &token, "--token-by", "cookie"]);
    assert_eq!(ran.code, 2, "which cookie? {}", ran.stderr);
    let ran = ws(&[&url, "--token", &token, "--token-by", "pigeon"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn a_token_may_come_from_the_environment_or_be_signed() {
    let server = Server::start();
    let url = server.url("/ws/private");
    let mut by_env = command(&[&url, "--token-from-env", "MY_TOKEN", "-e", "whoami"]);
    let ran = ran(&by_env.env("MY_TOKEN", token()).output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut signed = command(&[&url, "--sub", "bob", "-e", "whoami"]);
    let ran = crate::common::ran(&signed.env("JWT_SECRET", SECRET).output().unwrap());
    assert!(ran.stdout.contains("(whoami) \"bob\""), "{}", ran.stderr);
    let ran = ws(&[&url, "--sub", "bob", "-e", "whoami"]);
    assert_eq!(ran.code, 3, "no secret, and no app: {}", ran.stderr);
    let ran = ws(&[&url, "--sub", "bob", "--token", "x"]);
    assert_eq!(ran.code, 2, "one of them: {}", ran.stderr);
}
