//! Texts that are large, deep or odd: each is read, or refused with its place, in time and memory
//! in proportion to its size. Nothing here measures time: what is quadratic makes these tests take
//! minutes.

use cubit_configdata::merge::{MergeOptions, merge};
use cubit_configdata::mutation::compute;
use cubit_configdata::{Config, Edit, Path, Toolchain, limits};

const MILLION: usize = 1_000_000;
const MANY: usize = 100_000;
/// Where every element is work of its own.
const FEWER: usize = 10_000;

/// A text that nests so many levels.
type Nest = fn(usize) -> String;

/// A format with the texts it can be hurt with. Where the format has no such thing, a field is
/// empty.
struct Format {
    toolchain: Toolchain,
    /// Texts that nest to a depth: the text of so many levels, and how many of them are allowed.
    nests: &'static [(Nest, usize)],
    /// A list or map of so many elements, and the path of the one at a position.
    wide: fn(usize) -> String,
    place: fn(usize) -> String,
    /// A map of the keys `k0`, `k1`, ... in an order, each holding its number plus an offset.
    keys: fn(&mut dyn Iterator<Item = usize>, usize) -> String,
    /// Whether a key may stand twice.
    repeats: bool,
    /// A value of so many bytes on one line.
    long: fn(usize) -> String,
    /// A text without its line breaks, one element a line.
    lines: &'static [&'static str],
}

/// `head`, so many times `open`, `middle`, so many times `close`, `tail`.
fn brackets(
    head: &str,
    open: &str,
    middle: &str,
    close: &str,
    tail: &str,
    levels: usize,
) -> String {
    [
        head,
        &open.repeat(levels),
        middle,
        &close.repeat(levels),
        tail,
    ]
    .concat()
}

/// One line an element, from the numbers `0..count`.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

const YAML: Format = Format {
    toolchain: Toolchain::AppConfigYaml,
    nests: &[
        (|n| brackets("", "[", "1", "]", "\n", n), 128),
        (|n| brackets("", "{a: ", "1", "}", "\n", n), 128),
        (|n| brackets("", "- ", "1", "", "\n", n), 128),
        (|n| brackets("", "? ", "1", "", "\n", n), 128),
        (
            |n| {
                // Text grows with the square of the depth: a few thousand levels are enough.
                (0..n.min(3000))
                    .map(|at| format!("{}a:\n", " ".repeat(at)))
                    .collect()
            },
            128,
        ),
    ],
    wide: |n| lines(n, |at| format!("- {at}\n")),
    place: |at| at.to_string(),
    keys: |order, offset| order.map(|n| format!("k{n}: {}\n", n + offset)).collect(),
    repeats: true,
    long: |n| format!("k0: {}\n", "x".repeat(n)),
    lines: &["k0: 0", "k1: 1"],
};

const JSON: Format = Format {
    toolchain: Toolchain::AppConfigJson,
    nests: &[
        (|n| brackets("", "[", "1", "]", "\n", n), 128),
        (|n| brackets("", "{\"a\":", "1", "}", "\n", n), 128),
    ],
    wide: |n| brackets("[0", ",\n1", "", "", "]\n", n - 1),
    place: |at| at.to_string(),
    keys: |order, offset| {
        let entries: Vec<String> = order
            .map(|n| format!("  \"k{n}\": {}", n + offset))
            .collect();
        format!("{{\n{}\n}}\n", entries.join(",\n"))
    },
    repeats: true,
    long: |n| format!("{{\"k0\": \"{}\"}}\n", "x".repeat(n)),
    lines: &["{", "\"k0\": 0,", "\"k1\": 1", "}"],
};

const TOML: Format = Format {
    toolchain: Toolchain::AppConfigToml,
    nests: &[
        (|n| brackets("a = ", "[", "1", "]", "\n", n - 1), 128),
        (|n| brackets("a = ", "{a = ", "1", "}", "\n", n - 1), 128),
        (|n| brackets("a", ".a", " = 1", "", "\n", n - 1), 128),
        (|n| brackets("[a", ".a", "]", "", "\nb = 1\n", n - 2), 128),
    ],
    wide: |n| brackets("a = [\n0", ",\n1", "", "", "]\n", n - 1),
    place: |at| format!("a.{at}"),
    keys: |order, offset| order.map(|n| format!("k{n} = {}\n", n + offset)).collect(),
    repeats: false,
    long: |n| format!("k0 = \"{}\"\n", "x".repeat(n)),
    lines: &["k0 = 0", "k1 = 1"],
};

