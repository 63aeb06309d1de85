//! Letters and digits, one by one: a letter whose capital is more than one letter has none here, as
//! in the reference implementation.

use std::sync::LazyLock;

use regex::Regex;

/// A kind of text, by what all of its characters are.
pub(super) struct Class(LazyLock<Option<Regex>>);

pub(super) static LETTERS: Class = Class(LazyLock::new(|| Regex::new(r"^\p{L}+$").ok()));
pub(super) static DIGITS: Class = Class(LazyLock::new(|| Regex::new(r"^\p{Nd}+$").ok()));
pub(super) static LETTERS_AND_DIGITS: Class =
    Class(LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}]+$").ok()));

impl Class {
    /// Whether a text is not empty and all of it is of this kind.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|class| class.is_match(text))
    }
}

pub(super) fn upper(c: char) -> char {
    only(c, c.to_uppercase())
}

pub(super) fn lower(c: char) -> char {
    match c {
        // The one capital whose small letter has two characters.
        'İ' => 'i',
        _ => only(c, c.to_lowercase()),
    }
}

/// How a letter begins a word: but for pairs of letters in one character as a capital.
pub(super) fn title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        _ => upper(c),
    }
}

pub(super) fn is_cased(c: char) -> bool {
    upper(c) != c || lower(c) != c || title(c) != c
}

fn only(c: char, mut mapped: impl ExactSizeIterator<Item = char>) -> char {
    match mapped.len() {
        1 => mapped.next().unwrap_or(c),
        _ => c,
    }
}
