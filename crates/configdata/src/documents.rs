//! Documents that come to a text and leave it. The others keep their bytes.

use crate::config::Config;
use crate::document::Document;
use crate::parse_error::ParseError;

impl Config {
    /// The text with the documents of another text of the same format at its end.
    ///
    /// # Errors
    /// Text that the format does not allow, with its place in that text; or that grows too long.
    pub fn with_documents(&self, added: &str) -> Result<Self, ParseError> {
        let added = Self::parse(self.toolchain(), added.as_bytes())?;
        let mut text = self.text().into_owned();
        for document in added.documents() {
            self.append(&mut text, document);
        }
        Self::parse(self.toolchain(), text.as_bytes())
    }

    /// The text with one of its documents replaced by those of another text of the same format.
    ///
    /// # Errors
    /// As [`Config::with_documents`].
    pub fn with_document_replaced(&self, index: usize, by: &str) -> Result<Self, ParseError> {
        let by = Self::parse(self.toolchain(), by.as_bytes())?;
        let mut text = String::new();
        for (at, document) in self.documents().iter().enumerate() {
            if at == index {
                for document in by.documents() {
                    self.append(&mut text, document);
                }
            } else {
                self.append(&mut text, document);
            }
        }
        Self::parse(self.toolchain(), text.as_bytes())
    }

    /// The text without some of its documents.
    ///
    /// # Errors
    /// What is left cannot be read: text of several documents may need what the first ones say.
    pub fn without_documents(&self, gone: &[usize]) -> Result<Self, ParseError> {
        let mut text = String::new();
        for (at, document) in self.documents().iter().enumerate() {
            if !gone.contains(&at) {
                text.push_str(document.text());
            }
        }
        Self::parse(self.toolchain(), text.as_bytes())
    }

    fn append(&self, text: &mut String, document: &Document) {
        let part = self
            .toolchain()
            .format()
            .following(text, &document.text, &document.tree);
        text.push_str(&part);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Toolchain};

    #[test]
    fn documents_come_and_go() {
        let config = |text: &str| {
            Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable")
        };
        let two = config("# one\na: 1\n---\n# two\nb: 2\n");
        for (after, text) in [
            (
                two.with_documents("c: 3\n"),
                "# one\na: 1\n---\n# two\nb: 2\n---\nc: 3\n",
            ),
            (two.without_documents(&[1]), "# one\na: 1\n"),
            (two.without_documents(&[0]), "---\n# two\nb: 2\n"),
            (two.without_documents(&[0, 1]), ""),
            (
                two.with_document_replaced(0, "c: 3\n---\nd: 4"),
                "c: 3\n---\nd: 4\n---\n# two\nb: 2\n",
            ),
            (
                two.with_document_replaced(1, "c: 3\n"),
                "# one\na: 1\n---\nc: 3\n",
            ),
        ] {
            assert_eq!(after.expect("readable").text(), text);
        }
    }
}
