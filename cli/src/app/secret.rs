//! The app's secret: made here, kept in `.env`, read again for `orcs token`.

use crate::terminal::Failure;
use orcs::auth::Algorithm;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// The setting that signs and verifies tokens.
pub const KEY: &str = "JWT_SECRET";

/// As long as the hash of HS256 (RFC 7518, 3.2): a shorter secret is the weakest part.
const MIN_BYTES: usize = 32;

/// Whether it is the secret that signs under this algorithm, and no private key.
pub fn signs(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
    )
}

/// 32 bytes of the operating system's randomness, in hex.
pub fn random() -> Result<String, Failure> {
    let mut bytes = [0; MIN_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|e| Failure::new(format!("the operating system gives no randomness: {e}")))?;
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("a String takes every text");
    }
    Ok(hex)
}

/// `.env` out of `.env.example`: the secret's line gets a value, every other line stays.
///
/// A value in the example is replaced too: whoever has the repository knows it.
pub fn fill_in(example: &str, secret: &str) -> String {
    let mut env = String::with_capacity(example.len() + secret.len());
    let mut found = false;
    for line in example.split_inclusive('\n') {
        if is_secret(line) {
            found = true;
            let end = &line[line.trim_end_matches(['\r', '\n']).len()..];
            env.extend([KEY, "=", secret, end]);
        } else {
            env.push_str(line);
        }
    }
    if !found {
        let gap = if env.is_empty() || env.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        env.extend([gap, KEY, "=", secret, "\n"]);
    }
    env
}

/// Whether the secret's value goes on in the next line, where `fill_in` would leave its rest.
pub fn spans_lines(env: &str) -> bool {
    env.lines().filter(|line| is_secret(line)).any(|line| {
        let (_, value) = line.split_once('=').unwrap_or_default();
        let value = value.trim();
        let quote = value.chars().next().filter(|c| ['\'', '"'].contains(c));
        quote.is_some_and(|quote| !value[1..].contains(quote))
    })
}

/// Writes a file that its owner alone may read, from its creation on.
///
/// # Errors
/// `AlreadyExists` when there is one; it is left alone.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    // Half a `.env` would be taken for a whole one by the next start.
    file.write_all(text.as_bytes())
        .inspect_err(|_| _ = fs::remove_file(path))
}

fn is_secret(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split_once('=')
        .is_some_and(|(key, _)| key.trim() == KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_stay_as_they_are() {
        let example =
            "# JWT_SECRET= is below\r\nPORT=42069\r\nJWT_SECRET=\r\nJWT_SECRET_OLD=x\n\nLOG=a=b";
        let env =
            "# JWT_SECRET= is below\r\nPORT=42069\r\nJWT_SECRET=s\r\nJWT_SECRET_OLD=x\n\nLOG=a=b";
        assert_eq!(fill_in(example, "s"), env);
    }

    #[test]
    fn a_value_in_the_example_is_no_secret() {
        assert_eq!(
            fill_in("export JWT_SECRET = known # to all\n", "s"),
            "JWT_SECRET=s\n"
        );
    }

    #[test]
    fn a_missing_line_is_added() {
        assert_eq!(fill_in("", "s"), "JWT_SECRET=s\n");
        assert_eq!(fill_in("PORT=1", "s"), "PORT=1\nJWT_SECRET=s\n");
    }

    #[test]
    fn a_value_of_several_lines_is_known() {
        assert!(spans_lines("PORT=1\nJWT_SECRET='begins\nends'\n"));
        assert!(spans_lines("export JWT_SECRET = \"begins\nends\"\n"));
        for one in [
            "",
            "JWT_SECRET=it's",
            "JWT_SECRET='a' # it's",
            "# JWT_SECRET='a",
            "X='\n'",
        ] {
            assert!(!spans_lines(one), "{one}");
        }
    }

    #[test]
    fn two_secrets_differ_and_are_long_enough() {
        let (one, two) = (random().unwrap(), random().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 64);
        assert!(one.chars().all(|c| c.is_ascii_hexdigit()));
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_its_owners_and_never_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".env");
        write_private(&path, "JWT_SECRET=one\n").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let again = write_private(&path, "JWT_SECRET=two\n");
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "JWT_SECRET=one\n");
    }
}
