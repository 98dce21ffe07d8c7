//! Public keys in PEM (RFC 7468).

use super::public_key::PublicKey;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

/// The one public key in a PEM file's text.
///
/// # Errors
///
/// What the file holds instead, and what makes the right one of it.
pub(super) fn public_key(text: &str) -> Result<PublicKey, String> {
    let blocks = blocks(text)?;
    if let Some((label, _)) = blocks
        .iter()
        .find(|(label, _)| label.contains("PRIVATE KEY"))
    {
        return Err(format!(
            "holds a private key (`{label}`), which only who signs tokens may have; make its public half by `openssl pkey -in private.pem -pubout -out public.pem`"
        ));
    }
    let (label, body) = match blocks.as_slice() {
        [] => return Err("is no PEM: no line says `-----BEGIN PUBLIC KEY-----`".to_owned()),
        [block] => *block,
        _ => return Err(format!("holds {} keys; keep one", blocks.len())),
    };
    let body: String = body.split_whitespace().collect();
    let der = BASE64
        .decode(body)
        .map_err(|_| format!("holds a `{label}` that is no base64"))?;
    let key = match label {
        "PUBLIC KEY" => PublicKey::from_der(&der),
        "RSA PUBLIC KEY" => PublicKey::rsa_from_der(&der),
        "CERTIFICATE" => {
            return Err("holds a certificate; take its key out by `openssl x509 -in certificate.pem -pubkey -noout`".to_owned());
        }
        _ => return Err(format!("holds a `{label}`, not a `PUBLIC KEY`")),
    };
    key.ok_or_else(|| {
        format!(
            "holds a `{label}` that is no RSA, P-256, P-384 or Ed25519 key (points uncompressed)"
        )
    })
}

/// What stands between lines of dashes, each with its label.
fn blocks(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let cut = || "is cut: a line `-----BEGIN ..` without its `-----END ..`".to_owned();
        let (label, body) = begun.split_once("-----").ok_or_else(cut)?;
        let (body, behind) = body
            .split_once(&format!("-----END {label}-----"))
            .ok_or_else(cut)?;
        blocks.push((label, body));
        rest = behind;
    }
    Ok(blocks)
}
