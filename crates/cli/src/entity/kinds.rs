//! The kinds of entities.

use clap::Args;
use serde_json::{Map, Value, json};

use super::Kind;
use crate::error::{Error, Result};
use crate::output::table::{Column, Listing, short, time};
use crate::session::{Other, Session};

/// Declares a kind: its names in the API, what lists include, and the columns of its own.
macro_rules! kind {
    (
        $Kind:ident, $name:literal, $path:literal, $entity:literal, $id:literal, $include:literal,
        [$($column:expr,)*]
    ) => {
        const OTHER: Other = Other {
            name: $name,
            path: $path,
            id: concat!($entity, ".", $id),
        };
        const LISTING: Listing = Listing {
            entity: $entity,
            name: concat!($entity, ".Slug"),
            include: concat!("SpaceID", $include),
            columns: &[
                Column::new("ID", &[concat!($entity, ".", $id)]).detail(),
                Column::new("Name", &[concat!($entity, ".Slug")]),
                Column::new("Display name", &[concat!($entity, ".DisplayName")]).detail(),
                Column::new("Space", &["Space.Slug"]),
                $($column,)*
                Column::new("Labels", &[concat!($entity, ".Labels")]).wide(),
                Column::new("Annotations", &[concat!($entity, ".Annotations")]).detail(),
                Column::new("Delete gates", &[concat!($entity, ".DeleteGates")]).detail(),
                Column::new("Created", &[concat!($entity, ".CreatedAt")]).shown(time).detail(),
                Column::new("Updated", &[concat!($entity, ".UpdatedAt")]).shown(time).detail(),
            ],
        };
    };
}

/// For columns: how many arguments a call has.
fn count(fields: &[&Value]) -> String {
    let list = fields.first().and_then(|field| field.as_array());
    list.map_or(0, Vec::len).to_string()
}

/// Inserts what was given.
fn put(fields: &mut Map<String, Value>, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.clone().into());
    }
}

/// Arguments of a function: values by position, then `--NAME=VALUE`.
fn arguments(texts: &[String]) -> Result<Value> {
    let mut named = false;
    let argument = |text: &String| {
        let by_name = text
            .strip_prefix("--")
            .and_then(|text| text.split_once('='));
        if named && by_name.is_none() {
            return Err(Error::usage(format!(
                "`{text}`: an argument without a name cannot stand behind one with a name"
            )));
        }
        Ok(match by_name {
            Some((name, value)) => {
                named = true;
                json!({"ParameterName": name, "Value": value})
            }
            None => json!({"Value": text}),
        })
    };
    texts.iter().map(argument).collect()
}

/// A tag: a name for revisions of many units
#[derive(Debug, Args)]
pub(crate) struct Tag {}

impl Kind for Tag {
    kind! { Tag, "tag", "tag", "Tag", "TagID", ",ChangeSetID", [
        Column::new("Change set", &["ChangeSet.Slug"]),
    ] }

    fn fields(&self, _: &Session, _: &mut Map<String, Value>) -> Result<()> {
        Ok(())
    }
}

/// A change set: changes of many units that belong together
#[derive(Debug, Args)]
pub(crate) struct ChangeSet {
    /// What the change is about
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

impl Kind for ChangeSet {
    kind! { ChangeSet, "change set", "change_set", "ChangeSet", "ChangeSetID", ",StartTagID,EndTagID", [
        Column::new("State", &["ChangeSet.State"]),
        Column::new("Start tag", &["StartTag.Slug"]),
        Column::new("End tag", &["EndTag.Slug"]),
        Column::new("Description", &["ChangeSet.Description"]).shown(short),
    ] }

    fn fields(&self, _: &Session, fields: &mut Map<String, Value>) -> Result<()> {
        put(fields, "Description", self.description.as_ref());
        Ok(())
    }
}

/// A trigger: a function that runs when units of its space change
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    #[arg(help = "Mutation or PostClone")]
    event: String,
    /// Toolchain of the units, such as Kubernetes/YAML
    toolchain: String,
    /// Function to run
    function: String,
    /// Its arguments: values, then --NAME=VALUE (behind --)
    arguments: Vec<String>,
    /// Begin disabled
    #[arg(long)]
    disable: bool,
    /// Nobody may override it
    #[arg(long)]
    enforce: bool,
    /// Worker that runs the function
    #[arg(long, value_name = "WORKER")]
    worker: Option<String>,
}

