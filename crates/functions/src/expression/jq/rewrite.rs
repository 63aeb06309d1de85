//! Programs rewritten so that they count what they do.
//!
//! A program can only go on for ever through a definition that calls itself, and only do much in
//! little text through parts that yield several results, which multiply, or through values that
//! grow. So every definition counts when it is entered, every part counts for each result it
//! yields, and every value that is made is weighed.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};

use super::natives::{
    FIELDS, FROM_JSON, HIDDEN, MULTIPLY, OBJECT, PAIRED, STEP, SUBTRACT, WEIGH, WEIGH_PAIR,
    is_filter,
};

/// The right side of an assignment with an operator, in a name no program can spell.
const OPERAND: &str = "$!operand";
/// Numbers of up to this many digits need no weighing.
const SHORT_NUMBER: usize = 18;

fn call<'s>(name: &'s str, arguments: Vec<Term<&'s str>>) -> Term<&'s str> {
    Term::Call(name, arguments)
}

fn pipe<'s>(left: Term<&'s str>, right: Term<&'s str>) -> Term<&'s str> {
    Term::BinOp(Box::new(left), BinaryOp::Pipe(None), Box::new(right))
}

fn counted(term: Term<&str>) -> Term<&str> {
    pipe(term, call(STEP, vec![]))
}

fn weighed(term: Term<&str>) -> Term<&str> {
    pipe(term, call(WEIGH, vec![]))
}

/// Definitions of this platform instead of those of the library: they count before they work, or
/// work within less.
pub(super) fn own_definitions() -> Vec<Def<&'static str>> {
    const TEXT: &str = "
        def range($from; $to; $by):
            def up: if . < $to then ., (. + $by | up) else {}[] end;
            def down: if . > $to then ., (. + $by | down) else {}[] end;
            def on: if . != $to then ., (. + $by | on) else {}[] end;
            $from | if $by > 0 then up elif $by < 0 then down else on end;
    ";
    let filter = |name: &'static str, term: Term<&'static str>| Def {
        name,
        args: vec![],
        body: weighed(term),
    };
    let mut definitions: Vec<Def<&'static str>> = PAIRED
        .iter()
        .zip(HIDDEN)
        .map(|(&(name, arguments), hidden)| {
            let values = || arguments.iter().map(|name| Term::Var(*name)).collect();
            let first = Term::Var(arguments[0]);
            Def {
                name,
                args: arguments.to_vec(),
                body: weighed(pipe(call(WEIGH_PAIR, vec![first]), call(hidden, values()))),
            }
        })
        .collect();
    definitions.push(filter("fromjson", call(FROM_JSON, vec![])));
    let text = jaq_core::load::parse(TEXT, |parser| parser.defs()).unwrap_or_default();
    definitions.extend(text.into_iter().map(definition));
    definitions
}

/// Definitions that override those of the library but use them.
pub(super) fn later_definitions() -> Vec<Def<&'static str>> {
    const ENTRIES: &str = "[.[] | [.key, .value]]";
    let entries = jaq_core::load::parse(ENTRIES, |parser| parser.term()).unwrap_or_default();
    let from_entries = Def {
        name: "from_entries",
        args: vec![],
        body: pipe(term(entries), weighed(call(OBJECT, vec![]))),
    };
    let with_entries = jaq_core::load::parse(
        "def with_entries(f): to_entries | map(f) | from_entries;",
        |parser| parser.defs(),
    );
    std::iter::once(from_entries)
        .chain(with_entries.unwrap_or_default().into_iter().map(definition))
        .collect()
}

/// A definition that counts when it is entered.
pub(super) fn definition(definition: Def<&str>) -> Def<&str> {
    Def {
        name: definition.name,
        args: definition.args,
        body: pipe(call(STEP, vec![]), term(definition.body)),
    }
}

#[expect(clippy::boxed_local, reason = "terms hold their parts in boxes")]
fn boxed(inner: Box<Term<&str>>) -> Box<Term<&str>> {
    Box::new(term(*inner))
}

/// A term that counts. What is in the position of a last call stays in it, so that a loop written
/// as recursion needs no stack.
pub(super) fn term(source: Term<&str>) -> Term<&str> {
    match source {
        Term::Id | Term::Recurse | Term::Var(_) => counted(source),
        Term::Num(digits) if digits.len() > SHORT_NUMBER => weighed(source),
        Term::Num(_) => counted(source),
        Term::Str(format, parts) => string(format, parts),
        Term::Arr(inner) => weighed(Term::Arr(inner.map(boxed))),
        Term::Obj(entries) => {
            let entries = entries.into_iter().map(|(key, value)| match (key, value) {
                (key @ Term::Var(_), None) => (key, None),
                (key, value) => (index(key), value.map(term)),
            });
            weighed(Term::Obj(entries.collect()))
        }
        Term::Neg(inner) => weighed(Term::Neg(boxed(inner))),
        Term::BinOp(left, operator, right) => operation(left, operator, right),
        Term::Label(name, inner) => Term::Label(name, boxed(inner)),
        Term::Break(_) => source,
        Term::Fold(name, over, bound, arguments) => Term::Fold(
            name,
            boxed(over),
            pattern(bound),
            arguments.into_iter().map(term).collect(),
        ),
        Term::TryCatch(inner, caught) => Term::TryCatch(boxed(inner), caught.map(boxed)),
        Term::IfThenElse(branches, otherwise) => Term::IfThenElse(
            branches
                .into_iter()
                .map(|(condition, then)| (term(condition), term(then)))
                .collect(),
            otherwise.map(boxed),
        ),
        Term::Def(definitions, inner) => Term::Def(
            definitions.into_iter().map(definition).collect(),
            boxed(inner),
        ),
        Term::Call(name, arguments) => {
            let rewritten = call(name, arguments.into_iter().map(term).collect());
            if is_filter(name) {
                weighed(rewritten)
            } else {
                rewritten
            }
        }
        Term::Path(base, Path(parts)) => path(*base, parts),
    }
}

