//! Programs that are refused before they run, because running them could not be bounded.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Part, Path};

/// Longest program, in bytes.
const MAX_LENGTH: usize = 64 << 10;
/// Most words and signs: reading a program needs stack for each of them.
const MAX_WORDS: usize = 4096;

/// Refuses a text that is too much for the parser, which recurses.
pub(super) fn check_text(program: &str) -> Result<(), String> {
    if program.len() > MAX_LENGTH {
        return Err(format!("the program is longer than {MAX_LENGTH} bytes"));
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = 0;
    let mut before = ' ';
    for c in program.chars() {
        let continues = is_word(c) && is_word(before);
        words += usize::from(!c.is_whitespace() && !continues);
        before = c;
    }
    if words > MAX_WORDS {
        return Err(format!(
            "the program has more than {MAX_WORDS} words and signs"
        ));
    }
    Ok(())
}

/// Refuses a definition that calls itself with filters as arguments: each call would wrap those of
/// the call before, and the chain grows without using any stack that could be watched. `enclosing`
/// holds the definitions the term stands in.
pub(super) fn check_recursion<'s>(
    term: &Term<&'s str>,
    enclosing: &mut Vec<(&'s str, Vec<&'s str>)>,
) -> Result<(), String> {
    let mut each = |terms: &mut dyn Iterator<Item = &Term<&'s str>>| {
        for term in terms {
            check_recursion(term, enclosing)?;
        }
        Ok(())
    };
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) => Ok(()),
        Term::Str(_, parts) => each(&mut parts.iter().filter_map(|part| match part {
            StrPart::Term(term) => Some(term),
            _ => None,
        })),
        Term::Arr(inner) => each(&mut inner.iter().map(AsRef::as_ref)),
        Term::Neg(inner) | Term::Label(_, inner) => each(&mut std::iter::once(inner.as_ref())),
        Term::Obj(entries) => each(
            &mut entries
                .iter()
                .flat_map(|(key, value)| std::iter::once(key).chain(value)),
        ),
        Term::BinOp(left, operator, right) => {
            each(&mut [left.as_ref(), right.as_ref()].into_iter())?;
            match operator {
                BinaryOp::Pipe(Some(bound)) => check_pattern(bound, enclosing),
                _ => Ok(()),
            }
        }
        Term::Fold(_, over, bound, arguments) => {
            each(&mut std::iter::once(over.as_ref()).chain(arguments))?;
            check_pattern(bound, enclosing)
        }
        Term::TryCatch(inner, caught) => {
            each(&mut std::iter::once(inner.as_ref()).chain(caught.as_deref()))
        }
        Term::IfThenElse(branches, otherwise) => each(
            &mut branches
                .iter()
                .flat_map(|(condition, then)| [condition, then])
                .chain(otherwise.as_deref()),
        ),
        Term::Def(definitions, inner) => {
            for definition in definitions {
                check_definition(definition, enclosing)?;
            }
            check_recursion(inner, enclosing)
        }
        Term::Call(name, arguments) => {
            each(&mut arguments.iter())?;
            let itself = enclosing.iter().any(|(known, parameters)| {
                known == name
                    && parameters.len() == arguments.len()
                    && parameters
                        .iter()
                        .any(|parameter| !parameter.starts_with('$'))
            });
            if itself {
                return Err(format!(
                    "{name} calls itself and takes a filter: let it take values, such as $x, instead"
                ));
            }
            Ok(())
        }
        Term::Path(base, Path(parts)) => {
            each(&mut std::iter::once(base.as_ref()))?;
            each(&mut parts.iter().flat_map(|(part, _)| match part {
                Part::Index(key) => vec![key],
                Part::Range(from, to) => from.iter().chain(to).collect(),
            }))
        }
    }
}

fn check_definition<'s>(
    definition: &Def<&'s str>,
    enclosing: &mut Vec<(&'s str, Vec<&'s str>)>,
) -> Result<(), String> {
    enclosing.push((definition.name, definition.args.clone()));
    let checked = check_recursion(&definition.body, enclosing);
    enclosing.pop();
    checked
}

fn check_pattern<'s>(
    pattern: &Pattern<&'s str>,
    enclosing: &mut Vec<(&'s str, Vec<&'s str>)>,
) -> Result<(), String> {
    match pattern {
        Pattern::Var(_) => Ok(()),
        Pattern::Arr(parts) => parts
            .iter()
            .try_for_each(|part| check_pattern(part, enclosing)),
        Pattern::Obj(entries) => entries.iter().try_for_each(|(key, part)| {
            check_recursion(key, enclosing)?;
            check_pattern(part, enclosing)
        }),
    }
}
