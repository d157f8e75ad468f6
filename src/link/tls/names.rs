//! Names that both ends know.

/// The name in every ground station's certificate, whatever its address.
pub const SERVER_NAME: &str = "scarp-station";
/// The protocol's name in the TLS handshake (ALPN). The number changes when the streams' form does.
pub const PROTOCOL: &[u8] = b"scarp/3";
/// The authority's certificate, in every folder of keys.
pub const CA_FILE: &str = "ca.pem";
/// This end's certificate.
pub const CERTIFICATE_FILE: &str = "cert.pem";
/// This end's private key, readable by its owner only.
pub const KEY_FILE: &str = "key.pem";

/// The authority's list of revoked certificates (RFC 5280), in DER.
pub const REVOKED_FILE: &str = "revoked.crl";
/// Most bytes of that list: some 1,600 certificates.
pub const MAX_REVOKED_BYTES: usize = 64 << 10;
/// Longest name of an aircraft, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// Whether `name` can be an aircraft's: 1 to 64 ASCII letters, digits, hyphens and underscores, so that it names a folder
/// everywhere and needs no quotes.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed)
}
