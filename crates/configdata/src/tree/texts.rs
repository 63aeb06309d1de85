//! Texts of scalars that are not as they stand in the document.

/// Words that many trees of a format have in common.
pub(crate) type Words = &'static [&'static str];

const NO_WORDS: &Words = &(&[] as Words);

/// Places from here on are those of words.
const FIRST_WORD: u32 = u32::MAX - 0xff;

/// Texts, each known by its place. In one string, so that a tree with many costs one allocation:
/// each begins with its length, in digits of five bits.
#[derive(Clone)]
pub(crate) struct Texts {
    all: String,
    words: &'static Words,
}

impl Default for Texts {
    fn default() -> Self {
        Self::with_words(NO_WORDS)
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.all)
    }
}

impl Texts {
    pub(crate) fn with_words(words: &'static Words) -> Self {
        Self {
            all: String::new(),
            words,
        }
    }

    /// No texts, and the same words.
    pub(super) fn emptied(&self) -> Self {
        Self::with_words(self.words)
    }

    /// How many bytes they take.
    pub(crate) fn size(&self) -> usize {
        self.all.len()
    }

    /// Adds a text and answers its place.
    pub(crate) fn push(&mut self, text: &str) -> u32 {
        if let Some(word) = self.words.iter().position(|word| *word == text) {
            return FIRST_WORD + super::narrow(word);
        }
        let place = super::narrow(self.all.len());
        let mut length = text.len();
        while length > 31 {
            self.all.push(digit(0x40, length));
            length >>= 5;
        }
        self.all.push(digit(0x60, length));
        self.all.push_str(text);
        place
    }

    pub(crate) fn get(&self, place: u32) -> &str {
        if place >= FIRST_WORD {
            let word = self.words.get((place - FIRST_WORD) as usize);
            return word.copied().unwrap_or_default();
        }
        let digits = self.all.as_bytes().get(place as usize..).unwrap_or(&[]);
        let (mut length, mut at) = (0, 0);
        for digit in digits.iter().take(8) {
            length |= (*digit as usize & 31) << (5 * at);
            at += 1;
            if digit & 0x20 != 0 {
                break;
            }
        }
        let start = place as usize + at;
        self.all.get(start..start + length).unwrap_or_default()
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.all.shrink_to_fit();
    }
}

/// The lowest five bits, as a character: `@` to `_` when more follow, `` ` `` and on for the last.
fn digit(mark: u8, length: usize) -> char {
    char::from(mark | (length & 31) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_out_as_they_went_in() {
        const WORDS: Words = &["word"];
        let mut texts = Texts::with_words(&WORDS);
        let long = "ä".repeat(40_000);
        let cases = [
            "",
            "a",
            "word",
            &long[..62],
            "words",
            &long[..64],
            &long,
            "\0é",
        ];
        let places = cases.map(|text| texts.push(text));
        for (text, place) in cases.iter().zip(places) {
            assert_eq!(texts.get(place), *text);
        }
        assert_eq!(texts.get(u32::MAX - 1), "", "there is no such word");
        assert_eq!(Texts::default().get(7), "", "there is no such place");
    }
}
