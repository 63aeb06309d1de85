//! How often a JSON Schema looks at the same value: alternatives inside alternatives, and
//! references that lead back to themselves, can ask for more than any machine can do.

use cubit_configdata::limits::MAX_DEPTH;
use hashbrown::HashMap;
use serde_json::{Map, Value as Json};

use crate::pattern;

/// Most schemas within a schema.
const MAX_SCHEMAS: usize = 20_000;

/// Longest chain of schemas for one and the same value.
const MAX_CHAIN: usize = 64;

/// For each depth, an upper bound of how often a value that deep is looked at.
pub(crate) type Effort = Vec<f64>;

/// Schemas within schemas, by number.
#[derive(Default)]
struct Graph<'j> {
    schemas: Vec<&'j Json>,
    numbers: HashMap<*const Json, usize>,
    edges: Vec<Edges>,
    patterns: usize,
}

/// Where a schema leads.
#[derive(Default)]
struct Edges {
    /// These apply to the same value.
    same: Vec<usize>,
    /// Each of these applies to every value one level down.
    below: Vec<usize>,
    /// Of these at most one applies to a value one level down.
    one_below: Vec<usize>,
    /// The effort of the schema itself, in values looked at.
    own: f64,
}

/// The effort of a schema.
///
/// # Errors
/// Schemas that apply themselves to the same value again, are too large, or refer to what is not
/// within them.
pub(crate) fn effort(root: &Json) -> Result<Effort, String> {
    let mut graph = Graph::default();
    graph.number(root);
    while let Some(schema) = graph.schemas.get(graph.edges.len()).copied() {
        if graph.schemas.len() > MAX_SCHEMAS {
            return Err(format!("it has more than {MAX_SCHEMAS} schemas within it"));
        }
        let edges = graph.edges_of(root, schema)?;
        graph.edges.push(edges);
        if graph.patterns > pattern::MAX_COUNT {
            return Err("there are too many patterns".to_owned());
        }
    }
    let mut effort = Vec::with_capacity(MAX_DEPTH + 1);
    let mut above = vec![0.0; graph.schemas.len()];
    for depth in 0..=MAX_DEPTH {
        let mut times = vec![None; graph.schemas.len()];
        for number in 0..graph.schemas.len() {
            graph.times(number, depth, &above, &mut times, 0)?;
        }
        above = times.into_iter().map(Option::unwrap_or_default).collect();
        effort.push(above[0]);
    }
    Ok(effort)
}

impl<'j> Graph<'j> {
    fn number(&mut self, schema: &'j Json) -> usize {
        let next = self.schemas.len();
        let number = *self
            .numbers
            .entry(std::ptr::from_ref(schema))
            .or_insert(next);
        if number == next {
            self.schemas.push(schema);
        }
        number
    }

