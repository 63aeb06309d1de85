//! What a program of a user answers about resources, gathered over all of them.

use cubit_configdata::Resource;
use serde_json::Value as Json;

use super::cel::{attribute, described};
use crate::attribute::AttributeValue;
use crate::function::{Call, Output};

/// What was answered so far.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    details: Vec<String>,
    attributes: Vec<AttributeValue>,
    failed: bool,
}

impl Verdict {
    /// Takes in what a program answers about a resource: true, false, or an object with `passed`,
    /// `details` and `failed_attributes`. `program` is what a detail calls it.
    ///
    /// # Errors
    /// It answers something else.
    pub(crate) fn judge(
        &mut self,
        call: &Call<'_>,
        resource: &Resource<'_>,
        answer: &Json,
        program: &str,
    ) -> Result<(), String> {
        let name = described(resource);
        let passed = match answer {
            Json::Object(answer) => answer.get("passed").and_then(Json::as_bool),
            answer => answer.as_bool(),
        };
        let passed =
            passed.ok_or("expected true, false, or a map in which passed is one of them")?;
        if passed {
            return Ok(());
        }
        self.failed = true;
        let list = |key: &str| answer.get(key).and_then(Json::as_array);
        let details = list("details").map(Vec::as_slice).unwrap_or_default();
        for detail in details {
            let detail = detail
                .as_str()
                .map_or_else(|| detail.to_string(), str::to_owned);
            self.details.push(format!("{name}: {detail}"));
        }
        if details.is_empty() {
            self.details
                .push(format!("{name} does not satisfy {program}"));
        }
        for row in list("failed_attributes").into_iter().flatten() {
            self.attributes.push(attribute(call, resource, row));
        }
        Ok(())
    }

    /// Takes in why nothing could be said about a resource, which does not pass.
    pub(crate) fn refuse(&mut self, resource: &Resource<'_>, why: &str) {
        self.failed = true;
        self.details.push(format!("{}: {why}", described(resource)));
    }

    /// Takes in a list of values that a program found in a resource.
    pub(crate) fn list(&mut self, call: &mut Call<'_>, resource: &Resource<'_>, answer: &Json) {
        match answer {
            Json::Array(rows) if rows.iter().all(Json::is_object) => {
                let found = rows.iter().map(|row| attribute(call, resource, row));
                self.attributes.extend(found);
            }
            _ => call.problem(
                &resource.info,
                "expected a list of objects with Path and Value",
            ),
        }
    }

    /// The outcome of a validation.
    pub(crate) fn validation(self) -> Output {
        Output::Validation {
            passed: !self.failed,
            details: self.details,
            failed: self.attributes,
        }
    }

    /// The values that were listed.
    pub(crate) fn values(self) -> Output {
        Output::Attributes(self.attributes)
    }
}
