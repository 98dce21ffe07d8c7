//! Which origins come in, by tables and against a naive model.

use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn origins(list: &str) -> Origins {
    list.parse()
        .unwrap_or_else(|error| panic!("{list}: {error}"))
}

fn check(list: &str, origin: &str, host: &str) -> Result<(), Refused> {
    origins(list).check(&[origin.as_bytes()], Some(host), false)
}

#[test]
fn a_page_of_the_own_host_may_open_a_socket() {
    for (origin, host) in [
        ("https://example.com", "example.com"),
        ("https://example.com", "example.com:443"),
        ("https://example.com:443", "example.com"),
        ("http://example.com", "example.com"),
        ("http://example.com", "example.com:80"),
        ("ws://example.com:80", "example.com"),
        ("wss://example.com", "example.com:443"),
        ("http://Example.COM", "eXample.com"),
        ("http://localhost:42069", "localhost:42069"),
        ("http://127.0.0.1:42069", "127.0.0.1:42069"),
        ("http://[::1]:42069", "[::1]:42069"),
        ("http://[0:0:0:0:0:0:0:1]", "[::1]"),
        ("https://[2001:DB8::1]", "[2001:db8::1]:443"),
        ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("http://my_service:8080", "my_service:8080"),
    ] {
        assert_eq!(check("", origin, host), Ok(()), "{origin} on {host}");
    }
}

#[test]
fn a_page_of_another_host_or_port_may_not() {
    for (origin, host) in [
        ("https://example.com.evil.com", "example.com"),
        ("https://evil-example.com", "example.com"),
        ("https://evilexample.com", "example.com"),
        ("https://a.example.com", "example.com"),
        ("https://example.com", "a.example.com"),
        ("https://example.co", "example.com"),
        ("https://example.com:8443", "example.com"),
        ("https://example.com", "example.com:8443"),
        ("https://example.com", "example.com:80"),
        ("http://example.com", "example.com:443"),
        ("http://localhost:5173", "localhost:42069"),
        ("http://127.0.0.1", "localhost"),
        ("http://[::1]", "[::2]"),
        ("chrome-extension://example.com", "example.com"),
    ] {
        let refused = check("", origin, host).unwrap_err();
        assert!(
            matches!(refused, Refused::OtherHost(_)),
            "{origin}: {refused}"
        );
    }
    let nowhere = origins("").check(&[b"https://example.com"], None, false);
    assert!(nowhere.is_err());
    assert!(check("", "https://example.com", "example.com, evil.com").is_err());
}

#[test]
fn what_no_browser_sends_is_refused_by_every_list() {
    for origin in [
        "",
        " ",
        "example.com",
        "https:example.com",
        "https:/example.com",
        "//example.com",
        "://example.com",
        "https://",
        "https://:443",
        "https://example.com/",
        "https://example.com/path",
        "https://example.com?query",
        "https://example.com#fragment",
        "https://example.com\\@evil.com",
        "https://example.com@evil.com",
        "https://user:word@example.com",
        "https://example.com.",
        "https://.example.com",
        "https://example..com",
        "https://example.com:",
        "https://example.com:+443",
        "https://example.com:0443",
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com:443:443",
        "https://example.com https://evil.com",
        "https://example.com,https://evil.com",
        "https://example%2ecom",
        "https://bücher.example",
        "https://example。com",
        "https://exam\u{200d}ple.com",
        "https://*.example.com",
        "https://[::1",
        "https://[::1]x",
        "https://[fe80::1%25eth0]",
        "https://[example.com]",
        "1https://example.com",
        "ht tps://example.com",
        "NULL",
        "null ",
    ] {
        for list in ["", "*", "https://example.com", "https://*.example.com,null"] {
            let refused = check(list, origin, "example.com");
            assert_eq!(refused, Err(Refused::Malformed), "{origin} with `{list}`");
        }
    }
    let bytes = origins("*").check(&[b"https://ex\xffample.com"], Some("example.com"), false);
    assert_eq!(bytes, Err(Refused::Malformed));
}

#[test]
fn a_list_is_all_that_may_come_in() {
    let list = "https://example.com, http://localhost:5173,capacitor://localhost";
    for origin in [
        "https://example.com",
        "HTTPS://example.com:443",
        "http://localhost:5173",
        "capacitor://localhost",
    ] {
        assert_eq!(check(list, origin, "elsewhere.net"), Ok(()), "{origin}");
    }
    for origin in [
        "https://elsewhere.net",
        "http://example.com",
        "https://example.com:8443",
        "https://www.example.com",
        "https://example.com.evil.com",
        "http://localhost",
        "capacitor://example.com",
    ] {
        let refused = check(list, origin, "elsewhere.net").unwrap_err();
        assert!(
            matches!(refused, Refused::NotListed(_)),
            "{origin}: {refused}"
        );
    }
    let beside = format!("{list}, same-host");
    assert_eq!(
        check(&beside, "https://elsewhere.net", "elsewhere.net"),
        Ok(())
    );
    assert_eq!(
        check(&beside, "https://example.com", "elsewhere.net"),
        Ok(())
    );
    assert!(check(&beside, "https://evil.com", "elsewhere.net").is_err());
}

