//! Pages of lists: `limit`, `after` and `order_by`.
//!
//! A page goes on behind the last entity of the one before it, by what that one was ordered by, its
//! cursor and its id. So an entity that is there all the time comes exactly once, whatever is
//! created or deleted meanwhile. A page is cut from what the caller may see, and so is the token.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use cubit_model::{BlobId, Entity, Extended, ExtendedUnit, OrganizationId};
use cubit_query::{Kind, OrderBy, Table, Value};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::access::Read;
use crate::expand::Expand;
use crate::list::{Plan, bad};
use crate::{HubError, ListQuery};

/// Most entities of a page.
const PAGE_LIMIT: usize = 1000;
/// Fewest rows read at once: many may be left out by what SQL does not evaluate.
const BATCH: usize = 128;

/// What a list answers, and where the next page begins.
#[derive(Debug, Clone, Default)]
pub struct Page<T> {
    /// The answers.
    pub rows: Vec<T>,
    /// The value of `after` for the next page, when there is one.
    pub next: Option<String>,
}

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

impl<T> Page<T> {
    /// The same page of other answers.
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

impl<T> From<Vec<T>> for Page<T> {
    fn from(rows: Vec<T>) -> Self {
        Self { rows, next: None }
    }
}

impl<T> Deref for Page<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.rows
    }
}

impl<T> DerefMut for Page<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.rows
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

/// Where an entity stands in a list.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    /// What the list is ordered by, unless it is by cursor.
    value: Value<'static>,
    cursor: i64,
    id: Uuid,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Token(String, serde_json::Value, i64, Uuid);

/// Which part of a list is asked for, in which order.
#[derive(Debug, Clone)]
pub(crate) struct Paging {
    order_text: String,
    pub(crate) order: Option<OrderBy>,
    after: Option<Place>,
    limit: Option<usize>,
}

impl Paging {
    /// Checks the parameters.
    pub(crate) fn new(query: &ListQuery, table: &Table) -> Result<Self, HubError> {
        let order = OrderBy::parse(&query.order_by, table).map_err(bad("order_by"))?;
        let limit = match query.limit.as_str() {
            "" => None,
            text => match text.parse() {
                Ok(limit @ 1..=PAGE_LIMIT) => Some(limit),
                _ => {
                    return Err(HubError::Invalid(format!(
                        "limit: expected a number from 1 to {PAGE_LIMIT}, got {text:?}"
                    )));
                }
            },
        };
        let order_text = match &order {
            Some(_) => query
                .order_by
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            None => String::new(),
        };
        let after = match query.after.as_str() {
            "" => None,
            text => {
                let kind = order.as_ref().map(|order| order.operand.kind);
                Some(read_token(text, &order_text, kind)?)
            }
        };
        Ok(Self {
            order_text,
            order,
            after,
            limit,
        })
    }

    /// Whether the list is cut while it is read: in the order of creation, as it is kept.
    fn is_walked(&self) -> bool {
        self.order.is_none() && (self.limit.is_some() || self.after.is_some())
    }

    fn place<X: Extended>(&self, row: &X) -> Place {
        let value = self.order.as_ref().map(|order| order.value(row));
        Place {
            value: value.unwrap_or(Value::Null),
            cursor: cursor_of(row.entity()),
            id: row.entity().uuid(),
        }
    }

    fn compare(&self, left: &Place, right: &Place) -> Ordering {
        let by_value = self.order.as_ref().map_or(Ordering::Equal, |order| {
            order.compare(&left.value, &right.value)
        });
        by_value.then((left.cursor, left.id).cmp(&(right.cursor, right.id)))
    }

    /// Orders rows and cuts the page out of them. Answers the token of the next one.
    pub(crate) fn cut<X: Extended>(&self, rows: &mut Vec<X>) -> Option<String> {
        if self.order.is_none() && self.limit.is_none() && self.after.is_none() {
            return None;
        }
        let mut placed: Vec<(Place, X)> =
            rows.drain(..).map(|row| (self.place(&row), row)).collect();
        if let Some(after) = &self.after {
            placed.retain(|(place, _)| self.compare(place, after).is_gt());
        }
        placed.sort_by(|(left, _), (right, _)| self.compare(left, right));
        let mut next = None;
        if let Some(limit) = self.limit
            && placed.len() > limit
        {
            placed.truncate(limit);
            next = placed.last().map(|(place, _)| self.token(place));
        }
        rows.extend(placed.into_iter().map(|(_, row)| row));
        next
    }

