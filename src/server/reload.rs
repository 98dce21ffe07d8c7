//! Pages that come up to date by themselves while somebody works on them: one line of script.

use crate::config::{Config, Environment, Starter};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{Request, Response};
use std::fs;
use std::io;
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use warp::Reply;
use warp::fs::File;

/// Where `orcs serve` tells pages that something has changed: a port of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reload(NonZeroU16);

impl Reload {
    /// None in production, whatever the process is told.
    pub(super) fn new(starter: &Starter, config: &Config) -> Option<Self> {
        match config.environment {
            Environment::Development => starter.reload_port.map(Self),
            Environment::Production => None,
        }
    }

    /// Gives a request that may be for a page its [`Script`].
    pub(super) fn offer<B>(self, request: &mut Request<B>) {
        if let Some(script) = self.script(request.headers()) {
            request.extensions_mut().insert(script);
        }
    }

    fn script(self, headers: &HeaderMap) -> Option<Script> {
        // What a script of a page fetches is not shown as a page.
        let is_page =
            (headers.get(SEC_FETCH_DEST)).is_none_or(|dest| PAGES.contains(&dest.as_bytes()));
        let host = headers
            .get(HOST)?
            .to_str()
            .ok()?
            .parse::<Authority>()
            .ok()?;
        // It is written into a page, and anybody may send anything.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_:[]".contains(letter);
        let host = Some(host.host()).filter(|host| is_page && host.chars().all(is_plain))?;
        let line = format!(
            "<script src=\"http://{host}:{}/_orcs/reload.js\"></script>\n",
            self.0
        );
        Some(Script(line.into()))
    }
}

/// The line that a page gets, as an extension of its request.
#[derive(Debug, Clone)]
pub(super) struct Script(Arc<str>);

/// A file's answer; if it is a page and there is a script for it, the whole page with that.
pub(super) async fn with_script(file: File, script: Option<Script>) -> warp::reply::Response {
    let Some(script) = script.filter(|_| is_page(file.path())) else {
        return file.into_response();
    };
    let path = file.path().to_owned();
    let page = tokio::task::spawn_blocking(move || page_with(&script, &path)).await;
    match page {
        Ok(Ok(Some(page))) => answer(page).into_response(),
        _ => file.into_response(),
    }
}

fn is_page(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["html", "htm"]
        .iter()
        .any(|page| extension.eq_ignore_ascii_case(page))
}

/// None of a page that is no text in an alphabet with ASCII in it, or too long to be held.
fn page_with(script: &Script, path: &Path) -> io::Result<Option<Vec<u8>>> {
    if fs::metadata(path)?.len() > LONGEST_PAGE_BYTES {
        return Ok(None);
    }
    let page = fs::read(path)?;
    let is_utf_16 = page.starts_with(&[0xFF, 0xFE]) || page.starts_with(&[0xFE, 0xFF]);
    Ok((!is_utf_16).then(|| insert(&script.0, page)))
}

/// Before the last `</body>`, whatever its case; else at the end.
fn insert(script: &str, mut page: Vec<u8>) -> Vec<u8> {
    let ends = |bytes: &[u8]| bytes.eq_ignore_ascii_case(END);
    let place = page.windows(END.len()).rposition(ends);
    let place = place.unwrap_or(page.len());
    page.splice(place..place, script.bytes());
    page
}

/// Neither a part nor something to keep: what is on the disk is another page.
fn answer(page: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(page);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const END: &[u8] = b"</body>";
const LONGEST_PAGE_BYTES: u64 = 16 << 20;

/// What a browser says that it wants a file for; what it shows as a page. (W3C, Fetch Metadata)
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const PAGES: [&[u8]; 3] = [b"document", b"iframe", b"frame"];

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: Reload = Reload(NonZeroU16::new(4000).unwrap());

    fn headers(host: &'static str, dest: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        if let Some(dest) = dest {
            headers.insert(SEC_FETCH_DEST, HeaderValue::from_static(dest));
        }
        headers
    }

    #[test]
    fn the_script_is_at_the_host_that_was_asked() {
        for (host, at) in [
            ("localhost:42069", "localhost"),
            ("localhost", "localhost"),
            ("192.168.1.7:80", "192.168.1.7"),
            ("[::1]:42069", "[::1]"),
            ("my_box.local", "my_box.local"),
        ] {
            let script = PORT.script(&headers(host, None)).expect("a script");
            let line = format!("<script src=\"http://{at}:4000/_orcs/reload.js\"></script>\n");
            assert_eq!(*script.0, *line);
        }
    }

    #[test]
    fn a_host_that_is_none_is_not_written_into_a_page() {
        for host in [
            "",
            "\"><script>",
            "a'b",
            "a b",
            "a&b",
            "a;b",
            "/",
            "a/b",
            "<b>",
        ] {
            assert!(PORT.script(&headers(host, None)).is_none(), "{host}");
        }
        assert!(PORT.script(&HeaderMap::new()).is_none());
    }

    #[test]
    fn what_is_fetched_to_be_a_part_of_a_page_stays_as_it_is() {
        for (dest, is_page) in [
            ("document", true),
            ("iframe", true),
            ("empty", false),
            ("script", false),
        ] {
            let script = PORT.script(&headers("localhost", Some(dest)));
            assert_eq!(script.is_some(), is_page, "{dest}");
        }
    }

    #[test]
    fn the_line_stands_before_the_end_of_the_body_or_at_the_end() {
        for (page, with_line) in [
            ("<body>hi</body></html>", "<body>hi+</body></html>"),
            ("<BODY>hi</BODY>", "<BODY>hi+</BODY>"),
            ("'</body>'</body>", "'</body>'+</body>"),
            ("<p>hi", "<p>hi+"),
            ("", "+"),
            ("</bod", "</bod+"),
        ] {
            let made = insert("+", page.as_bytes().to_vec());
            assert_eq!(String::from_utf8(made).unwrap(), with_line);
        }
    }

    #[test]
    fn production_has_no_script() {
        let starter = Starter {
            reload_port: NonZeroU16::new(4000),
            ..Starter::default()
        };
        let mut config = Config::default();
        assert!(Reload::new(&starter, &config).is_some());
        assert!(Reload::new(&Starter::default(), &config).is_none());
        config.environment = Environment::Production;
        assert!(Reload::new(&starter, &config).is_none());
    }
}
