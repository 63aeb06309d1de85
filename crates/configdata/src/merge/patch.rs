//! Recorded mutations as a patch, and taking a change out again.

use std::cmp::Ordering;

use super::report::{Outcome, ReportLine, Subject};
use super::{MergeError, MergeOptions, Merged, merge};
use crate::config::Config;
use crate::edit::{Action, Edit};
use crate::mutation::{MutationInfo, MutationType, ResourceMutation, without_positions};
use crate::path::{Path, ResolvedPath, Step};
use crate::resolve::{Match, Missing, resolve};
use crate::resource::{ResourceInfo, similar_types};
use crate::toolchain::Toolchain;
use crate::tree::{Kind, NodeRef};
use crate::value::Value;

/// Brings recorded mutations into a text (section 5.6 of the function engine). What the options
/// call local is left alone, as in any merge.
///
/// # Errors
/// As [`merge`].
pub fn patch(
    target: &Config,
    patch: &[ResourceMutation],
    options: &MergeOptions<'_>,
) -> Result<Merged, MergeError> {
    let (theirs, lost) = patched(target, patch)?;
    let mut merged = merge(target, &theirs, target, options)?;
    merged.report.extend(lost);
    Ok(merged)
}

/// Takes the change from `before` to `after` out of `current` again. What was changed since then
/// at the same places is local and stays.
///
/// # Errors
/// As [`merge`].
pub fn undo(
    before: &Config,
    after: &Config,
    current: &Config,
    options: &MergeOptions<'_>,
) -> Result<Merged, MergeError> {
    merge(after, before, current, options)
}

/// The target with every mutation of the patch done, and lines for those that found no place.
fn patched(
    target: &Config,
    patch: &[ResourceMutation],
) -> Result<(Config, Vec<ReportLine>), MergeError> {
    let toolchain = target.toolchain();
    let mut config = target.clone();
    let mut lost = Vec::new();
    for mutation in patch {
        let found = config
            .resources()
            .find(|resource| resource.info == mutation.resource)
            .or_else(|| {
                config
                    .resources()
                    .find(|resource| is_called(toolchain, mutation, &resource.info))
            })
            .map(|resource| resource.document);
        let info = &mutation.resource_mutation_info;
        match (info.mutation_type, found) {
            (MutationType::None, _) => {}
            (MutationType::Add | MutationType::Replace, None) => {
                config = config.with_documents(&info.value)?;
            }
            (MutationType::Delete, Some(document)) => {
                config = config.without_documents(&[document])?;
            }
            (MutationType::Delete, None) => {
                lost.push(line(
                    mutation,
                    "",
                    info,
                    Outcome::AlreadyThere,
                    String::new(),
                ));
            }
            (MutationType::Update, None) => {
                for (path, info) in &mutation.path_mutation_map {
                    lost.push(line(mutation, path, info, Outcome::NotFound, String::new()));
                }
            }
            (MutationType::Add | MutationType::Replace, Some(document)) => {
                let edit = Edit::set(document, ResolvedPath::default(), value_of(&info.value));
                if let Err(error) = config.apply(&[edit]) {
                    lost.push(line(mutation, "", info, Outcome::Refused, error.reason));
                }
                paths(&mut config, document, mutation, &mut lost);
            }
            (MutationType::Update, Some(document)) => {
                paths(&mut config, document, mutation, &mut lost);
            }
        }
    }
    Ok((config, lost))
}

fn is_called(toolchain: Toolchain, mutation: &ResourceMutation, info: &ResourceInfo) -> bool {
    mutation.aliases.contains_key(&info.resource_name)
        && similar_types(
            toolchain,
            &mutation.resource.resource_type,
            &info.resource_type,
        )
}

fn line(
    mutation: &ResourceMutation,
    path: &str,
    info: &MutationInfo,
    outcome: Outcome,
    message: String,
) -> ReportLine {
    let value = Some(info.value.clone());
    let (base, theirs) = match info.mutation_type {
        MutationType::Delete => (value, None),
        _ => (None, value),
    };
    ReportLine {
        resource: mutation.resource.clone(),
        path: path.to_owned(),
        subject: match path {
            "" => Subject::Resource,
            _ => Subject::Value,
        },
        outcome,
        base,
        theirs,
        message,
        ..ReportLine::default()
    }
}

