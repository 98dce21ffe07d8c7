//! Where settings come from, and what is said of those that are none.

use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config> {
    let sources = Sources::new(
        Some(file),
        environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
    )?;
    Config::from_sources(sources, |config| config.port = 1000)
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_code() {
    assert_eq!(load("", &[]).unwrap().port, 1000);
    assert_eq!(load("PORT=2000", &[]).unwrap().port, 2000);
    assert_eq!(load("PORT=2000", &[("PORT", "3000")]).unwrap().port, 3000);
    assert_eq!(
        load("PORT=", &[("PORT", "")]).unwrap().port,
        1000,
        "empty is unset"
    );
}

#[test]
fn durations_are_seconds_or_carry_a_unit() {
    for (text, expected) in [
        ("30", Some(30_000)),
        ("500ms", Some(500)),
        ("2m", Some(120_000)),
        ("0", None),
    ] {
        let config = load(&format!("WS_IDLE_TIMEOUT={text}"), &[]).unwrap();
        assert_eq!(
            config.idle_timeout,
            expected.map(Duration::from_millis),
            "{text}"
        );
    }
}

#[test]
fn a_rate_allows_twice_as_many_at_once_and_zero_turns_it_off() {
    let config = load("WS_RATE_LIMIT=30\nWS_CONTROL_RATE_LIMIT=0", &[]).unwrap();
    assert_eq!(config.rate_limit, RateLimit::per_second(30).burst(60));
    assert_eq!(config.control_rate_limit, RateLimit::off());
    let sources = Sources::new(None, []).unwrap();
    let error = Config::from_sources(sources, |config| {
        config.rate_limit = RateLimit::per_second(10).burst(0);
    });
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("WS_RATE_LIMIT: `.burst(0)`"), "{error}");
}

#[test]
fn the_bound_of_all_connections_holds_at_least_one_message() {
    let small = "WS_MAX_PAYLOAD_LENGTH=1000\nWS_MAX_INBOUND_BYTES=1000";
    assert_eq!(load(small, &[]).unwrap().max_inbound_bytes, 1000);
    let error = load("WS_MAX_INBOUND_BYTES=1000", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "WS_MAX_INBOUND_BYTES, WS_MAX_PAYLOAD_LENGTH: `1000` bytes for all connections hold no \
         message of `16777216`; raise the first or lower the second (defaults: 268435456 and \
         16777216)\n  --> .env:1: WS_MAX_INBOUND_BYTES"
    );
    let environment = [("WS_MAX_PAYLOAD_LENGTH", "1073741824")];
    let error = load("WS_MAX_INBOUND_BYTES=536870912", &environment).unwrap_err();
    let origins =
        "\n  --> .env:1: WS_MAX_INBOUND_BYTES\n  --> the environment: WS_MAX_PAYLOAD_LENGTH";
    assert!(error.to_string().ends_with(origins), "{error}");
}

#[test]
fn what_code_sets_may_be_widened_by_the_environment() {
    let load = |file| {
        let sources = Sources::new(Some(file), []).unwrap();
        Config::from_sources(sources, |config| config.max_payload_bytes = 1 << 30)
    };
    let config = load("WS_MAX_INBOUND_BYTES=2147483648").unwrap();
    assert_eq!(config.max_inbound_bytes, 2 << 30);
    let error = load("").unwrap_err().to_string();
    assert!(error.contains("`268435456` bytes for all"), "{error}");
}

#[test]
fn nonsense_stops_the_start_with_file_line_key_and_example() {
    let error = load("# limits\n\nPORT=1\nexport WS_IDLE_TIMEOUT=abc\n", &[])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "WS_IDLE_TIMEOUT: `abc` is not a number of seconds (example: 120; 0 turns it off)\n  --> .env:4"
    );
    let error = load("", &[("WS_MAX_PAYLOAD_LENGTH", "16MB")])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "WS_MAX_PAYLOAD_LENGTH: `16MB` is not a number of bytes (example: 16777216)\n  --> the environment"
    );
    for line in [
        "PORT=70000",
        "PORT=-1",
        "HOST=nowhere",
        "WS_AUTH_REQUIRED=maybe",
        "LOG_LEVEL=loud",
        "LOG_FORMAT=xml",
        "APP_ENV=staging",
        "APP_ENV=Production",
        "WS_IDLE_TIMEOUT=-1",
        "WS_IDLE_TIMEOUT=99999999999999999999",
        "WS_IDLE_TIMEOUT=9999999999",
        "WS_INACTIVITY_TIMEOUT=soon",
        "WS_HEARTBEAT_INTERVAL=50ms",
        "WS_HEARTBEAT_INTERVAL=9999999999",
        "WS_HEARTBEAT_MISSES=0",
        "WS_HEARTBEAT_MISSES=-1",
        "WS_AUTH_COOKIE=a=b",
        "WS_AUTH_TIMEOUT=soon",
        "WS_AUTH_GRACE=-1",
        "WS_CLOSE_UNAUTHORIZED=1000",
        "WS_CLOSE_UNAUTHORIZED=401",
        "WS_CLOSE_SILENT=1006",
        "WS_CLOSE_SILENT=1008",
        "WS_CLOSE_SILENT=408",
        "WS_CLOSE_SILENT=silence",
        "WS_REJECT=drop",
        "HTTP_MAX_HEADERS=0",
        "HTTP_MAX_HEADER_BYTES=1000",
        "HTTP_HEADER_TIMEOUT=0",
        "WS_BACKPRESSURE_LIMIT=0",
        "WS_EVENT_QUEUE_LIMIT=0",
        "WS_MAX_ROOMS_PER_CLIENT=0",
        "WS_MAX_ROOMS=0",
        "WS_MAX_TASKS_PER_CLIENT=0",
        "WS_RATE_LIMIT=-1",
        "WS_RATE_LIMIT=100/s",
        "WS_CONTROL_RATE_LIMIT=many",
        "WS_MAX_BAD_FRAMES=-1",
        "WS_MESSAGE_TIMEOUT=soon",
        "WS_WRITE_TIMEOUT=9999999999",
        "WS_MAX_INBOUND_BYTES=0",
        "WS_COMPRESSION=on",
        "WS_COMPRESSION_THRESHOLD=1KiB",
        "WS_ALLOWED_ORIGINS=example.com",
        "WS_TRUSTED_PROXIES=localhost",
        "WS_TRUSTED_PROXIES=0.0.0.0/0",
        "WS_REQUIRE_SECURE=always",
        "WS_MAX_CONNECTIONS=0",
        "WS_MAX_CONNECTIONS=many",
        "WS_MAX_CONNECTIONS_PER_IP=-1",
        "JWT_ALGORITHM=hs256",
        "JWT_SECRET=short",
        "WS_METRICS_KEY=short",
        "WS_METRICS_KEY=change-me-in-production",
        "WS_METRICS_KEY='sixteen bytes and a blank'",
    ] {
        let error = load(line, &[]).unwrap_err().to_string();
        let key = line.split('=').next().unwrap();
        assert!(error.starts_with(&format!("{key}: ")), "{error}");
        assert!(
            error.contains("example: ") && error.ends_with("--> .env:1"),
            "{error}"
        );
    }
}

