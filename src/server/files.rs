//! Files of a folder, and nothing else of the disk.

use super::reload::{Script, with_script};
use percent_encoding::percent_decode_str;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use warp::path::Peek;
use warp::{Filter, Rejection, Reply};

/// Serves the files of a folder, and `index.html` for a folder in it.
///
/// ```
/// use orcs::Routes;
///
/// let routes = Routes::new().http(|_manager| orcs::files("public"));
/// # let _ = routes;
/// ```
///
/// The folder is looked for from the working directory, for each request anew. Everything is
/// served under its own path; `warp::path("static").and(orcs::files("public"))` puts a name in
/// front. `GET` and `HEAD`, one range of bytes (206), `Last-Modified` and
/// `If-Modified-Since` (304) work as everywhere; the type is that of the file's extension.
///
/// What is not served, but answered as if it were not there (404):
///
/// - what lies outside the folder, by whatever way: `..`, encoded or not, an absolute path, a
///   symbolic link that leads out. A folder elsewhere is served by a call of its own.
/// - names that begin with a dot, such as `.env` or `.git`; `/.well-known/` is (RFC 8615).
/// - a folder without an `index.html`: nothing is listed.
/// - what is no file, or cannot be read: a pipe, a device, another user's.
///
/// Under `orcs serve` a page gets one line of script before its `</body>`, by which the browser
/// loads it again when a file has changed. The file itself stays as it is, and with
/// `APP_ENV=production` so does what is served.
#[doc(alias("static", "public"))]
pub fn files(
    folder: impl Into<PathBuf>,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let folder: Arc<Path> = folder.into().into();
    if !folder.is_dir() {
        tracing::warn!(
            "no folder `{}` here: none of its files is served",
            folder.display()
        );
    }
    let served = warp::fs::dir(folder.to_path_buf());
    warp::get()
        .or(warp::head())
        .unify()
        .and(warp::path::peek())
        .and_then(move |rest: Peek| look(Arc::clone(&folder), rest))
        .untuple_one()
        .and(served)
        .and(warp::ext::optional::<Script>())
        .then(with_script)
}

/// Looks before warp opens a file: warp follows links to wherever they lead, and answers a name
/// that the system does not take with 500.
async fn look(folder: Arc<Path>, rest: Peek) -> Result<(), Rejection> {
    let nothing = warp::reject::not_found;
    let below = below(rest.as_str()).ok_or_else(nothing)?;
    // The disk may be slow; this thread has clients to serve.
    let looked = tokio::task::spawn_blocking(move || is_served(&folder, &below));
    match looked.await {
        Ok(Ok(true)) => Ok(()),
        _ => Err(nothing()),
    }
}

/// The place below the folder that a path means, if anybody should ask for it.
fn below(rest: &str) -> Option<PathBuf> {
    let rest = percent_decode_str(rest).decode_utf8().ok()?;
    if rest.contains(|letter: char| letter.is_control() || letter == '\\') {
        return None;
    }
    let mut path = PathBuf::new();
    for (place, segment) in rest.split('/').enumerate() {
        let is_hidden = segment.starts_with('.') && (place > 0 || segment != WELL_KNOWN);
        // On Windows a drive, or another stream of a file.
        if is_hidden || (cfg!(windows) && segment.contains(':')) {
            return None;
        }
        path.push(segment);
    }
    Some(path)
}

/// Whether there is a file, or a folder with an index, that really lies in `folder`.
fn is_served(folder: &Path, below: &Path) -> io::Result<bool> {
    let folder = folder.canonicalize()?;
    let mut file = folder.join(below).canonicalize()?;
    if file.is_dir() {
        file = file.join("index.html").canonicalize()?;
    }
    // A pipe is not opened: that would wait for who writes into it.
    Ok(file.starts_with(&folder) && file.is_file() && File::open(file).is_ok())
}

const WELL_KNOWN: &str = ".well-known";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_a_place_below_the_folder_or_none() {
        for (rest, place) in [
            ("", Some("")),
            ("chat.css", Some("chat.css")),
            ("caf%C3%A9/a%20b.txt", Some("café/a b.txt")),
            // However absolute they look, they are below.
            ("/etc/passwd", Some("etc/passwd")),
            ("%2fetc%2fpasswd", Some("etc/passwd")),
            (".well-known/acme", Some(".well-known/acme")),
            ("a/.well-known", None),
            (".env", None),
            ("%2eenv", None),
            ("a/.git/config", None),
            ("..", None),
            ("a/../../b", None),
            ("%2e%2e/b", None),
            ("..%2fb", None),
            ("a/..%00", None),
            ("a%00.html", None),
            ("..\\b", None),
            ("%5c..%5cb", None),
            ("a%0ab", None),
            ("%ff", None),
        ] {
            assert_eq!(below(rest).as_deref(), place.map(Path::new), "{rest}");
        }
    }
}