/// The value that a mutation records as YAML.
pub(crate) fn value_of(text: &str) -> Value {
    Config::parse(Toolchain::ConfigHubYaml, text.as_bytes())
        .ok()
        .and_then(|config| Some(config.documents().first()?.root()?.value()))
        .unwrap_or(Value::Null)
}

/// Does the changes by path: parents first, and in one list from its end.
fn paths(
    config: &mut Config,
    document: usize,
    mutation: &ResourceMutation,
    lost: &mut Vec<ReportLine>,
) {
    let (mut deletions, mut others): (Vec<_>, Vec<_>) = mutation
        .path_mutation_map
        .iter()
        .partition(|(_, info)| info.mutation_type == MutationType::Delete);
    others.sort_by(|(a, _), (b, _)| by_segments(a, b));
    deletions.sort_by(|(a, _), (b, _)| by_segments(b, a));
    for (path, info) in others.into_iter().chain(deletions) {
        let planned = config
            .documents()
            .get(document)
            .and_then(|document| document.root())
            .map_or(Err(Outcome::NotFound), |root| plan(root, path, info));
        let outcome = match planned {
            Ok(Some((place, action))) => {
                let edit = Edit {
                    document,
                    path: place,
                    action,
                };
                match config.apply(&[edit]) {
                    Ok(_) => continue,
                    Err(error) => {
                        lost.push(line(mutation, path, info, Outcome::Refused, error.reason));
                        continue;
                    }
                }
            }
            Ok(None) => Outcome::AlreadyThere,
            Err(outcome) => outcome,
        };
        lost.push(line(mutation, path, info, outcome, String::new()));
    }
}

/// Where and how one recorded change is made; nothing when there is nothing to do.
fn plan(
    root: NodeRef<'_>,
    path: &str,
    info: &MutationInfo,
) -> Result<Option<(ResolvedPath, Action)>, Outcome> {
    // An element with a merge key is meant by it, wherever it stood.
    let parsed = Path::parse(&without_positions(path)).map_err(|_| Outcome::NotFound)?;
    let found = |path: &Path, missing: Missing| -> Option<Match<'_>> {
        resolve(root, path, missing).into_iter().next()
    };
    if info.mutation_type == MutationType::Delete {
        return Ok(found(&parsed, Missing::Skip).map(|found| (found.path, Action::Delete)));
    }
    let set = Action::Set(value_of(&info.value));
    if let Some(found) = found(&parsed, Missing::Create) {
        let shape = found.path.0.len().checked_sub(1).and_then(|depth| {
            let above = ResolvedPath(found.path.0[..depth].to_vec());
            root.find(&above)
        });
        return match shape {
            Some(above) if !above.is_collection() && above.kind() != Kind::Null => {
                Err(Outcome::ShapeDiffers)
            }
            _ => Ok(Some((found.path, set))),
        };
    }
    // A new element of a list with a merge key.
    let above = parsed.parent().ok_or(Outcome::NotFound)?;
    match found(&above, Missing::Skip) {
        Some(list) if list.node.is_some_and(|node| node.kind() == Kind::Sequence) => {
            let end = list.path.child(Step::Key("-".to_owned()));
            Ok(Some((end, set)))
        }
        Some(_) => Err(Outcome::ShapeDiffers),
        None => Err(Outcome::NotFound),
    }
}

/// Paths in the order of their places: segment by segment, numbers as numbers.
fn by_segments(a: &str, b: &str) -> Ordering {
    let number = |segment: &str| {
        let digits = segment.rsplit_once(";@").map_or(segment, |(_, at)| at);
        digits.parse::<usize>()
    };
    let mut right = b.split('.');
    for left in a.split('.') {
        let Some(right) = right.next() else {
            return Ordering::Greater;
        };
        let order = match (number(left), number(right)) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    match right.next() {
        Some(_) => Ordering::Less,
        None => Ordering::Equal,
    }
}