#[test]
fn a_bound_on_memory_cannot_be_turned_off() {
    let error = load("WS_MAX_PAYLOAD_LENGTH=0", &[])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "WS_MAX_PAYLOAD_LENGTH: `0` would leave memory unbounded (example: 16777216)\n  --> .env:1"
    );
    let sources = Sources::new(None, []).unwrap();
    let error = Config::from_sources(sources, |config| config.max_payload_bytes = 0)
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("--> the app's config"), "{error}");
}

#[test]
fn lists_are_read_from_the_file_as_they_stand_there() {
    let file = "WS_ALLOWED_ORIGINS=https://*.example.com,same-host,*\n\
                WS_TRUSTED_PROXIES='10.0.0.0/8, loopback'\n";
    let config = load(file, &[]).unwrap();
    let pages = config.allowed_origins.to_string();
    assert_eq!(pages, "https://*.example.com,same-host,*");
    let proxies = config.trusted_proxies.to_string();
    assert_eq!(proxies, "10.0.0.0/8,127.0.0.0/8,::1/128");
}

#[test]
fn an_address_may_have_any_number_of_connections_but_not_the_server() {
    let config = load("WS_MAX_CONNECTIONS_PER_IP=0\nWS_MAX_CONNECTIONS=", &[]).unwrap();
    assert_eq!(config.max_connections_per_ip, None);
    assert_eq!(config.max_connections, None);
    let error = load("WS_MAX_CONNECTIONS=0", &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        "WS_MAX_CONNECTIONS: `0` would let nobody in \
         (example: 10000; empty for nine tenths of the descriptors)\n  --> .env:1"
    );
    let mut config = Config {
        max_connections_per_ip: Some(0),
        ..Config::default()
    };
    config.settle().unwrap();
    assert_eq!(config.max_connections_per_ip, None);
    config.max_connections = Some(0);
    assert!(config.settle().is_err());
}

#[test]
fn a_file_that_does_not_parse_names_its_line() {
    let error = load("PORT=1\nthis is no setting\n", &[])
        .unwrap_err()
        .to_string();
    assert!(error.contains("--> .env:2"), "{error}");
}

#[test]
fn a_mistyped_key_is_reported_with_the_nearest_name() {
    let config = load(
        "WS_IDEL_TIMEOUT=5\nDATABASE_URL=x\n",
        &[("WS_ANYTHING", "1")],
    )
    .unwrap();
    assert_eq!(
        config.unknown_keys(),
        [
            "unknown key `WS_IDEL_TIMEOUT` in .env:1; did you mean `WS_IDLE_TIMEOUT`?",
            "unknown key `WS_ANYTHING` in the environment",
        ]
    );
    assert_eq!(config.var("DATABASE_URL"), Some("x"));
}

#[test]
fn secrets_are_never_printed() {
    let secret = "s".repeat(40);
    for key in ["JWT_SECRET", "SESSION_SECRET"] {
        let config = load(&format!("{key}={secret}"), &[]).unwrap();
        let read = config
            .jwt_secret
            .as_ref()
            .or(config.session_secret.as_ref());
        assert_eq!(read.unwrap().expose(), secret);
        assert!(!format!("{config:?}").contains(&secret));
        let error = load(&format!("{key}=hunter2"), &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(key) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn the_example_file_holds_every_key_with_its_default() {
    let example = include_str!("../../.env.example");
    let keys: Vec<_> = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .collect();
    let expected: Vec<_> = KEYS
        .iter()
        .map(|key| (key.name, (key.get)(&Config::default())))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        keys, expected,
        ".env.example and src/config/keys.rs list the same keys in the same order"
    );
    for (key, _) in keys {
        let above: Vec<_> = example
            .lines()
            .take_while(|line| !line.starts_with(&format!("{key}=")))
            .collect();
        assert!(
            above.last().is_some_and(|line| line.starts_with('#')),
            "{key} is explained right above"
        );
    }
}