/// A path. Where no key depends on the input it is taken step by step, so that an assignment can
/// make the objects that are missing on the way.
fn path<'s>(base: Term<&'s str>, parts: Vec<(Part<Term<&'s str>>, Opt)>) -> Term<&'s str> {
    let is_fixed = |key: &Term<&str>| matches!(key, Term::Num(_) | Term::Var(_)) || is_text(key);
    let stepwise = parts.iter().all(|(part, _)| match part {
        Part::Index(key) => is_fixed(key),
        Part::Range(from, to) => from.iter().chain(to).all(is_fixed),
    });
    if !stepwise {
        let parts = parts.into_iter().map(|(part, optional)| {
            let part = match part {
                Part::Index(key) => Part::Index(index(key)),
                Part::Range(from, to) => Part::Range(from.map(index), to.map(index)),
            };
            (part, optional)
        });
        return counted(Term::Path(Box::new(term(base)), Path(parts.collect())));
    }
    let start = (!matches!(base, Term::Id)).then(|| term(base));
    let steps = parts.into_iter().map(|(part, optional)| {
        let has_fields = match &part {
            Part::Index(key) => is_text(key) || matches!(key, Term::Var(_)),
            Part::Range(..) => false,
        };
        let step = Term::Path(Box::new(Term::Id), Path(vec![(part, optional)]));
        if has_fields {
            pipe(call(FIELDS, vec![]), step)
        } else {
            counted(step)
        }
    });
    start
        .into_iter()
        .chain(steps)
        .reduce(pipe)
        .unwrap_or(Term::Id)
}

/// Whether a term is a text without parts to fill in.
fn is_text(term: &Term<&str>) -> bool {
    matches!(term, Term::Str(None, parts)
        if parts.iter().all(|part| !matches!(part, StrPart::Term(_))))
}

/// A key or an index: one that is a constant yields one result and needs no counting.
fn index(key: Term<&str>) -> Term<&str> {
    match key {
        Term::Num(digits) if digits.len() <= SHORT_NUMBER => key,
        key if is_text(&key) => key,
        key => term(key),
    }
}

/// A text. Its parts are added one by one, so that many long ones are noticed before they are one.
fn string<'s>(
    format: Option<&'s str>,
    parts: Vec<StrPart<&'s str, Term<&'s str>>>,
) -> Term<&'s str> {
    if parts.iter().all(|part| !matches!(part, StrPart::Term(_))) {
        return counted(Term::Str(format, parts));
    }
    let single = |part| {
        let part = match part {
            StrPart::Term(inner) => StrPart::Term(term(inner)),
            constant => constant,
        };
        weighed(Term::Str(format, vec![part]))
    };
    let mut parts = parts.into_iter().rev();
    let last = parts.next().map_or(Term::Str(None, vec![]), single);
    parts.fold(last, |text, part| {
        weighed(Term::BinOp(
            Box::new(single(part)),
            BinaryOp::Math(Math::Add),
            Box::new(text),
        ))
    })
}

fn operation<'s>(
    left: Box<Term<&'s str>>,
    operator: BinaryOp<&'s str>,
    right: Box<Term<&'s str>>,
) -> Term<&'s str> {
    let (left, right) = (boxed(left), boxed(right));
    match operator {
        BinaryOp::Pipe(bound) => Term::BinOp(left, BinaryOp::Pipe(bound.map(pattern)), right),
        BinaryOp::Math(operator) => arithmetic(operator, *left, *right),
        // What `left op= right` stands for, with an operation that is weighed.
        BinaryOp::UpdateMath(operator) => {
            let value = arithmetic(operator, Term::Id, Term::Var(OPERAND));
            let update = Term::BinOp(left, BinaryOp::Update, Box::new(value));
            let bound = BinaryOp::Pipe(Some(Pattern::Var(OPERAND)));
            Term::BinOp(right, bound, Box::new(weighed(update)))
        }
        BinaryOp::Comma | BinaryOp::Alt => Term::BinOp(left, operator, right),
        BinaryOp::Or | BinaryOp::And | BinaryOp::Cmp(_) => {
            counted(Term::BinOp(left, operator, right))
        }
        BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateAlt => {
            weighed(Term::BinOp(left, operator, right))
        }
    }
}

fn arithmetic<'s>(operator: Math, left: Term<&'s str>, right: Term<&'s str>) -> Term<&'s str> {
    weighed(match operator {
        Math::Mul => call(MULTIPLY, vec![left, right]),
        Math::Sub => call(SUBTRACT, vec![left, right]),
        Math::Add | Math::Div | Math::Rem => {
            Term::BinOp(Box::new(left), BinaryOp::Math(operator), Box::new(right))
        }
    })
}

fn pattern(source: Pattern<&str>) -> Pattern<&str> {
    match source {
        Pattern::Var(_) => source,
        Pattern::Arr(parts) => Pattern::Arr(parts.into_iter().map(pattern).collect()),
        Pattern::Obj(entries) => Pattern::Obj(
            entries
                .into_iter()
                .map(|(key, part)| match key {
                    Term::Var(_) => (key, pattern(part)),
                    key => (index(key), pattern(part)),
                })
                .collect(),
        ),
    }
}
