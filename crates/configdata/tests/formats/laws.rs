//! Laws for any text and any edit.

use cubit_configdata::{Action, Config, Edit, ResolvedPath, Step, Toolchain, Value};
use proptest::prelude::*;

use crate::table::FORMATS;
use crate::{leaves, meaning, parse};

/// 1,000 cases a format, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(1000)
}

fn text() -> impl Strategy<Value = (Toolchain, String)> {
    (0..FORMATS.len()).prop_flat_map(|at| {
        let format = &FORMATS[at];
        let piece = prop_oneof![
            12 => prop::sample::select(format.pieces).prop_map(str::to_owned),
            1 => "[ -~é\n]{0,4}",
        ];
        let random = prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat());
        // The sample with something random in it is more often readable.
        let length = format.sample.len();
        let mixed = (0..=length, 0..=length, "\\PC{0,3}").prop_map(move |(at, end, new)| {
            let sample = format.sample;
            let (at, end) = (
                sample.floor_char_boundary(at),
                sample.floor_char_boundary(end),
            );
            format!("{}{new}{}", &sample[..at], &sample[end.max(at)..])
        });
        (Just(format.toolchain), prop_oneof![random, mixed])
    })
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~éλ\t\n\r]{0,12}".prop_map(Value::from),
        "\\PC{0,3}".prop_map(Value::from),
        prop::sample::select(vec![
            "1", "true", "a # b", "a ; b", " a", "a ", "'", "\"", "${A}", "$", "a\nb", "\\", "😀"
        ])
        .prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::btree_map("[a-zA-Z.]{1,3}|1|-|a b|", inner, 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() * u32::try_from(FORMATS.len()).unwrap_or(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_kept_or_refused((toolchain, text) in text()) {
        if let Some(config) = parse(toolchain, &text) {
            prop_assert_eq!(config.text(), text.as_str());
            meaning(&config);
        }
    }

    #[test]
    fn any_edit_is_made_or_refused_whole((toolchain, text) in text(), new in value(), comment in "[a-z]{0,3}") {
        let Some(config) = parse(toolchain, &text) else { return Ok(()) };
        let mut places: Vec<ResolvedPath> = leaves(&config).into_iter().map(|(path, _)| path).collect();
        let above: Vec<ResolvedPath> = places.iter().filter(|path| !path.0.is_empty()).map(|path| ResolvedPath(path.0[..path.0.len() - 1].to_vec())).collect();
        places.extend(above);
        places.push(ResolvedPath::default());
        places.sort();
        places.dedup();
        for path in places.iter().take(24) {
            let child = |step: &str| path.child(Step::Key(step.into()));
            for (path, action) in [
                (path.clone(), Action::Set(new.clone())),
                (path.clone(), Action::Delete),
                (path.clone(), Action::Insert(new.clone())),
                (path.clone(), Action::Comment(comment.clone())),
                (child("inserted"), Action::Set(new.clone())),
                (child("inserted"), Action::SetAfter { value: new.clone(), after: None }),
                (child("-"), Action::Set(new.clone())),
            ] {
                let edit = Edit { document: 0, path: path.clone(), action: action.clone() };
                let mut edited = config.clone();
                match edited.apply(std::slice::from_ref(&edit)) {
                    Err(_) => prop_assert_eq!(edited.text(), text.as_str()),
                    Ok(changed) => {
                        prop_assert_eq!(changed, edited.text() != text, "{} {:?}", &path, &action);
                        let Some(again) = parse(toolchain, &edited.text()) else {
                            return Err(TestCaseError::fail(format!("unreadable after {path} {action:?}: {:?}", edited.text())));
                        };
                        prop_assert_eq!(meaning(&edited), meaning(&again));
                    }
                }
            }
        }
    }

    /// What is read is what other readers take, with the same values.
    #[test]
    fn other_readers_read_the_same((toolchain, text) in text()) {
        let ours = parse(toolchain, &text);
        match toolchain {
            Toolchain::AppConfigToml => {
                prop_assert_eq!(ours.is_some(), crate::readers::toml(&text).is_some(), "{:?}", Config::parse(toolchain, text.as_bytes()).err());
            }
            Toolchain::AppConfigJson if !text.trim().is_empty() => {
                let strict: Result<serde_json::Value, _> = serde_json::from_str(&text);
                if let Ok(strict) = strict {
                    let root = ours.as_ref().and_then(|config| config.documents()[0].root());
                    prop_assert_eq!(root.map(|root| root.value().to_json()), Some(strict));
                }
            }
            Toolchain::AppConfigProperties if text.is_ascii() => {
                if let (Some(ours), Some(seen)) = (ours, crate::readers::properties(&text)) {
                    let mut own: crate::readers::Seen = Default::default();
                    for (path, node) in leaves(&ours) {
                        if !node.is_collection() {
                            let keys: Vec<String> = path.0.iter().map(|step| match step {
                                Step::Key(key) => key.clone(),
                                Step::Index(index) => index.to_string(),
                            }).collect();
                            own.insert(keys.join(".").trim_end_matches('.').to_owned(), node.scalar().into_owned());
                        }
                    }
                    let seen: crate::readers::Seen = seen.into_iter().map(|(key, value)| (key.trim_end_matches('.').to_owned(), value)).collect();
                    // The other reader takes `#` behind an empty continued line for a comment,
                    // which Java does not, and loses an entry whose last sign is a lone backslash;
                    // `a.` and `a` are one path here.
                    let odd = text.split(['\n', '\r']).any(|line| line.trim() == "\\");
                    // Keys with empty parts can share a path with the value of the empty key.
                    let hollow = |key: &String| {
                        key.is_empty() || key.starts_with('.') || key.contains("..")
                    };
                    let odd = odd || seen.keys().any(hollow);
                    if !odd && !text.ends_with('\\') && !text.contains("a.=") {
                        prop_assert_eq!(own, seen);
                    }
                }
            }
            _ => {}
        }
    }
}
