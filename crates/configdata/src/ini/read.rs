//! Reading INI files: lines into maps.

use std::collections::HashSet;

use super::lines::{Line, lines};
use crate::format::Segment;
use crate::limits;
use crate::parse_error::ParseError;
use crate::tree::{NodeId, Shape, Style};
use crate::tree_builder::TreeBuilder;

pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let (lines, comments) = lines(text)?;
    let mut builder = TreeBuilder::new(text);
    let root = builder.mapping(0..0, Style::Lines);
    for comment in comments {
        builder.comment(comment);
    }
    let sections: HashSet<&[String]> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Header(_, keys) => Some(keys),
            Line::Entry(_) => None,
        })
        .flat_map(|keys| {
            let depth = keys.len().min(limits::MAX_DEPTH);
            (1..=depth).map(|length| &keys[..length])
        })
        .collect();
    let mut here = root;
    let mut path: Vec<String> = Vec::new();
    for line in &lines {
        match line {
            Line::Header(span, keys) => {
                builder.check_size(span.start)?;
                if keys.len() >= limits::MAX_DEPTH {
                    let message =
                        format!("the section nests deeper than {} maps", limits::MAX_DEPTH);
                    return Err(ParseError::at(text, span.start, message));
                }
                here = root;
                for (at, key) in keys.iter().enumerate() {
                    here = section(&mut builder, here, span, key, at + 1 == keys.len());
                }
                path.clone_from(keys);
            }
            Line::Entry(entry) => {
                builder.check_size(entry.key.start)?;
                let name = &text[entry.key.clone()];
                path.push(name.to_owned());
                // A key that is a section as well keeps its value under the empty key.
                let is_section = sections.contains(path.as_slice());
                path.pop();
                let map = if is_section {
                    section(
                        &mut builder,
                        here,
                        &(entry.key.end..entry.key.end),
                        name,
                        false,
                    )
                } else {
                    here
                };
                let key = builder.scalar(
                    entry.key.clone(),
                    Style::Bare,
                    if is_section { "" } else { name },
                );
                let value = builder.scalar(entry.span.clone(), entry.style, &entry.meaning);
                builder.entry(map, key, value);
            }
        }
    }
    Ok(vec![Segment {
        range: 0..text.len(),
        tree: builder.finish(root),
    }])
}

/// The map of a section below another. Its span is that of its first own header, or empty when it
/// has none.
fn section(
    builder: &mut TreeBuilder<'_>,
    above: NodeId,
    header: &std::ops::Range<usize>,
    key: &str,
    own: bool,
) -> NodeId {
    let span = if own {
        header.clone()
    } else {
        header.start..header.start
    };
    if let Some((_, map)) = builder.find(above, key)
        && builder.node(map).shape() == Shape::Mapping
    {
        if own && builder.node(map).start == builder.node(map).end {
            builder.set_span(map, span);
        }
        return map;
    }
    let name = builder.scalar(header.clone(), Style::Bare, key);
    let map = builder.mapping(span, Style::Lines);
    builder.entry(above, name, map);
    map
}
