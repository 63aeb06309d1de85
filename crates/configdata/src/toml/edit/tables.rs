//! The lines of new tables: headers, entries, and the tables below them.

use super::Editor;
use crate::edit::Refusal;
use crate::toml::write;
use crate::value::Value;

impl Editor<'_> {
    /// The lines of a value that has headers: a table, or a list of them.
    pub(super) fn sections(
        &self,
        keys: &[String],
        value: &Value,
        lines: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        match value {
            Value::Map(entries) => self.section(keys, entries, lines),
            Value::List(elements) => {
                for element in elements {
                    if !lines.is_empty() {
                        lines.push(String::new());
                    }
                    lines.push(format!("[[{}]]", write::dotted(keys)));
                    if let Value::Map(entries) = element {
                        self.entries(keys, entries, lines)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn section(
        &self,
        keys: &[String],
        entries: &[(String, Value)],
        lines: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let own = entries.is_empty() || entries.iter().any(|(_, value)| !is_section(value));
        if own && !keys.is_empty() {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(format!("[{}]", write::dotted(keys)));
        }
        self.entries(keys, entries, lines)
    }

    pub(super) fn entries(
        &self,
        keys: &[String],
        entries: &[(String, Value)],
        lines: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        for (key, value) in entries.iter().filter(|(_, value)| !is_section(value)) {
            lines.push(self.line(std::slice::from_ref(key), value, None)?);
        }
        for (key, value) in entries.iter().filter(|(_, value)| is_section(value)) {
            let below: Vec<String> = keys.iter().chain([key]).cloned().collect();
            self.sections(&below, value, lines)?;
        }
        Ok(())
    }
}

/// Whether a value is written with headers of its own: a map, or a list of maps.
pub(super) fn is_section(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::List(values) => {
            !values.is_empty() && values.iter().all(|value| matches!(value, Value::Map(_)))
        }
        _ => false,
    }
}
