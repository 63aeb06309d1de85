//! Sections of INI files as blocks of lines: where a new one goes, and what goes with an old one.

use super::{Editor, Planned};
use crate::edit::Refusal;
use crate::entry_lines::{
    above, at_end, below, line_ending, whole_block, whole_lines, with_comments_above,
};
use crate::ini::lines::{Line, Lines};
use crate::splice::Splice;
use crate::tree::NodeRef;
use crate::value::Value;

impl<'a> Editor<'a> {
    /// Lines before the first section.
    pub(super) fn first_of_file(&self, lines: &str) -> Splice {
        match self.headers().into_iter().min() {
            Some(first) => {
                let begin = with_comments_above(self.text, first, &[';', '#']);
                above(self.text, begin, lines)
            }
            None => at_end(self.text, lines),
        }
    }

    /// Where the first headers of all sections stand.
    fn headers(&self) -> Vec<usize> {
        let mut headers = Vec::new();
        let mut maps = vec![self.root];
        while let Some(map) = maps.pop() {
            if !map.span().is_empty() {
                headers.push(map.span().start);
            }
            maps.extend(
                map.entries()
                    .map(|(_, node)| node)
                    .filter(|node| node.is_collection()),
            );
        }
        headers
    }

    /// The end of the last line of a section and those below it.
    fn end_of(&self, map: NodeRef<'a>) -> usize {
        let mut end = map.span().end;
        let mut maps = vec![map];
        while let Some(map) = maps.pop() {
            for (_, node) in map.entries() {
                end = end.max(node.span().end);
                if node.is_collection() {
                    maps.push(node);
                }
            }
        }
        end
    }

    /// A new section behind those beside it.
    pub(super) fn place(&self, beside: NodeRef<'a>, lines: &[String]) -> Splice {
        let ending = line_ending(self.text);
        let mut block = lines.join(ending);
        let next = (beside.id != self.root.id)
            .then(|| self.end_of(beside))
            .and_then(|end| {
                self.headers()
                    .into_iter()
                    .filter(|start| *start > end)
                    .min()
            });
        if let Some(next) = next {
            block.push_str(ending);
            let begin = with_comments_above(self.text, next, &[';', '#']);
            return above(self.text, begin, &block);
        }
        if !self.text.trim().is_empty() && lines.first().is_some_and(|line| line.starts_with('[')) {
            block.insert_str(0, ending);
        }
        at_end(self.text, &block)
    }

    /// The lines of a section: its header, its keys, then the sections below it.
    pub(super) fn section(
        &self,
        keys: &[String],
        entries: &[(String, Value)],
        lines: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let is_map = |value: &Value| matches!(value, Value::Map(_));
        if !keys.is_empty()
            && (entries.is_empty() || entries.iter().any(|(_, value)| !is_map(value)))
        {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(header(keys)?);
        }
        for (key, value) in entries.iter().filter(|(_, value)| !is_map(value)) {
            lines.push(self.line(key, value, None)?);
        }
        for (key, value) in entries {
            if let Value::Map(entries) = value {
                let below: Vec<String> = keys.iter().chain([key]).cloned().collect();
                self.section(&below, entries, lines)?;
            }
        }
        Ok(())
    }

    /// Gives an existing section other entries; it is empty, or is to be.
    pub(super) fn set_section(&self, map: NodeRef<'a>, keys: &[String], value: &Value) -> Planned {
        let Value::Map(entries) = value else {
            return Err(Refusal::new(
                map.span().start,
                "a section holds keys: it cannot become a value",
            ));
        };
        if entries.is_empty() {
            let mut splices = self.removals(keys, true)?;
            splices.retain(|splice| !splice.range.is_empty());
            return Ok(splices);
        }
        if !map.is_empty() {
            return Err(Refusal::new(
                map.span().start,
                "the section has entries already",
            ));
        }
        let mut lines = Vec::new();
        self.section(keys, entries, &mut lines)?;
        let headed = !keys.is_empty() && lines.first().is_some_and(|line| *line == map.source());
        if headed {
            lines.remove(0);
            let block = lines.join(line_ending(self.text));
            return Ok(vec![below(self.text, map.span().end, &block)]);
        }
        Ok(vec![self.place(map, &lines)])
    }

    /// Removes all sections at and below a place, or, to leave it empty, all that is in them.
    pub(super) fn removals(&self, keys: &[String], keep: bool) -> Planned {
        let mut lines = Lines::of(self.text);
        let mut splices = Vec::new();
        // The section being read: its keys, and what of it goes.
        let mut here: Vec<&str> = Vec::new();
        let mut block: Option<(usize, usize)> = None;
        let mut flush = |block: &mut Option<(usize, usize)>| {
            if let Some((start, end)) = block.take() {
                splices.push(Splice::remove(whole_block(self.text, start, end)));
            }
        };
        let mut single = Vec::new();
        let goes = |path: &[&str]| {
            path.len() >= keys.len() && path.iter().zip(keys).all(|(own, key)| *own == key)
        };
        while let Some(line) = lines
            .next(&mut |_| {})
            .map_err(|error| Refusal::new(0, error.message))?
        {
            match line {
                Line::Header(header) => {
                    flush(&mut block);
                    let kept = keep && header.keys.len() == keys.len();
                    if goes(&header.keys) && !kept {
                        block = Some((header.span.start, header.span.end));
                    }
                    here = header.keys;
                }
                Line::Entry(entry) => {
                    let end = entry.span.end.max(entry.key.end);
                    if let Some((_, last)) = &mut block {
                        *last = end;
                        continue;
                    }
                    here.push(&self.text[entry.key.clone()]);
                    let goes = goes(&here);
                    here.pop();
                    if goes {
                        single.push((entry.key.start, end));
                    }
                }
            }
        }
        flush(&mut block);
        let single = single
            .into_iter()
            .map(|(start, end)| Splice::remove(whole_lines(self.text, start, end)));
        splices.extend(single);
        Ok(splices)
    }
}

/// The header of a section.
fn header(keys: &[String]) -> Result<String, Refusal> {
    let odd = |key: &String| {
        key.is_empty() || key.trim() != key || key.contains(['[', ']', '\n', '\r', '.'])
    };
    let quoted = keys.iter().any(|key| key.contains('"'));
    if keys.iter().any(odd) && !(quoted && keys.len() == 1) || quoted && keys.len() > 1 {
        return Err(Refusal::new(
            0,
            format!("{:?} cannot be the name of a section", keys.join(".")),
        ));
    }
    Ok(format!("[{}]", keys.join(".")))
}
