//! One build directory for all apps of a framework version: a second app builds only itself.

use super::file::File;

/// The app's own cargo settings.
///
/// `{cargo-cache-home}` is cargo's word, so the file means the same on every machine.
pub fn config() -> File {
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "\
[build]
# All orcs apps of one version share what their dependencies become, so a second app builds only
# itself; its program still lands in its own `target/`. Cargo before 1.91 leaves this alone.
build-dir = \"{{cargo-cache-home}}/orcs/build-{version}\"
"
    );
    File::new(".cargo/config.toml", text)
}