    fn edges_of(&mut self, root: &'j Json, schema: &'j Json) -> Result<Edges, String> {
        let mut edges = Edges {
            own: 1.0,
            ..Edges::default()
        };
        let Json::Object(rules) = schema else {
            return Ok(edges);
        };
        for (keyword, value) in rules {
            match keyword.as_str() {
                "$ref" => edges.same.push(self.number(target(root, value)?)),
                "$dynamicRef" | "$recursiveRef" => {
                    return Err(format!("{keyword} is not supported"));
                }
                "$id" if !std::ptr::eq(root, schema) => {
                    return Err("$id is only supported at the root".to_owned());
                }
                "not" | "if" | "then" | "else" => edges.same.push(self.number(value)),
                "allOf" | "anyOf" | "oneOf" => self.elements(value, &mut edges.same),
                "dependentSchemas" | "dependencies" => self.members(value, &mut edges.same),
                "properties" => self.members(value, &mut edges.one_below),
                "prefixItems" => self.elements(value, &mut edges.one_below),
                "items" if value.is_array() => self.elements(value, &mut edges.one_below),
                // Every one of many values or names is compared.
                "enum" | "required" => edges.own += sixteenth(value.as_array().map_or(0, Vec::len)),
                "pattern" => self.patterns += 1,
                "patternProperties" => {
                    self.patterns += value.as_object().map_or(0, Map::len);
                    self.members(value, &mut edges.below);
                }
                "items"
                | "additionalItems"
                | "additionalProperties"
                | "contains"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties" => {
                    edges.below.push(self.number(value));
                }
                _ => {}
            }
        }
        Ok(edges)
    }

    fn elements(&mut self, value: &'j Json, edges: &mut Vec<usize>) {
        let elements = value.as_array().into_iter().flatten();
        edges.extend(elements.map(|schema| self.number(schema)));
    }

    fn members(&mut self, value: &'j Json, edges: &mut Vec<usize>) {
        let members = value.as_object().into_iter().flatten();
        edges.extend(members.map(|(_, schema)| self.number(schema)));
    }

    /// How often a schema looks at a value `depth` levels down, given that of all schemas for the
    /// level above.
    fn times(
        &self,
        number: usize,
        depth: usize,
        above: &[f64],
        known: &mut [Option<f64>],
        chain: usize,
    ) -> Result<f64, String> {
        if let Some(times) = known[number] {
            return Ok(times);
        }
        if chain > MAX_CHAIN {
            return Err(format!(
                "its references go round in circles, or more than {MAX_CHAIN} schemas apply to one value"
            ));
        }
        let edges = &self.edges[number];
        let mut times = if depth == 0 { edges.own } else { 0.0 };
        for same in &edges.same {
            // Alternatives are tried, and tried again to tell why they do not fit.
            times += 2.0 * self.times(*same, depth, above, known, chain + 1)?;
        }
        if depth > 0 {
            times += edges.below.iter().map(|below| above[*below]).sum::<f64>();
            let one_below = edges.one_below.iter().map(|below| above[*below]);
            times += one_below.fold(0.0, f64::max);
        }
        known[number] = Some(times);
        Ok(times)
    }
}

fn sixteenth(count: usize) -> f64 {
    f64::from(u32::try_from(count / 16).unwrap_or(u32::MAX))
}

/// The schema a reference means.
fn target<'j>(root: &'j Json, reference: &Json) -> Result<&'j Json, String> {
    let refused = || {
        format!(
            "$ref {reference} is not supported: expected a place in the schema itself, such as #/$defs/name"
        )
    };
    let pointer = reference
        .as_str()
        .and_then(|text| text.strip_prefix('#'))
        .ok_or_else(refused)?;
    // An encoded character could mean a place other than the one that is spelled.
    if pointer.contains('%') {
        return Err(refused());
    }
    root.pointer(pointer)
        .ok_or_else(|| format!("$ref {reference} leads nowhere"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn circles_and_outside_references_are_refused() {
        for (schema, message) in [
            (json!({"$ref": "#"}), "in circles"),
            (
                json!({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#"}]}}}),
                "in circles",
            ),
            (json!({"$ref": "https://example.com/a"}), "not supported"),
            (json!({"$ref": "#name"}), "leads nowhere"),
            (json!({"$ref": "#/%24defs/a"}), "not supported"),
            (json!({"$ref": 5}), "not supported"),
            (json!({"items": {"$dynamicRef": "#a"}}), "$dynamicRef"),
            (
                json!({"patternProperties": (0..2001).map(|n| (n.to_string(), json!(true))).collect::<Map<_, _>>()}),
                "too many patterns",
            ),
            (json!({"items": {"$id": "http://a"}}), "$id"),
        ] {
            let error = effort(&schema).expect_err(message);
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn effort_is_bounded_from_above() {
        let flat = effort(&json!({"properties": {"a": {}, "b": {"items": {}}}})).expect("bounded");
        assert_eq!(flat[..4], [1.0, 1.0, 1.0, 0.0]);
        let tree = json!({"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}});
        let tree = effort(&tree).expect("bounded");
        assert!(tree[3] <= 16.0, "{tree:?}");
        let twice = json!({"anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]});
        assert!(effort(&twice).expect("bounded")[40] > 1e12);
    }
}
