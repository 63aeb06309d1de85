//! The filters a program is built on: those of the library that see nothing of the host, and those
//! that count.

use std::ops::{Mul, Sub};

use jaq_core::box_iter::box_once;
use jaq_core::data::HasLut;
use jaq_core::native::{Filter, Fun, v};
use jaq_core::{Bind, Ctx, Cv, DataT, Error, Exn, Lut, Native, ValR, ValX, ValXs};
use jaq_json::{Map, Num, Val};

use super::meter::{Meter, Stop, may_repeat};

/// What a run carries: the program and its meter.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) lut: &'a Lut<Metered>,
    pub(super) meter: &'a Meter,
}

/// Programs whose runs are counted.
pub(super) struct Metered;

impl DataT for Metered {
    type V<'a> = Val;
    type Data<'a> = Run<'a>;
}

impl<'a> HasLut<'a, Metered> for Run<'a> {
    fn lut(&self) -> &'a Lut<Metered> {
        self.lut
    }
}

/// The filters of the library that may be reached: no clock, environment, input or output, and
/// nothing that depends on where the program runs. A list of what is allowed, so that a new version
/// of the library adds nothing unseen.
const ALLOWED: &[&str] = &[
    "error_empty",
    "path",
    "path_value",
    "keys_unsorted",
    "key_values",
    "first",
    "last",
    "limit",
    "skip",
    "floor",
    "round",
    "ceil",
    "utf8bytelength",
    "explode",
    "implode",
    "ascii_downcase",
    "ascii_upcase",
    "reverse",
    "sort",
    "sort_by",
    "group_by",
    "min_by_or_empty",
    "max_by_or_empty",
    "startswith",
    "endswith",
    "ltrimstr",
    "rtrimstr",
    "trim",
    "ltrim",
    "rtrim",
    "escape_sh",
    "escape_html",
    "unescape_html",
    "encode_uri",
    "decode_uri",
    "encode_base64",
    "decode_base64",
    "fromdateiso8601",
    "todateiso8601",
    "tojson",
    "tobytes",
    "length",
    "has",
    "bsearch",
    "sqrt",
    "pow",
    "log",
    "log2",
    "log10",
    "exp",
    "exp2",
    "exp10",
    "fabs",
    "trunc",
    "ilogb",
    "scalbln",
    "remainder",
    "copysign",
    "nextafter",
    "tgamma",
];

/// Filters whose work is the product of their two sides, with their arguments: they are reached
/// only through a definition of the same name that counts first.
pub(super) const PAIRED: &[(&str, &[&str])] = &[
    ("contains", &["$a"]),
    ("indices", &["$a"]),
    ("matches", &["$a", "$b"]),
    ("split_matches", &["$a", "$b"]),
    ("split_", &["$a", "$b"]),
];

/// Names of the filters that count. No program can spell them.
pub(super) const STEP: &str = "!step";
pub(super) const WEIGH: &str = "!weigh";
pub(super) const WEIGH_PAIR: &str = "!weigh-pair";
pub(super) const MULTIPLY: &str = "!multiply";
pub(super) const SUBTRACT: &str = "!subtract";
pub(super) const FROM_JSON: &str = "!from-json";
pub(super) const FIELDS: &str = "!fields";
pub(super) const OBJECT: &str = "!object";
/// What stands before the name of a filter of [`PAIRED`].
pub(super) const HIDDEN: [&str; 5] = [
    "!contains",
    "!indices",
    "!matches",
    "!split_matches",
    "!split_",
];

/// Stops a program so that it cannot catch it.
fn halt<'a>(_: Stop) -> Exn<'a, Val> {
    Exn::halt(1)
}

fn once<'a>(result: Result<Val, Exn<'a, Val>>) -> ValXs<'a, Val> {
    box_once(result)
}

fn failed<'a>(message: &str) -> Exn<'a, Val> {
    Exn::from(Error::str(message))
}

/// Identity that counts by `count`.
macro_rules! identity {
    ($count:expr) => {
        Native::new(|cv| match $count(&cv.0, &cv.1) {
            Ok(()) => once(Ok(cv.1)),
            Err(stop) => once(Err(halt(stop))),
        })
        .with_paths(|cv| match $count(&cv.0, &cv.1.0) {
            Ok(()) => box_once(Ok(cv.1)),
            Err(stop) => box_once(Err(halt(stop))),
        })
        .with_update(|cv, update| match $count(&cv.0, &cv.1) {
            Ok(()) => update(cv.1),
            Err(stop) => once(Err(halt(stop))),
        })
    };
}

fn step(context: &Ctx<'_, Metered>, _: &Val) -> Result<(), Stop> {
    context.data().meter.charge(1)
}