const HCL: Format = Format {
    toolchain: Toolchain::OpenTofuHcl,
    nests: &[
        (|n| brackets("a = ", "[", "1", "]", "\n", n), 128),
        (|n| brackets("a = ", "{ a = ", "1", "}", "\n", n), 128),
        (|n| brackets("a = ", "(", "1", ")", "\n", n), 128),
        (|n| brackets("a = ", "\"${", "1", "}\"", "\n", n), 128),
        (|n| brackets("a = ", "f(", "1", ")", "\n", n), 128),
        (|n| brackets("a = b", "[b", "", "]", "\n", n), 128),
        (|n| brackets("b {\n", "b {\n", "", "}\n", "}\n", n), 128),
    ],
    wide: |n| brackets("a = [\n0", ",\n1", "", "", "]\n", n - 1),
    place: |at| format!("a.{at}"),
    keys: |order, offset| order.map(|n| format!("k{n} = {}\n", n + offset)).collect(),
    repeats: false,
    long: |n| format!("k0 = \"{}\"\n", "x".repeat(n)),
    lines: &["k0 = 0", "k1 = 1"],
};

const PROPERTIES: Format = Format {
    toolchain: Toolchain::AppConfigProperties,
    nests: &[(|n| brackets("a", ".a", "=1", "", "\n", n - 1), 128)],
    wide: |n| lines(n, |at| format!("k{at}=1\n")),
    place: |at| format!("k{at}"),
    keys: |order, offset| order.map(|n| format!("k{n}={}\n", n + offset)).collect(),
    repeats: true,
    long: |n| format!("k0={}\n", "x".repeat(n)),
    lines: &["k0=0", "k1=1"],
};

const INI: Format = Format {
    toolchain: Toolchain::AppConfigIni,
    nests: &[(|n| brackets("[a", ".a", "]", "", "\nb=1\n", n - 2), 128)],
    wide: |n| lines(n, |at| format!("k{at}=1\n")),
    place: |at| format!("k{at}"),
    keys: |order, offset| order.map(|n| format!("k{n}={}\n", n + offset)).collect(),
    repeats: true,
    long: |n| format!("k0={}\n", "x".repeat(n)),
    lines: &["k0=0", "k1=1"],
};

const ENV: Format = Format {
    toolchain: Toolchain::AppConfigEnv,
    nests: &[],
    wide: |n| lines(n, |at| format!("k{at}=1\n")),
    place: |at| format!("k{at}"),
    keys: |order, offset| order.map(|n| format!("k{n}={}\n", n + offset)).collect(),
    repeats: true,
    long: |n| format!("k0={}\n", "x".repeat(n)),
    lines: &["k0=0", "k1=1"],
};

const FORMATS: &[&Format] = &[&YAML, &JSON, &TOML, &HCL, &PROPERTIES, &INI, &ENV];

fn parse(toolchain: Toolchain, text: &str) -> Config {
    Config::parse(toolchain, text.as_bytes())
        .unwrap_or_else(|error| panic!("{toolchain}: {error}\n{text:.200}"))
}

fn set(path: &str, value: i64) -> Edit {
    let path = Path::parse(path).expect("a path").resolved();
    Edit::set(0, path.expect("a plain path"), value)
}

/// A quarter of the stack that threads have by default; all of it where frames are as large as they
/// are without optimization.
const STACK: usize = if cfg!(debug_assertions) {
    2 << 20
} else {
    512 << 10
};

/// Runs in a thread with a small stack: whatever recurses as deep as the text overflows it.
fn with_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no panic");
}

#[test]
fn deep_texts_are_refused_with_their_place() {
    with_a_small_stack(|| {
        for format in FORMATS {
            for (nest, most) in format.nests {
                let text = nest(*most);
                let config = parse(format.toolchain, &text);
                for document in config.documents() {
                    let root = document.root().expect("a root");
                    root.visit_leaves(&mut |_, leaf| {
                        assert!(!leaf.is_collection() || leaf.is_empty());
                    });
                    assert_eq!(root.value(), root.value());
                }
                for levels in [most + 1, most * 2, MILLION] {
                    let text = nest(levels);
                    let error = Config::parse(format.toolchain, text.as_bytes())
                        .expect_err("a text that is too deep");
                    let place = (error.line, error.column);
                    assert!(place > (0, 0) && error.message.contains("deep"), "{error}");
                    assert!(error.line <= text.lines().count(), "{error}");
                }
            }
        }
    });
}

#[test]
fn unclosed_brackets_without_end_are_refused() {
    with_a_small_stack(|| {
        for format in FORMATS {
            for open in [
                "[", "{", "(", "\"", "'", "${", "\"${", "%{", "- ", "[[", "<<", "<", "\\", "&a ",
                "!a ", "? ", "a: ", "a.", "a=", "a{", "a\n{", "*", "|", ">\n",
            ] {
                for head in ["", "a = ", "a: "] {
                    let text = format!("{head}{}", open.repeat(FEWER));
                    // Whether it is text of the format does not matter: it ends.
                    let _ = Config::parse(format.toolchain, text.as_bytes());
                }
            }
        }
    });
}

#[test]
fn aliases_that_expand_without_end_are_refused() {
    let alias = |text: &mut String, merge: &str| {
        for level in 1..30 {
            let below = level - 1;
            let line = match merge {
                "" => format!("a{level}: &a{level} [*a{below}, *a{below}, *a{below}]\n"),
                merge => format!(
                    "a{level}: &a{level}\n  x: *a{below}\n  y: *a{below}\n  {merge}: *a{below}\n"
                ),
            };
            text.push_str(&line);
        }
    };
    for merge in ["", "<<", "z"] {
        let mut text = String::from("a0: &a0 {x: 1, y: 2}\n");
        alias(&mut text, merge);
        let error =
            Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect_err("too many values");
        assert!(error.line > 1, "{error}");
    }
}

