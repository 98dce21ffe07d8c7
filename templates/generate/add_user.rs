//! Adds somebody who may log in, and prints his password: `cargo run --example add_user ann`.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{PasswordHash, SaltString};
use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;

const USERS: &str = "users.txt";

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1);
    let name = name.ok_or("whom? cargo run --example add_user ann")?;
    let is_plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err("a name has letters, digits, `-`, `_`, `.` and `@`".into());
    }
    let users = std::fs::read_to_string(USERS).unwrap_or_default();
    if users.lines().any(|line| line.starts_with(&format!("{name}:"))) {
        return Err(format!("{name} is in {USERS} already; remove the line for a new password").into());
    }
    // 16 random bytes as text, which is what a salt is and a password should be.
    let password = SaltString::generate().to_string();
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes())?;

    let mut file = OpenOptions::new();
    file.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    writeln!(file.open(USERS)?, "{name}:{hash}")?;
    println!("{password}");
    Ok(())
}
