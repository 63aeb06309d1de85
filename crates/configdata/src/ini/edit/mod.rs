//! Editing INI files: values in place, entries as whole lines, sections as blocks ([`sections`]).

mod sections;

use super::value::{self, BLANKS};
use crate::edit::{Action, Refusal};
use crate::entry_lines::{above, below, line_begin, line_end, line_ending, whole_lines};
use crate::line_comment;
use crate::path::{ResolvedPath, Step};
use crate::plain_value::text_of;
use crate::splice::Splice;
use crate::tree::{Kind, NodeRef, Style, Tree};
use crate::value::Value;

type Planned = Result<Vec<Splice>, Refusal>;
type Entry<'a> = (NodeRef<'a>, NodeRef<'a>);

/// An INI file under edit.
pub(super) struct Editor<'a> {
    text: &'a str,
    root: NodeRef<'a>,
}

impl<'a> Editor<'a> {
    pub(super) fn new(text: &'a str, tree: &'a Tree) -> Result<Self, Refusal> {
        let id = tree
            .root
            .ok_or_else(|| Refusal::new(0, "the document has no root"))?;
        let root = NodeRef { text, tree, id };
        Ok(Self { text, root })
    }

    pub(super) fn plan(&self, path: &ResolvedPath, action: &Action) -> Planned {
        let keys: Vec<String> = path
            .0
            .iter()
            .map(|step| match step {
                Step::Key(key) => key.clone(),
                Step::Index(index) => index.to_string(),
            })
            .collect();
        let node = self.root.find(path);
        match (action, node) {
            (Action::Set(value) | Action::SetAfter { value, .. }, Some(node)) => {
                if node.is_collection() {
                    self.set_section(node, &keys, value)
                } else {
                    self.set(self.entry_at(&keys, node), value)
                }
            }
            (Action::Set(value), None) => self.create(&keys, value, None),
            (Action::SetAfter { value, after }, None) => {
                self.create(&keys, value, Some(after.as_deref()))
            }
            (Action::Delete, Some(node)) => self.delete(&keys, node),
            (Action::Delete, None) => Ok(vec![]),
            (Action::Comment(_), Some(node)) if node.source().contains('\n') => Err(Refusal::new(
                node.span().start,
                "a value of several lines has no room for a comment",
            )),
            (Action::Comment(text), Some(node)) => {
                let first = self.root.tree.comments.first();
                let sign = first.map_or(";", |first| &self.text[first.start as usize..][..1]);
                line_comment::plan(self.text, self.root.tree, node.id, sign, text)
            }
            (Action::Comment(_), None) => Err(Refusal::new(0, "there is nothing at this path")),
            (Action::Insert(_), _) => {
                Err(Refusal::new(0, "INI files have no lists to insert into"))
            }
        }
    }