#[test]
fn one_element_of_a_million_is_edited() {
    for format in FORMATS {
        let text = (format.wide)(MILLION);
        let mut config = parse(format.toolchain, &text);
        let path = (format.place)(MILLION / 2);
        config
            .apply(&[set(&path, 4242)])
            .unwrap_or_else(|error| panic!("{}: {error}", format.toolchain));
        let after = config.text();
        assert!(after.contains("4242"), "{}", format.toolchain);
        assert_eq!(after.lines().count(), text.lines().count());
    }
}

#[test]
fn a_key_that_stands_a_hundred_thousand_times() {
    for format in FORMATS {
        let text = (format.keys)(&mut std::iter::repeat_n(7, MANY), 0);
        match Config::parse(format.toolchain, text.as_bytes()) {
            Ok(mut config) => {
                assert!(format.repeats, "{}", format.toolchain);
                assert_eq!(config.duplicate_keys().count(), MANY - 1);
                config
                    .apply(&[set("k7", 4242)])
                    .expect("the last one is set");
                let text = config.text();
                assert_eq!(text.matches("4242").count(), 1, "{}", format.toolchain);
                let last = text.lines().rfind(|line| line.contains("k7"));
                assert!(last.is_some_and(|line| line.contains("4242")));
            }
            Err(error) => {
                assert!(!format.repeats, "{}", format.toolchain);
                assert_eq!(error.line, 2, "{error}");
            }
        }
    }
}

#[test]
fn maps_of_a_hundred_thousand_keys_in_another_order() {
    for format in FORMATS {
        let parse = |text: String| parse(format.toolchain, &text);
        let base = parse((format.keys)(&mut (0..MANY), 0));
        let reversed = parse((format.keys)(&mut (0..MANY).rev(), 0));
        assert_eq!(compute(&base, &reversed, 1), [], "{}", format.toolchain);
        let options = MergeOptions::default();
        let merged = merge(&base, &reversed, &base, &options).expect("a merge");
        assert_eq!(compute(&merged.config, &base, 1), []);

        let base = parse((format.keys)(&mut (0..FEWER), 0));
        let changed = parse((format.keys)(&mut (0..FEWER).rev(), 1));
        let changes = compute(&base, &changed, 1);
        assert_eq!(changes[0].path_mutation_map.len(), FEWER);
        let merged = merge(&base, &changed, &base, &options).expect("a merge");
        assert_eq!(
            compute(&merged.config, &changed, 1),
            [],
            "{}",
            format.toolchain
        );
    }
}

#[test]
fn a_line_of_ten_million_bytes() {
    for format in FORMATS {
        let text = (format.long)(10_000_000);
        let mut config = parse(format.toolchain, &text);
        config.apply(&[set("k0", 4242)]).expect("an edit");
        assert!(config.text().len() < 100, "{}", format.toolchain);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    for toolchain in Toolchain::all() {
        let cases: [(&[u8], usize, usize); 3] = [
            (b"k0=1\n\xc3\xa9\xff\n", 2, 2),
            (b"k0=1\nk\0=1\n", 2, 2),
            (b"k0=1\n\xed\xa0\x80\n", 2, 1),
        ];
        for (bytes, line, column) in cases {
            let error = Config::parse(toolchain, bytes).expect_err("no text");
            assert_eq!((error.line, error.column), (line, column), "{error}");
        }
    }
}

#[test]
fn line_ends_and_marks_are_kept() {
    for format in FORMATS {
        for (mark, end) in [("", "\r\n"), ("\u{feff}", "\n"), ("\u{feff}", "\r\n")] {
            let lines: String = format
                .lines
                .iter()
                .map(|line| [line, end].concat())
                .collect();
            let text = format!("{mark}{lines}");
            let mut config = parse(format.toolchain, &text);
            assert_eq!(config.text(), text);
            config.apply(&[set("k1", 4242)]).expect("an edit");
            assert_eq!(
                config.text(),
                text.replace("1\r\n", "4242\r\n")
                    .replace("1\n", "4242\n")
                    .replace("k4242", "k1")
            );
        }
        // A carriage return alone ends a line in some formats and is refused in others.
        let text = format.lines.join("\r");
        if let Ok(config) = Config::parse(format.toolchain, text.as_bytes()) {
            assert_eq!(config.text(), text);
        }
    }
}

#[test]
fn text_that_is_too_long_is_refused_unread() {
    // Not one of these bytes is text: whoever looked would say so.
    let bytes = vec![0xff; limits::MAX_BYTES + 1];
    for toolchain in Toolchain::all() {
        let error = Config::parse(toolchain, &bytes).expect_err("too long");
        assert!(error.message.contains("67108864"), "{error}");
    }
}
