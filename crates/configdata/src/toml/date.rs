//! Dates and times of TOML (RFC 3339, with parts left out).

/// Which parts a date or time has. A value of one kind stays of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    date: bool,
    time: bool,
    offset: bool,
}

/// The parts of a date or time; `None` when the text is none, or names a day or an hour that does
/// not exist.
pub(super) fn parts(text: &str) -> Option<Parts> {
    let (date, rest) = match text.get(..10).filter(|date| is_date(date)) {
        Some(_) => (true, &text[10..]),
        None => (false, text),
    };
    if date && rest.is_empty() {
        return Some(Parts {
            date,
            time: false,
            offset: false,
        });
    }
    let time = if date {
        rest.strip_prefix(['T', 't', ' '])?
    } else {
        rest
    };
    let end = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let offset = &time[end..];
    let valid = is_time(&time[..end]) && (offset.is_empty() || date && is_offset(offset));
    valid.then_some(Parts {
        date,
        time: true,
        offset: !offset.is_empty(),
    })
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

fn two(text: &str, most: u32) -> Option<u32> {
    number(text).filter(|value| text.len() == 2 && *value <= most)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (
        number(year).filter(|_| year.len() == 4),
        two(month, 12),
        two(day, 31),
    ) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        0 => 0,
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=days).contains(&day)
}

/// `07:32`, `07:32:00` or `07:32:00.5`.
fn is_time(text: &str) -> bool {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let valid = match parts.as_slice() {
        [hour, minute] => fraction.is_none() && is_clock(hour, minute),
        [hour, minute, second] => is_clock(hour, minute) && two(second, 60).is_some(),
        _ => false,
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    valid && fraction.is_none_or(digits)
}

fn is_clock(hour: &str, minute: &str) -> bool {
    two(hour, 23).is_some() && two(minute, 59).is_some()
}

fn is_offset(text: &str) -> bool {
    let zone = text
        .strip_prefix(['+', '-'])
        .and_then(|zone| zone.split_once(':'));
    matches!(text, "Z" | "z") || zone.is_some_and(|(hour, minute)| is_clock(hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        for text in [
            "1979-05-27",
            "2000-02-29",
            "07:32:00",
            "07:32",
            "1979-05-27T07:32:00Z",
            "1979-05-27 07:32:00.999999-07:00",
            "1979-05-27t07:32:00",
        ] {
            assert!(parts(text).is_some(), "{text}");
        }
        for text in [
            "",
            "1979-05",
            "1979-13-01",
            "1979-02-29",
            "1900-02-29",
            "24:00:00",
            "07:32:00Z",
            "1979-05-27T",
            "1979-05-27T07:32:00+7:00",
            "07:32.5",
            "1979-05-é",
        ] {
            assert!(parts(text).is_none(), "{text}");
        }
        assert_ne!(parts("1979-05-27"), parts("1979-05-27T07:32:00"));
    }
}