impl Kind for Trigger {
    kind! { Trigger, "trigger", "trigger", "Trigger", "TriggerID", ",BridgeWorkerID", [
        Column::new("Worker", &["BridgeWorker.Slug"]),
        Column::new("Event", &["Trigger.Event"]),
        Column::new("Validating", &["Trigger.Validating"]),
        Column::new("Disabled", &["Trigger.Disabled"]),
        Column::new("Enforced", &["Trigger.Enforced"]),
        Column::new("Toolchain", &["Trigger.ToolchainType"]),
        Column::new("Function", &["Trigger.FunctionName"]),
        Column::new("Arguments", &["Trigger.Arguments"]).shown(count),
    ] }

    fn fields(&self, session: &Session, fields: &mut Map<String, Value>) -> Result<()> {
        put(fields, "Event", Some(&self.event));
        put(fields, "ToolchainType", Some(&self.toolchain));
        put(fields, "FunctionName", Some(&self.function));
        fields.insert("Arguments".into(), arguments(&self.arguments)?);
        fields.insert("Disabled".into(), self.disable.into());
        fields.insert("Enforced".into(), self.enforce.into());
        worker(session, fields, self.worker.as_deref())
    }
}

fn worker(session: &Session, fields: &mut Map<String, Value>, name: Option<&str>) -> Result<()> {
    if let Some(name) = name {
        let id = session.find_other(Worker::OTHER, name)?;
        fields.insert("BridgeWorkerID".into(), id.to_string().into());
    }
    Ok(())
}

/// An invocation: a call of a function that is kept
#[derive(Debug, Args)]
pub(crate) struct Invocation {
    /// Toolchain, such as Kubernetes/YAML
    toolchain: String,
    /// Function to call
    function: String,
    /// Its arguments: values, then --NAME=VALUE (behind --)
    arguments: Vec<String>,
    /// Worker that runs the function
    #[arg(long, value_name = "WORKER")]
    worker: Option<String>,
}

impl Kind for Invocation {
    kind! { Invocation, "invocation", "invocation", "Invocation", "InvocationID", ",BridgeWorkerID", [
        Column::new("Worker", &["BridgeWorker.Slug"]),
        Column::new("Toolchain", &["Invocation.ToolchainType"]),
        Column::new("Function", &["Invocation.FunctionName"]),
        Column::new("Arguments", &["Invocation.Arguments"]).shown(count),
    ] }

    fn fields(&self, session: &Session, fields: &mut Map<String, Value>) -> Result<()> {
        put(fields, "ToolchainType", Some(&self.toolchain));
        put(fields, "FunctionName", Some(&self.function));
        fields.insert("Arguments".into(), arguments(&self.arguments)?);
        worker(session, fields, self.worker.as_deref())
    }
}

/// A filter: a selection that is kept
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// What it selects: Unit, Space, Trigger, ...
    from: String,
    /// Condition over attributes
    #[arg(long = "where", value_name = "EXPRESSION")]
    condition: Option<String>,
    /// Condition over the configuration data
    #[arg(long, value_name = "EXPRESSION")]
    where_data: Option<String>,
    /// Only units that hold a resource of this type
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// Only what is in this space
    #[arg(long, value_name = "SPACE")]
    from_space: Option<String>,
}

impl Kind for Filter {
    kind! { Filter, "filter", "filter", "Filter", "FilterID", ",FromSpaceID", [
        Column::new("From", &["Filter.From"]),
        Column::new("Where", &["Filter.Where"]).shown(short),
        Column::new("Where data", &["Filter.WhereData"]).shown(short),
        Column::new("Resource type", &["Filter.ResourceType"]),
        Column::new("From space", &["FromSpace.Slug"]),
    ] }

    fn fields(&self, session: &Session, fields: &mut Map<String, Value>) -> Result<()> {
        put(fields, "From", Some(&self.from));
        put(fields, "Where", self.condition.as_ref());
        put(fields, "WhereData", self.where_data.as_ref());
        put(fields, "ResourceType", self.resource_type.as_ref());
        if let Some(space) = &self.from_space {
            let id = session.find_space(space)?.id.to_string();
            put(fields, "FromSpaceID", Some(&id));
        }
        Ok(())
    }
}