fn weigh(context: &Ctx<'_, Metered>, value: &Val) -> Result<(), Stop> {
    context.data().meter.weigh(value).map(drop)
}

fn multiply<'a>(meter: &Meter, left: Val, right: Val) -> ValX<'a, Val> {
    meter.weigh(&left).map_err(halt)?;
    meter.weigh(&right).map_err(halt)?;
    if let (Val::TStr(text) | Val::BStr(text), Val::Num(times))
    | (Val::Num(times), Val::TStr(text) | Val::BStr(text)) = (&left, &right)
    {
        let fits = match times {
            Num::Int(times) => {
                usize::try_from(*times).map_or(true, |times| may_repeat(text.len(), times))
            }
            Num::BigInt(_) => false,
            Num::Float(_) | Num::Dec(_) => true,
        };
        if !fits {
            return meter.refuse().map_err(halt);
        }
    }
    Ok(left.mul(right)?)
}

fn subtract<'a>(meter: &Meter, left: Val, right: Val) -> ValX<'a, Val> {
    if matches!((&left, &right), (Val::Arr(_), Val::Arr(_))) {
        meter.weigh_pair(&left, &right).map_err(halt)?;
    }
    Ok(left.sub(right)?)
}

/// Two values, as the arguments of a filter.
fn binary<'a>(
    mut cv: Cv<'a, Metered>,
    operation: impl FnOnce(&Meter, Val, Val) -> ValX<'a, Val>,
) -> ValXs<'a, Val> {
    let right = cv.0.pop_var();
    let left = cv.0.pop_var();
    once(operation(cv.0.data().meter, left, right))
}

fn from_json<'a>(value: &Val) -> ValX<'a, Val> {
    let Val::TStr(text) = value else {
        return Err(failed("fromjson: expected a string"));
    };
    let json: serde_json::Value =
        serde_json::from_slice(text).map_err(|error| failed(&format!("fromjson: {error}")))?;
    Ok(super::from_json(&json))
}

fn object<'a>(value: &Val) -> ValX<'a, Val> {
    let wrong = || failed("from_entries: expected a list of entries");
    let Val::Arr(pairs) = value else {
        return Err(wrong());
    };
    let pair = |pair: &Val| match pair {
        Val::Arr(pair) => match pair.as_slice() {
            [key, value] => Ok((key.clone(), value.clone())),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    };
    let pairs: Result<Vec<(Val, Val)>, _> = pairs.iter().map(pair).collect();
    let object: ValR<Val> = jaq_core::ValT::from_map(pairs?);
    Ok(object?)
}

/// Identity before a field is looked up: counts, and lets an assignment to a field make the object
/// that is missing, as in jq. One that nothing was put into is not made.
fn fields() -> Native<Metered> {
    identity!(step).with_update(|cv, update| {
        if let Err(stop) = step(&cv.0, &cv.1) {
            return once(Err(halt(stop)));
        }
        if !matches!(cv.1, Val::Null) {
            return update(cv.1);
        }
        let made = update(Val::obj(Map::default()));
        Box::new(made.filter(|made| !matches!(made, Ok(Val::Obj(made)) if made.is_empty())))
    })
}

/// Every filter a program can reach.
pub(super) fn filters() -> Vec<Fun<Metered>> {
    let library = jaq_core::funs::<Metered>()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let mut filters: Vec<Filter<Native<Metered>>> = library
        .filter_map(|(name, arguments, native)| {
            let hidden = HIDDEN
                .iter()
                .find(|hidden| hidden.strip_prefix('!') == Some(name));
            match hidden {
                Some(hidden) => Some((*hidden, arguments, native)),
                None => ALLOWED.contains(&name).then_some((name, arguments, native)),
            }
        })
        .collect();
    let none: fn() -> Box<[Bind]> = || v(0);
    filters.extend([
        (STEP, none(), identity!(step)),
        (WEIGH, none(), identity!(weigh)),
        (FIELDS, none(), fields()),
        (
            WEIGH_PAIR,
            v(1),
            Native::new(|mut cv| {
                let other = cv.0.pop_var();
                let counted = cv.0.data().meter.weigh_pair(&cv.1, &other);
                once(counted.map(|()| cv.1).map_err(halt))
            }),
        ),
        (MULTIPLY, v(2), Native::new(|cv| binary(cv, multiply))),
        (SUBTRACT, v(2), Native::new(|cv| binary(cv, subtract))),
        (FROM_JSON, none(), Native::new(|cv| once(from_json(&cv.1)))),
        (OBJECT, none(), Native::new(|cv| once(object(&cv.1)))),
    ]);
    filters
}

/// Whether a name is of a filter, not of a definition.
pub(super) fn is_filter(name: &str) -> bool {
    ALLOWED.contains(&name)
}
