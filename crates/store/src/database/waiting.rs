//! Rows that were given to a transaction and are not in the database yet. They are written with the
//! next statement, or the commit, whichever comes first: many of a table in one statement. So a call
//! about many units does not go to the database for each row, and nothing that is asked misses one.

use std::borrow::Cow;
use std::collections::HashSet;

use uuid::Uuid;

use super::statement::{Argument, Statement};
use crate::column::placeholders;

/// Most values in one statement; both databases take a few more.
const MOST_VALUES: usize = 30_000;

/// Rows for one place.
#[derive(Debug)]
struct Group {
    /// `INSERT INTO table (columns)`.
    head: Cow<'static, str>,
    /// What follows the rows: what happens to those that are there.
    tail: Cow<'static, str>,
    rows: usize,
    values: Vec<Argument>,
    /// What rows are about, where no two may be about the same.
    keys: HashSet<Uuid>,
}

/// A row that is to be written.
#[derive(Debug)]
pub(crate) struct NewRow {
    /// `INSERT INTO table (columns)`.
    pub(crate) head: Cow<'static, str>,
    /// What follows the rows: what happens to those that are there.
    pub(crate) tail: Cow<'static, str>,
    /// A value for each column.
    pub(crate) values: Vec<Argument>,
    /// What the row is about, where no statement may have two about the same.
    pub(crate) key: Option<Uuid>,
    /// Whether rows of other tables may refer to it: it is written before them.
    pub(crate) is_referred_to: bool,
}

/// Rows that wait: those that others refer to, then in the order of the first of each group.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Group>);

impl Waiting {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a row can be written together with what waits.
    pub(super) fn takes(&self, row: &NewRow) -> bool {
        let group = self.group(row).and_then(|position| self.0.get(position));
        group.is_none_or(|group| {
            let is_new = row.key.is_none_or(|key| !group.keys.contains(&key));
            is_new && group.values.len() + row.values.len() <= MOST_VALUES
        })
    }

    fn group(&self, row: &NewRow) -> Option<usize> {
        let is_its = |group: &Group| group.head == row.head && group.tail == row.tail;
        self.0.iter().position(is_its)
    }

    pub(super) fn push(&mut self, row: NewRow) {
        let position = self.group(&row);
        match position.and_then(|position| self.0.get_mut(position)) {
            Some(group) => {
                group.rows += 1;
                group.values.extend(row.values);
                group.keys.extend(row.key);
            }
            None => {
                let position = if row.is_referred_to { 0 } else { self.0.len() };
                let group = Group {
                    head: row.head,
                    tail: row.tail,
                    rows: 1,
                    values: row.values,
                    keys: row.key.into_iter().collect(),
                };
                self.0.insert(position, group);
            }
        }
    }

    /// The statements that write what waits, and nothing waits any more.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Statement> + use<> {
        std::mem::take(&mut self.0).into_iter().map(|group| {
            let width = group.values.len() / group.rows.max(1);
            let rows: Vec<String> = (0..group.rows)
                .map(|row| format!("({})", placeholders(1 + row * width, width)))
                .collect();
            let sql = format!("{} VALUES {} {}", group.head, rows.join(", "), group.tail);
            let statement = Statement::new(sql);
            group.values.into_iter().fold(statement, Statement::bind)
        })
    }
}