/// A view: columns for what a filter selects
#[derive(Debug, Args)]
pub(crate) struct View {
    /// The filter
    filter: String,
    /// Column, such as Unit.Slug; may be repeated
    #[arg(long = "column", value_name = "NAME", required = true)]
    columns: Vec<String>,
    /// Attribute to group by
    #[arg(long, value_name = "NAME")]
    group_by: Option<String>,
    /// Attribute to order by
    #[arg(long, value_name = "NAME")]
    order_by: Option<String>,
    /// ASC or DESC
    #[arg(long, value_name = "DIRECTION", requires = "order_by")]
    order_by_direction: Option<String>,
}

impl Kind for View {
    kind! { View, "view", "view", "View", "ViewID", ",FilterID", [
        Column::new("Filter", &["Filter.Slug"]),
        Column::new("Columns", &["View.Columns"]).shown(count),
        Column::new("Group by", &["View.GroupBy"]),
        Column::new("Order by", &["View.OrderBy"]),
    ] }

    fn fields(&self, session: &Session, fields: &mut Map<String, Value>) -> Result<()> {
        let id = session.find_other(Filter::OTHER, &self.filter)?.to_string();
        put(fields, "FilterID", Some(&id));
        let columns: Vec<Value> = self
            .columns
            .iter()
            .map(|name| json!({"Name": name}))
            .collect();
        fields.insert("Columns".into(), columns.into());
        put(fields, "GroupBy", self.group_by.as_ref());
        put(fields, "OrderBy", self.order_by.as_ref());
        put(fields, "OrderByDirection", self.order_by_direction.as_ref());
        Ok(())
    }
}

/// A link: a unit that takes values from another one, and comes after it
#[derive(Debug, Args)]
pub(crate) struct Link {
    /// The unit that takes values
    from: String,
    /// The unit that gives them: name, SPACE/NAME or id
    to: String,
}

impl Kind for Link {
    kind! { Link, "link", "link", "Link", "LinkID", ",FromUnitID,ToUnitID,ToSpaceID", [
        Column::new("From unit", &["FromUnit.Slug"]),
        Column::new("To unit", &["ToUnit.Slug"]),
        Column::new("To space", &["ToSpace.Slug"]),
    ] }

    fn fields(&self, session: &Session, fields: &mut Map<String, Value>) -> Result<()> {
        let (from, to) = (session.find_unit(&self.from)?, session.find_unit(&self.to)?);
        put(fields, "FromUnitID", Some(&from.id.to_string()));
        put(fields, "ToUnitID", Some(&to.id.to_string()));
        put(fields, "ToSpaceID", Some(&to.space.to_string()));
        Ok(())
    }
}

/// A target: a place that units are applied to
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Parameters of the place, as JSON
    parameters: String,
    /// Worker that reaches it
    worker: Option<String>,
    /// What is at the place
    #[arg(short, long, default_value = "Kubernetes")]
    provider: String,
    /// Toolchain of the units
    #[arg(short, long, default_value = "Kubernetes/YAML")]
    toolchain: String,
}

impl Kind for Target {
    kind! { Target, "target", "target", "Target", "TargetID", ",BridgeWorkerID", [
        Column::new("Worker", &["BridgeWorker.Slug"]),
        Column::new("Provider", &["Target.ProviderType"]),
        Column::new("Toolchain", &["Target.ToolchainType"]),
        Column::new("Parameters", &["Target.Parameters"]).shown(short),
    ] }

    fn fields(&self, session: &Session, fields: &mut Map<String, Value>) -> Result<()> {
        put(fields, "Parameters", Some(&self.parameters));
        put(fields, "ProviderType", Some(&self.provider));
        put(fields, "ToolchainType", Some(&self.toolchain));
        worker(session, fields, self.worker.as_deref())
    }
}

/// A worker: a program that applies units to targets
#[derive(Debug, Args)]
pub(crate) struct Worker {}

impl Kind for Worker {
    kind! { Worker, "worker", "bridge_worker", "BridgeWorker", "BridgeWorkerID", "", [
        Column::new("Condition", &["BridgeWorker.Condition"]),
        Column::new("Last seen", &["BridgeWorker.LastSeenAt"]).shown(time),
    ] }

    fn fields(&self, _: &Session, _: &mut Map<String, Value>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_by_position_and_then_by_name() {
        let texts =
            |texts: &[&str]| -> Vec<String> { texts.iter().map(|t| (*t).to_owned()).collect() };
        let found = arguments(&texts(&["r.x > 1", "--param=a=b"])).expect("fits");
        assert_eq!(
            found,
            json!([{"Value": "r.x > 1"}, {"ParameterName": "param", "Value": "a=b"}])
        );
        assert!(arguments(&texts(&["--param=a", "b"])).is_err());
    }
}
