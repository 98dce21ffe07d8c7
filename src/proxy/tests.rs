//! Who a client is, by tables and against clients who say that they are others.

use super::*;
use http::header::{HeaderName, HeaderValue};
use proptest::prelude::*;
use proptest::sample::select;

fn proxies(list: &str) -> Proxies {
    list.parse()
        .unwrap_or_else(|error| panic!("{list}: {error}"))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    headers
}

/// The address of a client whose request came from `10.0.0.1`.
fn address(list: &str, lines: &[(&'static str, &str)]) -> String {
    let headers = headers(lines);
    let arrival = proxies(list).arrival(ip("10.0.0.1"), &headers);
    arrival.address.to_string()
}

const XFF: &str = "x-forwarded-for";

#[test]
fn from_strangers_no_header_counts() {
    let headers = headers(&[
        (XFF, "1.2.3.4"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.com"),
        ("forwarded", "for=1.2.3.4;proto=https;host=evil.com"),
        ("host", "example.com:8080"),
    ]);
    for list in ["", "10.0.0.1", "loopback,private", "10.0.0.1,forwarded"] {
        assert_eq!(
            proxies(list).arrival(ip("::ffff:9.9.9.9"), &headers),
            Arrival {
                address: ip("9.9.9.9"),
                is_secure: false,
                host: Some("example.com:8080"),
            }
        );
    }
}

#[test]
fn the_client_is_the_first_from_the_right_who_is_no_proxy() {
    for (value, client) in [
        ("9.9.9.9", "9.9.9.9"),
        ("1.2.3.4, 9.9.9.9", "9.9.9.9"),
        ("1.2.3.4, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        ("1.2.3.4 ,\t9.9.9.9,10.0.0.2,10.0.0.3", "9.9.9.9"),
        ("9.9.9.9:4711", "9.9.9.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:9.9.9.9", "9.9.9.9"),
        ("9.9.9.9, ::ffff:10.0.0.2", "9.9.9.9"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ] {
        assert_eq!(address("10.0.0.0/8", &[(XFF, value)]), client, "{value}");
    }
    let lines = [
        (XFF, "1.2.3.4"),
        (XFF, "9.9.9.9, 10.0.0.3"),
        (XFF, "10.0.0.2"),
    ];
    assert_eq!(address("10.0.0.0/8", &lines), "9.9.9.9");
}

#[test]
fn what_cannot_be_read_ends_the_way() {
    for (value, client) in [
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("9.9.9.9,", "10.0.0.1"),
        ("9.9.9.9, unix:", "10.0.0.1"),
        ("9.9.9.9, localhost", "10.0.0.1"),
        ("9.9.9.9, 10.0.0", "10.0.0.1"),
        ("9.9.9.9, 10.0.0.256", "10.0.0.1"),
        ("9.9.9.9, [10.0.0.2]", "10.0.0.1"),
        ("9.9.9.9, \u{e4}", "10.0.0.1"),
        ("9.9.9.9, _hidden, 10.0.0.2", "10.0.0.2"),
        ("\u{e4}, 9.9.9.9", "9.9.9.9"),
        ("\", 9.9.9.9", "9.9.9.9"),
    ] {
        assert_eq!(address("10.0.0.0/8", &[(XFF, value)]), client, "{value}");
    }
    assert_eq!(address("10.0.0.0/8", &[]), "10.0.0.1");
}

#[test]
fn no_more_than_16_proxies_are_followed() {
    let chain = |proxies: usize| format!("9.9.9.9{}", ", 10.0.0.2".repeat(proxies));
    assert_eq!(address("10.0.0.0/8", &[(XFF, &chain(15))]), "9.9.9.9");
    assert_eq!(address("10.0.0.0/8", &[(XFF, &chain(16))]), "10.0.0.2");
}

#[test]
fn forwarded_counts_where_it_is_asked_for() {
    let list = "10.0.0.0/8,forwarded";
    for (value, client) in [
        ("for=9.9.9.9", "9.9.9.9"),
        ("For=9.9.9.9;proto=http;by=203.0.113.43", "9.9.9.9"),
        ("proto=http ; for = \"9.9.9.9:4711\"", "9.9.9.9"),
        ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
        ("for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"),
        ("for=1.2.3.4, for=9.9.9.9, for=10.0.0.2", "9.9.9.9"),
        ("for=1.2.3.4, by=\", for=9.9.9.9", "9.9.9.9"),
        ("for=unknown", "10.0.0.1"),
        ("for=_hidden", "10.0.0.1"),
        ("for=9.9.9.9;for=1.2.3.4", "10.0.0.1"),
        ("for=\"9.9.9.9", "10.0.0.1"),
        ("for=\"9.9.\\9.9\"", "10.0.0.1"),
        ("9.9.9.9", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
    ] {
        let lines = [("forwarded", value), (XFF, "1.2.3.4")];
        assert_eq!(address(list, &lines), client, "{value}");
    }
    let lines = [("forwarded", "for=1.2.3.4"), (XFF, "9.9.9.9")];
    assert_eq!(address("10.0.0.0/8", &lines), "9.9.9.9");
}

#[test]
fn a_proxy_says_how_it_was_asked() {
    type Lines = &'static [(&'static str, &'static str)];
    let cases: [(&str, Lines, bool, &str); 13] = [
        ("10.0.0.0/8", &[], false, "inner:8080"),
        (
            "10.0.0.0/8",
            &[("x-forwarded-proto", "https")],
            true,
            "inner:8080",
        ),
        (
            "10.0.0.0/8",
            &[("x-forwarded-proto", "WSS")],
            true,
            "inner:8080",
        ),
        (
            "10.0.0.0/8",
            &[("x-forwarded-proto", "http")],
            false,
            "inner:8080",
        ),
        (
            "10.0.0.0/8",
            &[("x-forwarded-proto", "httpsx")],
            false,
            "inner:8080",
        ),
        (
            "10.0.0.0/8",
            &[("x-forwarded-host", "example.com")],
            false,
            "example.com",
        ),
        (
            "10.0.0.0/8",
            &[("x-forwarded-host", "")],
            false,
            "inner:8080",
        ),
        // What stands in front of the proxies' own part is the client's.
        (
            "10.0.0.0/8",
            &[
                (XFF, "1.2.3.4, 9.9.9.9"),
                ("x-forwarded-proto", "https, http"),
                ("x-forwarded-host", "evil.com, example.com"),
            ],
            false,
            "example.com",
        ),
        // Two proxies, two parts: the outer one's count.
        (
            "10.0.0.0/8",
            &[
                (XFF, "9.9.9.9, 10.0.0.2"),
                ("x-forwarded-proto", "https, http"),
                ("x-forwarded-host", "example.com, middle"),
            ],
            true,
            "example.com",
        ),
        // Two proxies, of which one writes a single value.
        (
            "10.0.0.0/8",
            &[(XFF, "9.9.9.9, 10.0.0.2"), ("x-forwarded-proto", "https")],
            true,
            "inner:8080",
        ),
        (
            "10.0.0.0/8,forwarded",
            &[(
                "forwarded",
                "for=9.9.9.9;proto=https;host=\"example.com:8443\"",
            )],
            true,
            "example.com:8443",
        ),
        (
            "10.0.0.0/8,forwarded",
            &[(
                "forwarded",
                "for=1.2.3.4;proto=https;host=evil.com, for=9.9.9.9;proto=http",
            )],
            false,
            "inner:8080",
        ),
        (
            "10.0.0.0/8,forwarded",
            &[
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "evil.com"),
            ],
            false,
            "inner:8080",
        ),
    ];
    for (list, lines, is_secure, host) in cases {
        let mut headers = headers(lines);
        headers.append(HOST, HeaderValue::from_static("inner:8080"));
        let arrival = proxies(list).arrival(ip("10.0.0.1"), &headers);
        let found = (arrival.is_secure, arrival.host);
        assert_eq!(found, (is_secure, Some(host)), "{lines:?}");
    }
}

#[test]
fn words_stand_for_networks() {
    let list = proxies("loopback, private,203.0.113.7");
    for address in [
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "::ffff:127.0.0.1",
        "10.9.9.9",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "fd00::1",
        "203.0.113.7",
    ] {
        assert!(list.trust(ip(address)), "{address}");
    }
    for address in [
        "172.32.0.1",
        "11.0.0.1",
        "100.64.0.1",
        "169.254.1.1",
        "203.0.113.8",
        "fe80::1",
        "::2",
        "2001:db8::1",
    ] {
        assert!(!list.trust(ip(address)), "{address}");
    }
    assert_eq!(
        list.to_string(),
        "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7,203.0.113.7/32"
    );
    assert_eq!(proxies(&list.to_string()), list);
    assert_eq!(
        proxies("2001:db8::/32,forwarded").to_string(),
        "2001:db8::/32,forwarded"
    );
    assert_eq!(proxies(" "), Proxies::default());
    assert!(!Proxies::default().trust(ip("127.0.0.1")));
}

#[test]
fn a_list_that_cannot_be_meant_is_refused_with_an_example() {
    for (list, why) in [
        ("localhost", "neither an address nor a network"),
        ("10.0.0.0/33", "neither an address nor a network"),
        ("10.0.0.0/8,", "`` is neither"),
        ("10.0.0.1/8", "(example: 10.0.0.0/8)"),
        ("0.0.0.0/0", "is everybody"),
        ("::/0", "is everybody"),
        ("::ffff:10.0.0.0/104", "IPv4 written as IPv6"),
        ("forwarded", "(example: loopback,forwarded)"),
    ] {
        let error = list.parse::<Proxies>().unwrap_err().to_string();
        assert!(
            error.contains(why) && error.contains("example: "),
            "{error}"
        );
    }
}

/// What a client may write into a header: also what looks like a proxy's words.
fn forgery() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        select(vec![
            "1.2.3.4",
            "10.0.0.9",
            "[::1]",
            "for=1.2.3.4",
            "for=\"[2001:db8::bad]:1\"",
            "\"",
            "\\",
            ",",
            ", ",
            ";",
            "=",
            "for=",
            "for=\"",
            "proto=https",
            "unknown",
            "[",
            "]",
            ":",
            " ",
            "\t",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,4}",
        select(vec!["ä", "é"]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A way for an address to be written, in the style of one header or the other.
fn written(address: IpAddr, style: Style, form: usize) -> String {
    let bracketed = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    match (style, form % 3) {
        (Style::XForwarded, 0) => address.to_string(),
        (Style::XForwarded, 1) => bracketed,
        (Style::XForwarded, _) => format!("{bracketed}:4711"),
        (Style::Forwarded, 0) => format!("for=\"{bracketed}\""),
        (Style::Forwarded, 1) => format!("proto=http;for=\"{bracketed}:4711\";by=10.0.0.1"),
        (Style::Forwarded, _) => format!("For = \"{bracketed}\" ; host=\"example.com:80\""),
    }
}

fn client() -> impl Strategy<Value = IpAddr> {
    select(vec!["9.9.9.9", "2001:db8::9", "11.0.0.1"]).prop_map(ip)
}

proptest! {
    #[test]
    fn no_client_chooses_its_address_through_trusted_proxies(
        forged in prop::collection::vec(forgery(), 0..3),
        other in forgery(),
        client in client(),
        inner in 0usize..4,
        form: usize,
        in_one_line: bool,
        style in select(vec![Style::XForwarded, Style::Forwarded]),
    ) {
        let (name, other_name, list) = match style {
            Style::XForwarded => (XFF, "forwarded", "10.0.0.0/8"),
            Style::Forwarded => ("forwarded", XFF, "10.0.0.0/8,forwarded"),
        };
        // Each proxy appends whom it was asked by: the first the client, the others a proxy.
        let mut lines = forged;
        let askers = std::iter::once(client).chain((0..inner).map(|_| ip("10.0.0.2")));
        for asker in askers {
            let said = written(asker, style, form);
            match lines.last_mut() {
                Some(line) if in_one_line => line.push_str(&format!(", {said}")),
                _ => lines.push(said),
            }
        }
        let mut pairs: Vec<_> = lines.iter().map(|line| (name, line.as_str())).collect();
        pairs.push((other_name, &other));
        let headers = headers(&pairs);
        let arrival = proxies(list).arrival(ip("10.0.0.1"), &headers);
        prop_assert_eq!(arrival.address, client, "{:?}", lines);
    }

    #[test]
    fn no_client_chooses_its_address_without_a_proxy(
        forged in forgery(), other in forgery(), client in client(),
    ) {
        let headers = headers(&[
            (XFF, &forged), ("forwarded", &other),
            ("x-forwarded-proto", "https"), ("x-forwarded-host", &forged),
        ]);
        let expected = Arrival { address: client, is_secure: false, host: None };
        prop_assert_eq!(proxies("10.0.0.0/8").arrival(client, &headers), expected);
    }

    #[test]
    fn a_proxy_that_says_nothing_readable_stands_for_its_client(garbage in "[g-z;= ]{0,12}") {
        prop_assert_eq!(address("10.0.0.0/8", &[(XFF, &garbage)]), "10.0.0.1");
    }
}