#[test]
fn a_star_is_one_whole_label() {
    let list = "https://*.example.com,https://*.*.example.net:8443,http://*.localhost:3000";
    for (origin, comes_in) in [
        ("https://a.example.com", true),
        ("https://xn--bcher-kva.example.com", true),
        ("https://example.com", false),
        ("https://a.b.example.com", false),
        ("http://a.example.com", false),
        ("https://a.example.com:8443", false),
        ("https://a.example.com.evil.com", false),
        ("https://a.evil-example.com", false),
        ("https://aexample.com", false),
        ("https://a.b.example.net:8443", true),
        ("https://a.example.net:8443", false),
        ("http://app.localhost:3000", true),
        ("http://localhost:3000", false),
    ] {
        assert_eq!(check(list, origin, "x").is_ok(), comes_in, "{origin}");
    }
}

#[test]
fn any_page_is_any_origin_but_null() {
    assert!(origins("*").is_any() && origins("https://a.de,*").is_any());
    assert!(!origins("").is_any() && !origins("https://*.a.de").is_any());
    assert_eq!(check("*", "https://evil.com", "example.com"), Ok(()));
    assert_eq!(check("*", "null", "example.com"), Err(Refused::Null));
}

#[test]
fn a_page_without_an_origin_must_be_listed_as_null() {
    for list in ["", "same-host", "*", "https://example.com"] {
        assert_eq!(check(list, "null", "null"), Err(Refused::Null), "{list}");
    }
    assert_eq!(check("https://example.com,null", "null", "null"), Ok(()));
}

#[test]
fn a_request_without_origin_is_no_page_but_a_cookie_alone_needs_one() {
    for list in ["", "*", "https://example.com"] {
        let origins = origins(list);
        assert_eq!(origins.check(&[], Some("example.com"), false), Ok(()));
        let by_cookie = origins.check(&[], Some("example.com"), true);
        assert_eq!(by_cookie, Err(Refused::Absent));
        let own: &[u8] = b"https://example.com";
        assert_eq!(origins.check(&[own], Some("example.com"), true), Ok(()));
        let twice = origins.check(&[own, own], Some("example.com"), false);
        assert_eq!(twice, Err(Refused::Several));
    }
}

#[test]
fn a_refusal_names_the_setting_and_at_most_64_bytes_of_the_origin() {
    let long = format!("https://{}.com", "x".repeat(500));
    for (list, origin) in [
        ("", long.as_str()),
        ("https://a.de", &long),
        ("", "null"),
        ("https://a.de", "https://b.de"),
    ] {
        let sentence = check(list, origin, "example.com").unwrap_err().to_string();
        assert!(sentence.contains("WS_ALLOWED_ORIGINS"), "{sentence}");
        assert!(!sentence.contains(&"x".repeat(64)), "{sentence}");
    }
    assert_eq!(
        check("", "http://B.de:80", "a.de").unwrap_err().to_string(),
        "pages of `http://b.de` may not open this socket, because it is on another host; \
         to let them in, name the origin in WS_ALLOWED_ORIGINS (or, if a proxy in front \
         changes Host, the proxy in WS_TRUSTED_PROXIES)"
    );
}

#[test]
fn a_list_that_cannot_be_meant_is_refused_with_an_example() {
    for (list, why) in [
        ("example.com", "is not an origin"),
        ("https://example.com,", "`` is not an origin"),
        ("https://example.com/", "has no"),
        ("https://example.com/", "(example: https://example.com)"),
        ("wss://example.com", "(example: https://example.com)"),
        ("ws://localhost:42069", "(example: http://localhost:42069)"),
        ("https://user@example.com", "is not an origin"),
        ("https://example.com.", "is not an origin"),
        ("https://bücher.de", "is not an origin"),
        ("https://*", "pages of strangers"),
        ("https://*.com", "pages of strangers"),
        ("https://*.*.com", "pages of strangers"),
        ("https://example.*", "pages of strangers"),
        ("https://*example.com", "not a whole label"),
        ("https://a*.example.com", "not a whole label"),
        ("https://**.example.com", "not a whole label"),
        ("*://example.com", "is not an origin"),
        ("*.example.com", "is not an origin"),
        ("http://localhost:*", "needs a port"),
        ("http://*.0.0.1", "in an address"),
        ("Same-Host", "is not an origin"),
    ] {
        let error = list.parse::<Origins>().unwrap_err().to_string();
        assert!(
            error.contains(why) && error.contains("example: "),
            "{error}"
        );
    }
}

