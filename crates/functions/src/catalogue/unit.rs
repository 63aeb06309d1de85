//! What a unit says about itself in its data: context, identity, hash, approval.

use cubit_configdata::{Action, Missing, Path, ResolvedPath, Toolchain, Value, resolve};
use sha2::{Digest, Sha256};

use crate::function::{Call, Failure, Function, Output, optional, path_argument, required};
use crate::signature::DataType;

/// Fields of the context that are written into resources.
const FIELDS: [&str; 2] = ["UnitSlug", "SpaceID"];
/// Fields that older data may still hold; removed with the others.
const RETIRED_FIELDS: [&str; 1] = ["RevisionNum"];

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

pub(crate) fn functions() -> Vec<Function> {
    let with_context: Vec<Toolchain> = Toolchain::all()
        .filter(|toolchain| toolchain.context_path("UnitSlug").is_some())
        .filter(|toolchain| *toolchain != Toolchain::AppConfigText)
        .collect();
    vec![
        Function::of_toolchains(&with_context, "ensure-context", "Writes the unit's slug and the id of its space into every resource, or removes them.", ensure_context)
            .mutating()
            .parameter(required("add-context", DataType::Bool, "true", "true writes, false removes."))
            .example(
                &["true"],
                SERVICE,
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    confighub.com/UnitSlug: web\n    confighub.com/SpaceID: 99999999-8888-4777-8666-555555555555\n",
            )
            .example(
                &["false"],
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    confighub.com/UnitSlug: web\n    other: x\n",
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    other: x\n",
            )
            .example(&["false"], SERVICE, SERVICE)
            .example_in(
                Toolchain::AppConfigProperties,
                &["true"],
                "port = 80\n",
                "port = 80\nconfigHub.unitSlug = web\nconfigHub.spaceID = 99999999-8888-4777-8666-555555555555\n",
            ),
        Function::generic("vet-approvedby", "Passes when enough users have approved the data as it is.", vet_approvedby)
            .validating()
            .aliases(&["is-approved"])
            .parameter(required("num-approvers", DataType::Int, "1", "How many users must have approved.").between(Some(0), None))
            .parameter(optional("group", DataType::String, "operators", "Group they must be members of, as the space names it in its ApprovalRules."))
            .example(&["1"], SERVICE, r#""Passed":true"#)
            .example(&["2"], SERVICE, r#""Details":["1 of 2 approvals"]"#)
            .example(&["1", "operators"], SERVICE, r#""Passed":true"#)
            .example(&["2", "operators"], SERVICE, r#""Details":["1 of 2 approvals of the group operators"]"#)
            .example(&["1", "auditors"], SERVICE, r#""Details":["the space has no group auditors in its ApprovalRules"]"#),
        Function::of_toolchains(&with_context, "set-hash", "Writes a short hash of the values at a path into each resource, so that what depends on them can see a change.", set_hash)
            .mutating()
            .parameter(required("path", DataType::String, "data", "Path of the values."))
            .example(
                &["data.*"],
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata: {a: b}\n",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  annotations:\n    confighub.com/Hash: b077e944c0\ndata: {a: b}\n",
            ),
        Function::of_toolchains(&with_context, "normalize", "Gives every resource without one an id that stays the same in clones. The id follows from the unit and the resource, so that it is the same every time.", normalize)
            .mutating()
            .example(
                &[],
                SERVICE,
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    confighub.com/ResourceID: 2463bc97-abed-83b0-863d-8a37bf59ed1f\n",
            ),
    ]
}

/// The place of a field of the context in resources; every toolchain of these functions has one.
fn place(call: &Call<'_>, field: &str) -> Result<ResolvedPath, Failure> {
    call.config
        .toolchain()
        .context_path(field)
        .ok_or_else(|| "resources of this toolchain have no place for a context".into())
}

fn ensure_context(call: &mut Call<'_>) -> Result<Output, Failure> {
    let add = call.arguments.bool("add-context").unwrap_or_default();
    let values = [
        call.context.unit_slug.clone(),
        call.context.space_id.clone(),
    ];
    for resource in call.resources("*") {
        if add {
            for (field, value) in FIELDS.into_iter().zip(&values) {
                let place = place(call, field)?;
                call.edit(&resource, place, Action::Set(Value::String(value.clone())));
            }
            continue;
        }
        let mut gone = Vec::new();
        for field in FIELDS.into_iter().chain(RETIRED_FIELDS) {
            let place = place(call, field)?;
            if resource.root.find(&place).is_some() {
                gone.push(place);
            }
        }
        // A map that holds nothing else goes with them.
        let above = gone
            .first()
            .map(|place| ResolvedPath(place.0[..place.0.len() - 1].to_vec()));
        let entries = above.as_ref().and_then(|above| resource.root.find(above));
        match (above, entries) {
            (Some(above), Some(entries)) if entries.len() == gone.len() => {
                call.edit(&resource, above, Action::Delete);
            }
            _ => {
                for place in gone {
                    call.edit(&resource, place, Action::Delete);
                }
            }
        }
    }
    Ok(Output::Nothing)
}

fn vet_approvedby(call: &mut Call<'_>) -> Result<Output, Failure> {
    let wanted = usize::try_from(call.arguments.int("num-approvers").unwrap_or_default())
        .unwrap_or(usize::MAX);
    let hash = crc32fast::hash(call.config.text().as_bytes()).cast_signed();
    let known = call.context.previous_content_hash;
    let context = call.context;
    let group = call.arguments.text("group");
    let (approvals, of_group) = match group {
        "" => (Some(context.approved_by.len()), String::new()),
        group => (
            context.approvals_by_group.get(group).copied(),
            format!(" of the group {group}"),
        ),
    };
    // Without a stored text there is nothing that can have changed since.
    let mut details = Vec::new();
    match approvals {
        _ if known != 0 && hash != known => {
            details.push("the data changed after it was approved".to_owned());
        }
        None => details.push(format!(
            "the space has no group {group} in its ApprovalRules"
        )),
        Some(approvals) if approvals < wanted => {
            details.push(format!("{approvals} of {wanted} approvals{of_group}"));
        }
        Some(_) => {}
    }
    Ok(Output::Validation {
        passed: details.is_empty(),
        details,
        failed: vec![],
    })
}

fn set_hash(call: &mut Call<'_>) -> Result<Output, Failure> {
    let path: Path = path_argument(call.arguments.text("path"))?.without_part();
    let hash_place = place(call, "Hash")?;
    for resource in call.resources("*") {
        let mut found: Vec<(String, String)> = resolve(resource.root, &path, Missing::Skip)
            .into_iter()
            .filter(|place| place.path != hash_place)
            .filter_map(|place| {
                let value = place.node?.value().to_json().to_string();
                Some((place.path.to_string(), value))
            })
            .collect();
        if found.is_empty() {
            continue;
        }
        found.sort_unstable();
        let mut hasher = Sha256::new();
        for (path, value) in &found {
            hasher.update(path);
            hasher.update([0]);
            hasher.update(value);
            hasher.update([0]);
        }
        let hash = hex(&hasher.finalize(), 10);
        call.edit(
            &resource,
            hash_place.clone(),
            Action::Set(Value::String(hash)),
        );
    }
    Ok(Output::Nothing)
}

/// The first digits of a hash.
fn hex(bytes: &[u8], digits: usize) -> String {
    let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(digits);
    text
}

fn normalize(call: &mut Call<'_>) -> Result<Output, Failure> {
    let place = place(call, "ResourceID")?;
    for resource in call.resources("*") {
        let known = resource
            .root
            .find(&place)
            .is_some_and(|node| !node.is_collection() && !node.scalar().is_empty());
        if known {
            continue;
        }
        let seed = format!(
            "{}\n{}\n{}",
            call.context.unit_id, resource.info.resource_type, resource.info.resource_name
        );
        let digits = hex(&Sha256::digest(seed), 32);
        // Version 8 of RFC 9562: bits of our own choice.
        let id = format!(
            "{}-{}-8{}-8{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[13..16],
            &digits[17..20],
            &digits[20..32]
        );
        call.edit(&resource, place.clone(), Action::Set(Value::String(id)));
    }
    Ok(Output::Nothing)
}
