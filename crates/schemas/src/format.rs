//! Formats of strings and numbers in the schemas of custom resources (the list of apiextensions;
//! formats that are not known there are passed over, as Kubernetes does).

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether a string has a format; `None` for formats that are not looked at.
pub(crate) fn holds(format: &str, text: &str) -> Option<bool> {
    Some(match format {
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "byte" => is_base64(text),
        "uuid" => is_uuid(text),
        "date" => is_date(text),
        "date-time" | "datetime" => is_date_time(text),
        "duration" => is_duration(text),
        "hostname" => is_hostname(text),
        _ => return None,
    })
}

/// The least and greatest integer of a format.
pub(crate) fn range(format: &str) -> Option<(f64, f64)> {
    match format {
        "int32" => Some((f64::from(i32::MIN), f64::from(i32::MAX))),
        "int64" => Some((-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_807.0)),
        _ => None,
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number_up_to(text: &str, length: usize, most: u32) -> Option<u32> {
    let number = text.parse().ok().filter(|number| *number <= most)?;
    (text.len() == length && digits(text)).then_some(number)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = if address.parse::<Ipv4Addr>().is_ok() {
        32
    } else if address.parse::<Ipv6Addr>().is_ok() {
        128
    } else {
        return false;
    };
    number_up_to(bits, bits.len(), most).is_some()
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    text.len().is_multiple_of(4) && text.len() - body.len() <= 2 && body.bytes().all(alphabet)
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hexadecimal = text
        .bytes()
        .all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    hexadecimal && (lengths == [8, 4, 4, 4, 12] || lengths == [32])
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut part = || parts.next().unwrap_or_default();
    let year = number_up_to(part(), 4, 9999);
    let month = number_up_to(part(), 2, 12);
    let (Some(year), Some(month), Some(day)) = (year, month, number_up_to(part(), 2, 31)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    month > 0 && (1..=days).contains(&day)
}

/// RFC 3339.
fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once(['T', 't']) else {
        return false;
    };
    let (clock, zone) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => rest.split_at(at),
        None => return false,
    };
    let zone_holds = match zone.strip_prefix(['+', '-']) {
        Some(offset) => is_clock(offset, 2),
        None => zone.len() == 1,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    is_date(date) && is_clock(clock, 3) && digits(fraction) && zone_holds
}

fn is_clock(text: &str, parts: usize) -> bool {
    let found: Vec<&str> = text.split(':').collect();
    let most = [23, 59, 60];
    found.len() == parts
        && found
            .iter()
            .zip(most)
            .all(|(part, most)| number_up_to(part, 2, most).is_some())
}

/// A duration of Go: `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut any = false;
    while !rest.is_empty() {
        let Some(end) = rest.find(|c: char| !c.is_ascii_digit() && c != '.') else {
            return false;
        };
        let (number, tail) = rest.split_at(end);
        let units = ["ns", "us", "µs", "ms", "s", "m", "h", "d", "w"];
        let longest = units
            .iter()
            .filter(|unit| tail.starts_with(**unit))
            .max_by_key(|unit| unit.len());
        let (Some(unit), true) = (longest, number.parse::<f64>().is_ok()) else {
            return false;
        };
        rest = &tail[unit.len()..];
        any = true;
    }
    any
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_a_format() {
        for (format, right, wrong) in [
            ("ipv4", vec!["10.0.0.1"], vec!["10.0.0.256", "::1", ""]),
            ("ipv6", vec!["::1", "fe80::2"], vec!["10.0.0.1"]),
            (
                "cidr",
                vec!["10.0.0.0/8", "::/128"],
                vec!["10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8"],
            ),
            (
                "byte",
                vec!["", "YQ==", "YWJj"],
                vec!["YQ=", "Y===", "a-b="],
            ),
            (
                "uuid",
                vec!["0af3b6d2-1111-2222-3333-444455556666"],
                vec!["0af3", "0af3b6d2-1111-2222-3333-44445555666g"],
            ),
            (
                "date",
                vec!["2024-02-29"],
                vec![
                    "2023-02-29",
                    "2024-13-01",
                    "24-01-01",
                    "2024-01-00",
                    "2024-1-1",
                ],
            ),
            (
                "date-time",
                vec!["2024-01-02T03:04:05Z", "2024-01-02t03:04:05.678+01:00"],
                vec![
                    "2024-01-02",
                    "2024-01-02T25:04:05Z",
                    "2024-01-02T03:04:05",
                    "2024-01-02T03:04:05+1",
                ],
            ),
            (
                "duration",
                vec!["1h30m", "0", "1.5s", "10ms"],
                vec!["", "1", "h", "1x", "1é"],
            ),
            (
                "hostname",
                vec!["a.example.com", "a"],
                vec!["", "-a", "a..b", "ä.de"],
            ),
        ] {
            for text in right {
                assert_eq!(holds(format, text), Some(true), "{format} {text:?}");
            }
            for text in wrong {
                assert_eq!(holds(format, text), Some(false), "{format} {text:?}");
            }
        }
        assert_eq!(holds("password", "x"), None);
    }
}