    /// The key and value nodes of a scalar.
    fn entry_at(&self, keys: &[String], node: NodeRef<'a>) -> Entry<'a> {
        let above = keys.split_last().and_then(|(last, above)| {
            let map = above.iter().try_fold(self.root, |map, key| map.get(key))?;
            map.entry(last)
        });
        above.unwrap_or((node, node))
    }

    /// The entries of a map that are keys with values, in the order of the text.
    fn entries(&self, map: NodeRef<'a>) -> impl Iterator<Item = Entry<'a>> {
        let at = move |id| NodeRef { id, ..map };
        map.tree
            .entries(map.id)
            .map(move |(key, value)| (at(key), at(value)))
            .filter(|(key, value)| !value.is_collection() && !key.scalar().is_empty())
    }

    fn set(&self, (key, node): Entry<'_>, value: &Value) -> Planned {
        let span = node.span();
        let sign_end = self.text[..span.start].trim_end_matches(BLANKS).len();
        if *value == Value::Null {
            return Ok(match node.kind() {
                Kind::Null => vec![],
                _ => vec![Splice::remove(key.span().end..span.end)],
            });
        }
        let new = text_of(value, span.start)?;
        if node.kind() != Kind::Null && node.scalar() == new {
            return Ok(vec![]);
        }
        let comments = &self.root.tree.comments;
        let inside = comments.partition_point(|c| (c.start as usize) < span.start);
        if comments
            .get(inside)
            .is_some_and(|c| (c.start as usize) < span.end)
        {
            return Err(Refusal::new(
                span.start,
                "comments stand between the lines of this value and would be lost",
            ));
        }
        if new.contains('\n')
            && line_comment::line_comment(self.text, self.root.tree, node.id).is_some()
        {
            return Err(Refusal::new(
                span.start,
                "a comment stands behind this value: a value of several lines has no room for it",
            ));
        }
        let new = self.write(&new, node, key)?;
        Ok(vec![if node.kind() == Kind::Null {
            let separator = self.separator(None);
            Splice::new(span, format!("{separator}{new}").trim_end_matches(BLANKS))
        } else if new.is_empty() {
            Splice::remove(sign_end..span.end)
        } else if span.is_empty() {
            self.fill(span.start, key, &new)
        } else if new.starts_with(['\n', '\r']) {
            Splice::new(sign_end..span.end, new)
        } else {
            let line = &self.text[sign_end..span.start];
            let first = node.scalar().starts_with('\n');
            let gap = if first && line.is_empty() { " " } else { "" };
            Splice::new(span, format!("{gap}{new}"))
        }])
    }

    /// Puts a value behind a sign that has none.
    fn fill(&self, behind: usize, key: NodeRef<'_>, new: &str) -> Splice {
        let end = line_end(self.text, behind);
        let blanks =
            self.text[behind..end].len() - self.text[behind..end].trim_start_matches(BLANKS).len();
        let before = &self.text[key.span().end..behind];
        let gap = if before == "=" && blanks == 0 || new.starts_with(['\n', '\r']) {
            ""
        } else {
            " "
        };
        let tail = if behind + blanks < end { " " } else { "" };
        Splice::new(behind..behind + blanks, format!("{gap}{new}{tail}"))
    }

    /// The text of a value in the place of another.
    fn write(&self, text: &str, old: NodeRef<'_>, key: NodeRef<'_>) -> Result<String, Refusal> {
        if !text.contains(['\n', '\r']) {
            return Ok(value::write(text, old.style()));
        }
        let source = old.source();
        let own = key.span().start;
        let margin = &self.text[line_begin(self.text, own)..own];
        // The indentation of the last line of the old value, or four blanks more than the key's.
        let last = source
            .rsplit(['\n', '\r'])
            .next()
            .filter(|_| source.contains(['\n', '\r']));
        let indent = match last {
            Some(last) => last[..last.len() - last.trim_start_matches(BLANKS).len()].to_owned(),
            None => format!("{margin}    "),
        };
        value::write_lines(text, &indent, line_ending(self.text)).ok_or_else(|| {
            Refusal::new(
                old.span().start,
                "a value of several lines can have no comment signs, no blanks at the ends of its lines and no empty line at its end",
            )
        })
    }

    /// The sign between key and value with the blanks around it, as an entry has it, or the first
    /// one of the file.
    fn separator(&self, neighbour: Option<Entry<'_>>) -> String {
        let of = |(key, node): Entry<'_>| {
            let between = &self.text[key.span().end..node.span().start];
            let empty = node.span().is_empty() && between.starts_with(BLANKS);
            (!between.is_empty()).then(|| format!("{between}{}", if empty { " " } else { "" }))
        };
        neighbour
            .and_then(of)
            .or_else(|| self.first_separator(self.root, &of))
            .unwrap_or_else(|| " = ".to_owned())
    }

    fn first_separator(
        &self,
        map: NodeRef<'a>,
        of: &dyn Fn(Entry<'_>) -> Option<String>,
    ) -> Option<String> {
        let own = self.entries(map).find_map(of);
        own.or_else(|| {
            map.entries()
                .filter(|(_, node)| node.is_collection())
                .find_map(|(_, node)| self.first_separator(node, of))
        })
    }

    fn line(
        &self,
        key: &str,
        value: &Value,
        neighbour: Option<Entry<'_>>,
    ) -> Result<String, Refusal> {
        let offset = neighbour.map_or(0, |(key, _)| key.span().start);
        let odd = key.is_empty()
            || key.trim() != key
            || key.contains(['=', ':', '\n', '\r'])
            || key.starts_with(['[', ';', '#', '!'])
            || value::comment_in(key).is_some();
        if odd {
            return Err(Refusal::new(
                offset,
                format!("{key:?} cannot be a key of an INI file"),
            ));
        }
        let indent = &self.text[line_begin(self.text, offset)..offset];
        let text = match value {
            Value::Null => return Ok(format!("{indent}{key}")),
            value => text_of(value, offset)?,
        };
        let new = if text.contains(['\n', '\r']) {
            let margin = format!("{indent}    ");
            value::write_lines(&text, &margin, line_ending(self.text)).ok_or_else(|| {
                Refusal::new(
                    offset,
                    "this text of several lines cannot be written in an INI file",
                )
            })?
        } else {
            value::write(&text, Style::Bare)
        };
        let line = format!("{indent}{key}{}{new}", self.separator(neighbour));
        Ok(line
            .trim_end_matches(BLANKS)
            .replace(" \n", "\n")
            .replace(" \r", "\r"))
    }

    fn create(&self, keys: &[String], value: &Value, after: Option<Option<&str>>) -> Planned {
        let mut map = self.root;
        let mut depth = 0;
        while let Some(next) = keys.get(depth).and_then(|key| map.get(key))
            && next.is_collection()
        {
            map = next;
            depth += 1;
        }
        let direct = depth + 1 == keys.len() && !matches!(value, Value::Map(_));
        let has_lines = depth == 0 || !map.span().is_empty();
        if let Some(key) = keys.last()
            && direct
            && has_lines
        {
            return self.create_entry(map, key, value, after);
        }
        let (section, entries) = match (value, keys.split_last()) {
            (Value::Map(entries), _) => (keys, entries.clone()),
            (_, Some((last, above))) => (above, vec![(last.clone(), value.clone())]),
            (_, None) => return Err(Refusal::new(0, "the whole document is a map of sections")),
        };
        let mut lines = Vec::new();
        self.section(section, &entries, &mut lines)?;
        Ok(vec![self.place(map, &lines)])
    }

    fn create_entry(
        &self,
        map: NodeRef<'a>,
        key: &str,
        value: &Value,
        after: Option<Option<&str>>,
    ) -> Planned {
        if after == Some(None)
            && let Some(first) = self.entries(map).next()
        {
            let line = self.line(key, value, Some(first))?;
            return Ok(vec![above(self.text, first.0.span().start, &line)]);
        }
        let named = |name: &str| {
            let entries = self.entries(map);
            entries.filter(|(key, _)| key.scalar() == name).last()
        };
        let sibling = after.flatten().and_then(named);
        let neighbour = sibling.or_else(|| self.entries(map).last());
        let line = self.line(key, value, neighbour)?;
        Ok(vec![match neighbour {
            Some((_, node)) => below(self.text, node.span().end, &line),
            None if map.span().is_empty() => self.first_of_file(&line),
            None => below(self.text, map.span().start, &line),
        }])
    }

    fn delete(&self, keys: &[String], node: NodeRef<'a>) -> Planned {
        let Some((last, above)) = keys.split_last() else {
            return Err(Refusal::new(
                0,
                "a whole document is removed as a resource, not by its empty path",
            ));
        };
        if node.is_collection() {
            return self.removals(keys, false);
        }
        let (key, _) = self.entry_at(keys, node);
        let map = above.iter().try_fold(self.root, |map, key| map.get(key));
        let same = map.map_or(0, |map| {
            let named = |id| NodeRef { id, ..self.root }.scalar() == *last;
            let entries = self.root.tree.entries(map.id);
            entries.filter(|(key, _)| named(*key)).count()
        });
        if same > 1 {
            return Err(Refusal::new(
                key.span().start,
                format!(
                    "the key {last} stands {same} times in this section: removing one would bring back another"
                ),
            ));
        }
        let range = whole_lines(self.text, key.span().start, node.span().end);
        Ok(vec![Splice::remove(range)])
    }
}