    fn token(&self, place: &Place) -> String {
        let value = match &place.value {
            Value::Text(text) => text.as_ref().into(),
            Value::Integer(number) => (*number).into(),
            Value::Time(time) => time.to_string().into(),
            Value::Uuid(id) => id.to_string().into(),
            Value::Boolean(flag) => (*flag).into(),
            _ => serde_json::Value::Null,
        };
        let token = Token(self.order_text.clone(), value, place.cursor, place.id);
        let json = serde_json::to_vec(&token).unwrap_or_default();
        json.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

fn read_token(text: &str, order_text: &str, kind: Option<Kind>) -> Result<Place, HubError> {
    let invalid = |why: &str| HubError::Invalid(format!("after: {why}"));
    let unknown = || invalid("expected the value of X-Next-Page of the page before");
    let digits: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let Token(order, value, cursor, id) =
        serde_json::from_slice(&digits.ok_or_else(unknown)?).map_err(|_| unknown())?;
    if order != order_text {
        return Err(invalid("order_by is not that of the page before"));
    }
    let value = match (kind, &value) {
        (_, serde_json::Value::Null) => Some(Value::Null),
        (Some(Kind::Text), serde_json::Value::String(text)) => {
            Some(Value::Text(text.clone().into()))
        }
        (Some(Kind::Time), serde_json::Value::String(text)) => text.parse().ok().map(Value::Time),
        (Some(Kind::Uuid), serde_json::Value::String(text)) => text.parse().ok().map(Value::Uuid),
        (Some(Kind::Integer), number) => number.as_i64().map(Value::Integer),
        (Some(Kind::Boolean), flag) => flag.as_bool().map(Value::Boolean),
        _ => None,
    };
    Ok(Place {
        value: value.ok_or_else(unknown)?,
        cursor,
        id,
    })
}

/// The number an entity got when it was created.
pub(crate) fn cursor_of<E: Entity>(entity: &E) -> i64 {
    match entity.query_value("CursorID") {
        Value::Integer(cursor) => cursor,
        _ => 0,
    }
}

/// Reads the entities of a plan: all at once, or in batches until a page is full. What comes out
/// satisfies the conditions on attributes; whoever walks hands back what satisfies the others, too.
pub(crate) struct Walk<X> {
    next: Option<(i64, Uuid)>,
    batch: usize,
    enough: usize,
    kept: usize,
    rows: PhantomData<X>,
}

impl<X: Expand> Walk<X> {
    pub(crate) fn new(plan: &Plan) -> Self {
        let paging = &plan.paging;
        let start = paging.after.as_ref().filter(|_| paging.order.is_none());
        let enough = paging.limit.map_or(usize::MAX, |limit| limit + 1);
        Self {
            next: Some(start.map_or((i64::MIN, Uuid::nil()), |place| (place.cursor, place.id))),
            batch: enough.max(BATCH),
            enough,
            kept: 0,
            rows: PhantomData,
        }
    }

    /// The next rows, of entities that may be looked for; none when there are no more, or enough.
    pub(crate) async fn next(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        plan: &Plan,
        may: impl Fn(&X::Entity) -> bool,
    ) -> Result<Option<Vec<X>>, HubError> {
        let Some(after) = self.next.filter(|_| self.kept < self.enough) else {
            return Ok(None);
        };
        let mut entities = if plan.paging.is_walked() && self.batch < usize::MAX {
            let found = read.list_after(organization, &plan.condition, after, self.batch);
            let (found, next) = found.await?;
            self.next = next;
            self.batch *= 2;
            found
        } else {
            self.next = None;
            read.list(organization, &plan.condition).await?
        };
        entities.retain(|entity| may(entity));
        plan.evaluate(read, organization, entities).await.map(Some)
    }

    /// Notes how many rows of the last batch stay.
    pub(crate) fn keep(&mut self, count: usize) {
        if self.enough < usize::MAX {
            self.kept += count;
        }
    }
}

impl Walk<ExtendedUnit> {
    /// All rows that have one of some texts; none the second time.
    pub(crate) async fn among(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        plan: &Plan,
        texts: &HashSet<BlobId>,
    ) -> Result<Option<Vec<ExtendedUnit>>, HubError> {
        if self.next.take().is_none() {
            return Ok(None);
        }
        let units = read.units_with(organization, &plan.condition, texts);
        let units = units.await?;
        plan.evaluate(read, organization, units).await.map(Some)
    }
}
