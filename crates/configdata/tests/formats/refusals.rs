//! Texts that are no text of their format.

use cubit_configdata::Config;

use crate::table::FORMATS;

#[test]
fn wrong_text_is_refused_with_its_place() {
    for format in FORMATS {
        for (text, line, column) in format.wrong {
            let Err(error) = Config::parse(format.toolchain, text.as_bytes()) else {
                panic!("{}: {text:?} was read", format.toolchain);
            };
            assert_eq!(
                (error.line, error.column),
                (*line, *column),
                "{}: {text:?}: {error}",
                format.toolchain
            );
        }
    }
}

/// Nothing nests deep enough to exhaust the stack.
#[test]
fn deep_nesting_is_refused_or_read() {
    for format in FORMATS {
        for piece in format.pieces {
            let text = piece.repeat(100_000);
            let _ = Config::parse(format.toolchain, text.as_bytes());
            let _ = Config::parse(format.toolchain, format!("a = {text}").as_bytes());
        }
        for piece in ["[", "{\"a\":", "a = {a = ", "a.", "[a", "[[a."] {
            let _ = Config::parse(format.toolchain, piece.repeat(100_000).as_bytes());
        }
    }
}
