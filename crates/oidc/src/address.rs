//! Addresses that may be spoken to.

use std::net::IpAddr;

use ureq::http::Uri;

/// Whether an address is `http://` and on this machine, so that what is sent stays there.
#[must_use]
pub fn is_loopback(address: &str) -> bool {
    let Some(uri) = plain(address) else {
        return false;
    };
    uri.scheme_str() == Some("http") && uri.host().is_some_and(is_this_machine)
}

/// Whether what is sent to an address is read by nobody on the way: it is `https://`, or on this
/// machine.
#[must_use]
pub fn is_trustworthy(address: &str) -> bool {
    let is_encrypted = |uri: Uri| uri.scheme_str() == Some("https") && uri.host().is_some();
    is_loopback(address) || plain(address).is_some_and(is_encrypted)
}

/// The address, if it has a host and neither a user nor a fragment.
fn plain(address: &str) -> Option<Uri> {
    let has_odd = address.contains(['#', '\\']) || address.chars().any(|c| c <= ' ');
    let uri: Uri = address.parse().ok()?;
    let authority = uri.authority()?;
    (!has_odd && !authority.as_str().contains('@')).then_some(uri)
}

fn is_this_machine(host: &str) -> bool {
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let address: Option<IpAddr> = address.unwrap_or(host).parse().ok();
    match address {
        Some(address) => address.is_loopback(),
        None => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_spoken_to() {
        for (address, on_this_machine, trustworthy) in [
            ("https://id.example.org", false, true),
            ("https://id.example.org:8443/realm?x=y", false, true),
            ("http://127.0.0.1:3000/", true, true),
            ("http://127.9.9.9/", true, true),
            ("http://[::1]:3000/cb", true, true),
            ("http://localhost:3000", true, true),
            ("https://localhost:3000", false, true),
            ("http://id.example.org", false, false),
            ("http://127.0.0.1.example.org/", false, false),
            ("http://localhost.example.org/", false, false),
            ("http://127.0.0.1@example.org/", false, false),
            ("http://example.org#@127.0.0.1/", false, false),
            ("http://example.org\\@127.0.0.1/", false, false),
            ("https://user:x@id.example.org/", false, false),
            ("http://10.0.0.1/", false, false),
            ("http://169.254.169.254/", false, false),
            ("http://0.0.0.0/", false, false),
            ("http://[::ffff:10.0.0.1]/", false, false),
            ("http://2130706433/", false, false),
            ("ftp://127.0.0.1/", false, false),
            ("file:///etc/passwd", false, false),
            ("javascript:alert(1)", false, false),
            ("//127.0.0.1/", false, false),
            ("http://", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_loopback(address), on_this_machine, "{address}");
            assert_eq!(is_trustworthy(address), trustworthy, "{address}");
        }
    }
}
