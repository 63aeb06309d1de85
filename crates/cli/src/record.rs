//! Reading fields out of what the server answered.
//!
//! The command line shows whatever a server sends, of this version or a later
//! one, so answers stay JSON and a field is named by its dotted path, as in
//! `Unit.Labels`. Absent reads as null, as the API promises.

use serde_json::Value;
use uuid::Uuid;

/// The value at a dotted path; null when it is not there.
pub(crate) fn at<'a>(record: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(record, |value, key| &value[key])
}

pub(crate) fn text<'a>(record: &'a Value, path: &str) -> &'a str {
    at(record, path).as_str().unwrap_or_default()
}

pub(crate) fn number(record: &Value, path: &str) -> i64 {
    at(record, path).as_i64().unwrap_or_default()
}

/// The id at a path; absent, null and the zero id all mean none.
pub(crate) fn id(record: &Value, path: &str) -> Option<Uuid> {
    let id = Uuid::parse_str(text(record, path)).ok()?;
    (!id.is_nil()).then_some(id)
}

/// The value at a path as a person reads it: bare words, `key=value` for maps,
/// nothing for none.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_none_id(text) => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Object(map) => {
            let mut entries: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{key}={}", plain(value)))
                .collect();
            entries.sort();
            entries.join(",")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn is_none_id(text: &str) -> bool {
    text == "00000000-0000-0000-0000-000000000000"
}

/// A time to the second in UTC; nothing for "never".
pub(crate) fn time(value: &Value) -> String {
    let Some(time) = value
        .as_str()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
    else {
        return String::new();
    };
    if value
        .as_str()
        .is_some_and(|text| text.starts_with("0001-01-01"))
    {
        return String::new();
    }
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_as_people_write_them() {
        let cases = [
            (json!(null), ""),
            (json!("web"), "web"),
            (json!("00000000-0000-0000-0000-000000000000"), ""),
            (json!({"tier": "web", "app": "shop"}), "app=shop,tier=web"),
            (json!(["a", 1, true]), "a,1,true"),
        ];
        for (value, expected) in cases {
            assert_eq!(plain(&value), expected);
        }
    }

    #[test]
    fn never_is_no_time() {
        assert_eq!(time(&json!("0001-01-01T00:00:00Z")), "");
        assert_eq!(time(&json!(null)), "");
        assert_eq!(
            time(&json!("2026-11-03T10:20:30.123456+01:00")),
            "2026-11-03 09:20:30Z"
        );
    }

    #[test]
    fn absent_is_null() {
        let record = json!({"Unit": {"Slug": "web"}});
        assert_eq!(text(&record, "Unit.Slug"), "web");
        assert_eq!(text(&record, "Space.Slug"), "");
        assert_eq!(number(&record, "Unit.HeadRevisionNum"), 0);
        assert_eq!(id(&record, "Unit.TargetID"), None);
    }
}
