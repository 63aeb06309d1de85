//! What a validator finds: one line and one value each, up to a limit.

use cubit_configdata::{ResolvedPath, Resource};
use serde_json::Value as Json;

use super::attributes::any_value;
use crate::attribute::{AttributeValue, Issue};
use crate::function::{Call, Output};
use crate::signature::DataType;

/// Most findings of one answer; more would fill it with what nobody reads.
const MAX_FINDINGS: usize = 1024;

/// How bad a finding is, the worst first, as in `AttributeValue.Score`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Critical,
    High,
    Medium,
    Low,
}

impl Severity {
    pub(super) const NAMES: [&'static str; 4] = ["Critical", "High", "Medium", "Low"];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The severity of a name; the least one for all others.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "Critical" => Self::Critical,
            "High" => Self::High,
            "Medium" => Self::Medium,
            _ => Self::Low,
        }
    }
}

/// The findings of one call.
#[derive(Default)]
pub(super) struct Findings {
    details: Vec<String>,
    failed: Vec<AttributeValue>,
    /// Those beyond the limit.
    more: usize,
}

impl Findings {
    /// Notes that a value breaks a rule. The path may lead to nothing: then something is missing.
    pub(super) fn add(
        &mut self,
        call: &Call<'_>,
        resource: &Resource<'_>,
        path: &ResolvedPath,
        (rule, severity): (&str, Severity),
        message: &str,
    ) {
        let node = resource
            .root
            .find(path)
            .filter(|node| !node.is_collection());
        let value = node.map_or((DataType::Json, Json::Null), any_value);
        self.note(call, resource, path, (rule, severity), message, value);
    }

    /// As [`Findings::add`], for a value that must not be shown.
    pub(super) fn add_redacted(
        &mut self,
        call: &Call<'_>,
        resource: &Resource<'_>,
        path: &ResolvedPath,
        kind: (&str, Severity),
        message: &str,
    ) {
        let value = (DataType::String, "***".into());
        self.note(call, resource, path, kind, message, value);
    }

    fn note(
        &mut self,
        call: &Call<'_>,
        resource: &Resource<'_>,
        path: &ResolvedPath,
        (rule, severity): (&str, Severity),
        message: &str,
        (data_type, value): (DataType, Json),
    ) {
        if self.details.len() >= MAX_FINDINGS {
            self.more += 1;
            return;
        }
        let info = &resource.info;
        self.details.push(format!(
            "{} {}: {path}: {message} ({rule})",
            info.resource_type, info.resource_name
        ));
        let mut failed =
            call.attribute(info, path.to_string(), "attribute-value", data_type, value);
        severity.name().clone_into(&mut failed.score);
        failed.issues.push(Issue {
            identifier: rule.to_owned(),
            message: message.to_owned(),
        });
        self.failed.push(failed);
    }

    /// The verdict: passed when there is no finding.
    pub(super) fn verdict(mut self) -> Output {
        if self.more > 0 {
            self.details.push(format!("and {} more", self.more));
        }
        Output::Validation {
            passed: self.details.is_empty(),
            details: self.details,
            failed: self.failed,
        }
    }
}
