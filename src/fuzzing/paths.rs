//! Paths of routes and of requests: any bytes, and the same route however they are escaped.

use crate::path::{MAX_BYTES, Params, Paths, Pattern};

/// Takes lines that begin with `=` for routes' paths, and all others for those of requests.
pub fn paths(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut patterns = Vec::new();
    let mut requests = Vec::new();
    for line in text.lines() {
        match line.strip_prefix('=') {
            Some(pattern) => patterns.extend(Pattern::read(pattern)),
            None => requests.push(line),
        }
    }
    // More are no other promise, only more time.
    patterns.truncate(8);
    requests.truncate(8);
    let paths: Paths<&Pattern> = patterns
        .iter()
        .map(|pattern| (pattern.clone(), pattern))
        .collect();
    for request in requests {
        let found = paths.find(request);
        if let Some((pattern, params)) = &found {
            has_a_value_for_each_name(pattern, params);
            let alone: Paths<()> = [((**pattern).clone(), ())].into_iter().collect();
            let (_, again) = alone.find(request).expect("it fits without the others");
            assert_eq!(again, *params);
        }
        let escaped = escaped(request);
        if escaped.len() <= MAX_BYTES {
            let again = paths.find(&escaped);
            let shape = |found: &Option<(&&Pattern, Params)>| {
                let (pattern, params) = found.as_ref()?;
                Some((pattern.shape(), params.clone()))
            };
            assert_eq!(shape(&again), shape(&found), "{request} {escaped}");
        }
    }
}

fn has_a_value_for_each_name(pattern: &Pattern, params: &Params) {
    assert!(pattern.names().eq(params.names()));
    for name in pattern.names() {
        assert!(params.get(name).is_some_and(|value| !value.is_empty()));
    }
}

/// The same path with everything escaped that may be.
fn escaped(path: &str) -> String {
    let mut escaped = String::new();
    for byte in path.bytes() {
        match byte {
            b'/' | b'%' => escaped.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            byte => escaped.push_str(&format!("%{byte:02x}")),
        }
    }
    escaped
}
