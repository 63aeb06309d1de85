//! Labels and annotations.

use cubit_configdata::{Missing, Path, resolve};

use super::path::attribute_values;
use crate::argument::FunctionInvocation;
use crate::attribute::AttributeDetails;
use crate::function::{Behaviour, Call, Failure, Function, Output, required};
use crate::kubernetes::METADATA_KEY;
use crate::signature::{DataType, OutputType};

/// Annotations or labels: the words that differ between the two families.
struct Family {
    map: &'static str,
    what: &'static str,
    key: &'static str,
    value: &'static str,
    getter: &'static str,
    setter: &'static str,
}

const ANNOTATION: Family = Family {
    map: "annotations",
    what: "an annotation",
    key: "annotation-key",
    value: "annotation-value",
    getter: "get-annotation",
    setter: "set-annotation",
};

const LABEL: Family = Family {
    map: "labels",
    what: "a label",
    key: "label-key",
    value: "label-value",
    getter: "get-label",
    setter: "set-label",
};

impl Family {
    fn functions(&self, get: Behaviour, set: Behaviour) -> [Function; 2] {
        let what = self.what;
        [
            Function::kubernetes(
                self.getter,
                &format!("Reads {what} of every resource that has it."),
                get,
            )
            .attribute(self.value)
            .parameter(
                required(
                    self.key,
                    DataType::String,
                    "example.com/team",
                    &format!("Key of {what}."),
                )
                .matching(METADATA_KEY),
            )
            .output(
                OutputType::AttributeValueList,
                self.value,
                "The values found.",
            ),
            Function::kubernetes(
                self.setter,
                &format!("Sets {what} on every resource. Pod templates and selectors stay."),
                set,
            )
            .attribute(self.value)
            .mutating()
            .parameter(
                required(
                    self.key,
                    DataType::String,
                    "example.com/team",
                    &format!("Key of {what}."),
                )
                .matching(METADATA_KEY),
            )
            .parameter(required(
                self.value,
                DataType::String,
                "shop",
                "The new value.",
            )),
        ]
    }

    fn path(&self, call: &Call<'_>) -> Result<Path, Failure> {
        let pattern = format!("metadata.{}.@%s:{}", self.map, self.key);
        Path::with_arguments(&pattern, &[call.arguments.text(self.key)])
            .map_err(|error| error.to_string().into())
    }

    fn get(&self, call: &mut Call<'_>) -> Result<Output, Failure> {
        let path = self.path(call)?;
        let mut values = Vec::new();
        for resource in call.resources("*") {
            for (mut value, place) in
                attribute_values(call, &resource, &path, self.value, DataType::String)
            {
                let bound: Vec<(&str, &str)> = place
                    .arguments
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect();
                value.details = Some(AttributeDetails {
                    getter_invocation: Some(FunctionInvocation::with_names(self.getter, &bound)),
                    setter_invocations: vec![FunctionInvocation::with_names(self.setter, &bound)],
                });
                values.push(value);
            }
        }
        Ok(Output::Attributes(values))
    }

    fn set(&self, call: &mut Call<'_>) -> Result<Output, Failure> {
        let path = self.path(call)?;
        let value = call.arguments.text(self.value).to_owned();
        for resource in call.resources("*") {
            for place in resolve(resource.root, &path, Missing::Create) {
                call.set(&resource, &place, value.clone());
            }
        }
        Ok(Output::Nothing)
    }
}

pub(crate) fn functions() -> Vec<Function> {
    let [get_annotation, set_annotation] =
        ANNOTATION.functions(|call| ANNOTATION.get(call), |call| ANNOTATION.set(call));
    let [get_label, set_label] = LABEL.functions(|call| LABEL.get(call), |call| LABEL.set(call));
    vec![
        get_annotation.example(
            &["example.com/team"],
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {example.com/team: shop}}\n",
            r#""Path":"metadata.annotations.example~1com/team""#,
        ),
        set_annotation.example(
            &["example.com/team", "shop"],
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec: {}\n",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  annotations:\n    example.com/team: shop\nspec: {}\n",
        ),
        get_label.example(&["tier"], "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {tier: web}}\n", r#""Value":"web""#),
        set_label.example(
            &["tier", "true"],
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels:\n    tier: web # outside\n",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels:\n    tier: \"true\" # outside\n",
        ),
    ]
}