#[test]
fn a_list_is_shown_as_it_is_read() {
    for (list, shown) in [
        ("", ""),
        (" ", ""),
        ("same-host", ""),
        ("*", "*"),
        (
            "HTTPS://Example.com:443 , same-host,null,http://*.A.de:8080",
            "https://example.com,same-host,null,http://*.a.de:8080",
        ),
    ] {
        assert_eq!(origins(list).to_string(), shown);
        assert_eq!(origins(shown), origins(list));
    }
}

/// A name of few labels, so that a random origin is often like a random entry.
fn name() -> impl Strategy<Value = String> {
    let label = select(vec!["a", "ba"]);
    prop::collection::vec(label, 1..5).prop_map(|labels| labels.join("."))
}

fn scheme() -> impl Strategy<Value = &'static str> {
    select(vec!["http", "https"])
}

fn port() -> impl Strategy<Value = &'static str> {
    select(vec!["", ":80", ":443"])
}

/// What a browser would write for the same origin.
fn shortest(scheme: &str, name: &str, port: &str) -> String {
    match (scheme, port) {
        ("http", ":80") | ("https", ":443") => format!("{scheme}://{name}"),
        _ => format!("{scheme}://{name}{port}"),
    }
}

proptest! {
    // As many as it takes for some hundred to be alike.
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn only_the_same_origin_or_one_with_other_whole_labels_comes_in(
        entry in (scheme(), name(), port()),
        page in (scheme(), name(), port()),
        stars in prop::collection::vec(any::<bool>(), 0..3),
    ) {
        let labels: Vec<_> = entry.1.split('.').collect();
        let can_be_wild = labels.len() > 2;
        // Stars in front of the last two labels.
        let is_star = |index: usize| {
            can_be_wild && index + 2 < labels.len() && stars.get(index).copied().unwrap_or(false)
        };
        let wild: Vec<_> = labels
            .iter()
            .enumerate()
            .map(|(index, label)| if is_star(index) { "*" } else { label })
            .collect();
        let list = format!("{}://{}{}", entry.0, wild.join("."), entry.2);
        let origin = format!("{}://{}{}", page.0, page.1, page.2);
        // The page's name with stars where the entry has them.
        let starred: Vec<_> = page
            .1
            .split('.')
            .enumerate()
            .map(|(index, label)| if is_star(index) { "*" } else { label })
            .collect();
        let is_meant = page.1.split('.').count() == labels.len()
            && shortest(page.0, &starred.join("."), page.2) == shortest(entry.0, &wild.join("."), entry.2);
        prop_assert_eq!(check(&list, &origin, "x").is_ok(), is_meant, "{} by {}", origin, list);
    }
}

proptest! {
    #[test]
    fn nothing_added_to_an_allowed_origin_comes_in(
        before in "[ -~]{0,6}", behind in "[ -~]{0,12}", wild: bool,
    ) {
        let (list, own) = match wild {
            true => ("https://*.example.com", "https://a.example.com"),
            false => ("https://example.com", "https://example.com"),
        };
        let origin = format!("{before}{own}{behind}");
        let is_own = before.is_empty() && matches!(behind.as_str(), "" | ":443");
        prop_assert_eq!(check(list, &origin, "x").is_ok(), is_own, "{}", origin);
        let on_own_host = check("", &origin, own.trim_start_matches("https://"));
        prop_assert_eq!(on_own_host.is_ok(), is_own, "{}", origin);
    }

    #[test]
    fn no_header_panics_and_what_is_read_is_shown_alike(value: Vec<u8>, host in ".{0,20}") {
        let _ = origins("*,same-host").check(&[&value], Some(&host), true);
        if let Some(origin) = str::from_utf8(&value).ok().and_then(Origin::read) {
            prop_assert_eq!(Origin::read(&origin.to_string()), Some(origin));
        }
    }

    #[test]
    fn an_origin_reads_back(scheme in "[a-zA-Z][a-z0-9+.-]{0,8}", name in name(), port in port()) {
        let origin = Origin::read(&format!("{scheme}://{name}{port}")).expect("an origin");
        prop_assert_eq!(Origin::read(&origin.to_string()), Some(origin));
    }
}
