//! Tables: the columns of an entity, declared once, shown in two ways (a list
//! has one row a record, the detail view one row a column).

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::record;

/// How an entity is listed.
pub(crate) struct Listing {
    /// The entity's property in its extended form, such as `Unit`; empty when
    /// records are bare.
    pub(crate) entity: &'static str,
    /// The field that `-o name` prints.
    pub(crate) name: &'static str,
    /// References the columns need expanded.
    pub(crate) include: &'static str,
    pub(crate) columns: &'static [Column],
}

/// One column: its header, the fields it reads, and how it shows them.
pub(crate) struct Column {
    header: &'static str,
    fields: &'static [&'static str],
    show: fn(&[&Value]) -> String,
    visible: Visible,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visible {
    Always,
    Wide,
    Detail,
}

impl Column {
    /// A column that shows one field as it is.
    pub(crate) const fn new(header: &'static str, fields: &'static [&'static str]) -> Self {
        Self {
            header,
            fields,
            show: first,
            visible: Visible::Always,
        }
    }

    pub(crate) const fn shown(mut self, show: fn(&[&Value]) -> String) -> Self {
        self.show = show;
        self
    }

    /// Shown with `-o wide` and in the detail view.
    pub(crate) const fn wide(mut self) -> Self {
        self.visible = Visible::Wide;
        self
    }

    /// Shown in the detail view only.
    pub(crate) const fn detail(mut self) -> Self {
        self.visible = Visible::Detail;
        self
    }

    fn cell(&self, record: &Value) -> String {
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|field| record::at(record, field))
            .collect();
        (self.show)(&fields)
    }
}

fn first(fields: &[&Value]) -> String {
    fields
        .first()
        .map(|value| record::plain(value))
        .unwrap_or_default()
}

/// For [`Column::shown`]: a time.
pub(crate) fn time(fields: &[&Value]) -> String {
    fields
        .first()
        .map(|value| record::time(value))
        .unwrap_or_default()
}

/// For [`Column::shown`]: the first line, cut where a table gets too wide.
pub(crate) fn short(fields: &[&Value]) -> String {
    let text = first(fields);
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

impl Listing {
    /// The `select` that fetches what a list shows and no more: its own fields
    /// and the references it expands.
    pub(crate) fn select(&self, wide: bool) -> String {
        let own = |field: &&'static str| match field.split_once('.') {
            Some((entity, own)) if entity == self.entity => own.split('.').next(),
            _ => None,
        };
        let fields = self.shown_in_list(wide).flat_map(|column| column.fields);
        let included = self.include.split(',').filter(|name| !name.is_empty());
        let mut names: Vec<&str> = Vec::new();
        for name in fields.filter_map(own).chain(included) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(",")
    }

    fn shown_in_list(&self, wide: bool) -> impl Iterator<Item = &'static Column> {
        self.columns
            .iter()
            .filter(move |column| match column.visible {
                Visible::Always => true,
                Visible::Wide => wide,
                Visible::Detail => false,
            })
    }

    /// One row a record.
    pub(crate) fn list(&self, records: &[Value], wide: bool, headers: bool) -> String {
        let columns: Vec<_> = self.shown_in_list(wide).collect();
        let headings: Vec<_> = columns.iter().map(|column| column.header).collect();
        let rows = records
            .iter()
            .map(|record| columns.iter().map(|column| column.cell(record)).collect())
            .collect();
        table(if headers { &headings } else { &[] }, rows)
    }

    /// One row a column; what is empty is left out.
    pub(crate) fn detail(&self, record: &Value) -> String {
        let rows = self
            .columns
            .iter()
            .map(|column| vec![column.header.to_owned(), column.cell(record)])
            .filter(|row| !row[1].is_empty())
            .collect();
        table(&[], rows)
    }
}

/// Left-aligned columns, two or more spaces apart, no lines, no trailing space.
pub(crate) fn table(headers: &[&str], rows: Vec<Vec<String>>) -> String {
    const GAP: usize = 3;
    let mut all = Vec::with_capacity(rows.len() + 1);
    if !headers.is_empty() {
        all.push(headers.iter().map(|header| header.to_uppercase()).collect());
    }
    all.extend(rows);
    let count = all.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = all.iter().filter_map(|row: &Vec<String>| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in &all {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + GAP - cell.width()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LISTING: Listing = Listing {
        entity: "Unit",
        name: "Unit.Slug",
        include: "SpaceID",
        columns: &[
            Column::new("Name", &["Unit.Slug"]),
            Column::new("Space", &["Space.Slug"]),
            Column::new("Changed", &["Unit.UpdatedAt"])
                .shown(time)
                .wide(),
            Column::new("Labels", &["Unit.Labels"]).detail(),
        ],
    };

    fn records() -> Vec<Value> {
        vec![
            json!({"Unit": {"Slug": "web", "UpdatedAt": "2026-11-03T10:20:30Z", "Labels": {"tier": "front"}}, "Space": {"Slug": "dev"}}),
            json!({"Unit": {"Slug": "größe"}}),
        ]
    }

    #[test]
    fn a_list_is_aligned_by_what_is_seen() {
        insta::assert_snapshot!(LISTING.list(&records(), true, true), @r"
        NAME    SPACE   CHANGED
        web     dev     2026-11-03 10:20:30Z
        größe
        ");
        insta::assert_snapshot!(LISTING.list(&records(), false, false), @r"
        web     dev
        größe
        ");
    }

    #[test]
    fn the_detail_view_leaves_out_what_is_empty() {
        insta::assert_snapshot!(LISTING.detail(&records()[0]), @r"
        Name      web
        Space     dev
        Changed   2026-11-03 10:20:30Z
        Labels    tier=front
        ");
    }

    #[test]
    fn only_what_is_shown_is_fetched() {
        assert_eq!(LISTING.select(false), "Slug,SpaceID");
        assert_eq!(LISTING.select(true), "Slug,UpdatedAt,SpaceID");
    }
}
