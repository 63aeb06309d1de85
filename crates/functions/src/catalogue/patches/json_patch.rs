//! JSON Patch (RFC 6902) on values.

use cubit_configdata::{Value, limits};

/// Most operations of one patch.
const MAX_OPERATIONS: usize = 10_000;
/// Most values that the operations of one patch may copy in all: copies of copies double.
const MAX_COPIED: usize = 1_000_000;

/// One operation.
pub(super) struct Operation {
    kind: Kind,
    path: Pointer,
}

enum Kind {
    Add(Value),
    Remove,
    Replace(Value),
    Move(Pointer),
    Copy(Pointer),
    Test(Value),
}

/// A JSON Pointer (RFC 6901), taken apart.
struct Pointer(Vec<String>);

impl Pointer {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!("{text:?} is no JSON Pointer: it starts with no /"));
        };
        let tokens = rest.split('/');
        Ok(Self(
            tokens
                .map(|token| token.replace("~1", "/").replace("~0", "~"))
                .collect(),
        ))
    }
}

fn shown(tokens: &[String]) -> String {
    tokens
        .iter()
        .map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1")))
        .collect()
}

impl Operation {
    fn describe(&self) -> String {
        let word = match self.kind {
            Kind::Add(_) => "add",
            Kind::Remove => "remove",
            Kind::Replace(_) => "replace",
            Kind::Move(_) => "move",
            Kind::Copy(_) => "copy",
            Kind::Test(_) => "test",
        };
        format!("{word} {}", shown(&self.path.0))
    }
}

/// The operations of a patch.
pub(super) fn parse(patch: &Value) -> Result<Vec<Operation>, String> {
    let Value::List(list) = patch else {
        return Err("expected a list of operations".to_owned());
    };
    if list.len() > MAX_OPERATIONS {
        return Err(format!("expected at most {MAX_OPERATIONS} operations"));
    }
    list.iter()
        .enumerate()
        .map(|(at, operation)| {
            operation_of(operation).map_err(|error| format!("operation {at}: {error}"))
        })
        .collect()
}

fn operation_of(operation: &Value) -> Result<Operation, String> {
    let text = |name: &str| {
        operation
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("expected a string {name}"))
    };
    let value = || {
        operation
            .get("value")
            .cloned()
            .ok_or_else(|| "expected a value".to_owned())
    };
    let path = Pointer::parse(text("path")?)?;
    let kind = match text("op")? {
        "add" => Kind::Add(value()?),
        "remove" => Kind::Remove,
        "replace" => Kind::Replace(value()?),
        "move" => Kind::Move(Pointer::parse(text("from")?)?),
        "copy" => Kind::Copy(Pointer::parse(text("from")?)?),
        "test" => Kind::Test(value()?),
        other => {
            return Err(format!(
                "expected op to be one of add, remove, replace, move, copy, test, got {other:?}"
            ));
        }
    };
    Ok(Operation { kind, path })
}

/// The value with all operations done, in order.
pub(super) fn apply(mut value: Value, operations: &[Operation]) -> Result<Value, String> {
    let mut copied = 0;
    for (at, operation) in operations.iter().enumerate() {
        step(&mut value, operation, &mut copied)
            .map_err(|error| format!("operation {at} ({}): {error}", operation.describe()))?;
    }
    Ok(value)
}

fn step(root: &mut Value, operation: &Operation, copied: &mut usize) -> Result<(), String> {
    let path = operation.path.0.as_slice();
    match &operation.kind {
        Kind::Add(value) => add(root, path, value.clone()),
        Kind::Remove => remove(root, path).map(drop),
        Kind::Replace(value) => {
            *find(root, path)? = value.clone();
            Ok(())
        }
        Kind::Move(from) => {
            if path.len() > from.0.len() && path.starts_with(&from.0) {
                return Err("a value cannot be moved into itself".to_owned());
            }
            if path == from.0 {
                return find(root, path).map(|_| ());
            }
            let value = remove(root, &from.0)?;
            fits(path, &value)?;
            add(root, path, value)
        }
        Kind::Copy(from) => {
            let value = find(root, &from.0)?;
            *copied = copied.saturating_add(fits(path, value)?);
            if *copied > MAX_COPIED {
                return Err(format!("more than {MAX_COPIED} values would be copied"));
            }
            let value = value.clone();
            add(root, path, value)
        }
        Kind::Test(expected) => {
            if same(find(root, path)?, expected) {
                Ok(())
            } else {
                Err("the value is another one".to_owned())
            }
        }
    }
}

/// The number of values in a value, which must not come to lie too deep.
fn fits(path: &[String], value: &Value) -> Result<usize, String> {
    fn count(value: &Value, depth: usize) -> Option<usize> {
        let children: Vec<&Value> = match value {
            _ if depth > limits::MAX_DEPTH => return None,
            Value::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            Value::List(values) => values.iter().collect(),
            _ => Vec::new(),
        };
        children
            .into_iter()
            .try_fold(1, |sum, value| Some(sum + count(value, depth + 1)?))
    }
    count(value, path.len())
        .ok_or_else(|| format!("the value would lie deeper than {}", limits::MAX_DEPTH))
}

/// A position in a list, at most `most`: digits without a leading zero.
fn index(token: &str, most: usize) -> Option<usize> {
    let is_plain =
        token == "0" || !token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit());
    let index = is_plain.then(|| token.parse().ok()).flatten()?;
    (index <= most).then_some(index)
}

fn find<'v>(root: &'v mut Value, path: &[String]) -> Result<&'v mut Value, String> {
    let mut at = root;
    for (depth, token) in path.iter().enumerate() {
        let below = match at {
            Value::Map(entries) => entries
                .iter_mut()
                .rfind(|(name, _)| name == token)
                .map(|(_, value)| value),
            Value::List(values) => index(token, values.len()).and_then(|at| values.get_mut(at)),
            _ => None,
        };
        at = below.ok_or_else(|| format!("there is no {}", shown(&path[..=depth])))?;
    }
    Ok(at)
}

fn add(root: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let Some((last, above)) = path.split_last() else {
        *root = value;
        return Ok(());
    };
    match find(root, above)? {
        Value::Map(entries) => match entries.iter_mut().rfind(|(name, _)| name == last) {
            Some((_, old)) => *old = value,
            None => entries.push((last.clone(), value)),
        },
        Value::List(values) => {
            let most = values.len();
            let at = match last.as_str() {
                "-" => most,
                token => index(token, most).ok_or_else(|| {
                    format!("expected a position from 0 to {most} or -, got {token:?}")
                })?,
            };
            values.insert(at, value);
        }
        _ => return Err(format!("{} is no map and no list", shown(above))),
    }
    Ok(())
}

fn remove(root: &mut Value, path: &[String]) -> Result<Value, String> {
    let Some((last, above)) = path.split_last() else {
        return Err("the whole resource cannot be removed".to_owned());
    };
    let missing = || format!("there is no {}", shown(path));
    match find(root, above)? {
        Value::Map(entries) => {
            let at = entries.iter().rposition(|(name, _)| name == last);
            Ok(entries.remove(at.ok_or_else(missing)?).1)
        }
        Value::List(values) => {
            let at = index(last, values.len()).filter(|at| *at < values.len());
            Ok(values.remove(at.ok_or_else(missing)?))
        }
        _ => Err(missing()),
    }
}

/// Equality of RFC 6902: numbers by what they mean, maps without order.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_integer(), b.as_integer()) {
            (Some(a), Some(b)) => a == b,
            _ => a == b || a.as_float() == b.as_float(),
        },
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            let sorted = |map: &[(String, Value)]| {
                let mut names: Vec<usize> = (0..map.len()).collect();
                names.sort_by(|a, b| map[*a].0.cmp(&map[*b].0));
                names
            };
            a.len() == b.len()
                && sorted(a)
                    .into_iter()
                    .zip(sorted(b))
                    .all(|(x, y)| a[x].0 == b[y].0 && same(&a[x].1, &b[y].1))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::value;
    use super::*;

    fn patched(document: &str, patch: &str) -> Result<Value, String> {
        apply(value(document), &parse(&value(patch))?)
    }

    /// Appendix A of RFC 6902.
    #[test]
    fn cases_of_the_rfc() {
        for (document, patch, expected) in [
            (
                r#"{"foo":"bar"}"#,
                r#"[{"op":"add","path":"/baz","value":"qux"}]"#,
                r#"{"baz":"qux","foo":"bar"}"#,
            ),
            (
                r#"{"foo":["bar","baz"]}"#,
                r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
                r#"{"foo":["bar","qux","baz"]}"#,
            ),
            (
                r#"{"baz":"qux","foo":"bar"}"#,
                r#"[{"op":"remove","path":"/baz"}]"#,
                r#"{"foo":"bar"}"#,
            ),
            (
                r#"{"foo":["bar","qux","baz"]}"#,
                r#"[{"op":"remove","path":"/foo/1"}]"#,
                r#"{"foo":["bar","baz"]}"#,
            ),
            (
                r#"{"baz":"qux","foo":"bar"}"#,
                r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
                r#"{"baz":"boo","foo":"bar"}"#,
            ),
            (
                r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
                r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
                r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
            ),
            (
                r#"{"foo":["all","grass","cows","eat"]}"#,
                r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
                r#"{"foo":["all","cows","eat","grass"]}"#,
            ),
            (
                r#"{"baz":"qux","foo":["a",2,"c"]}"#,
                r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2.0}]"#,
                r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            ),
            (
                r#"{"foo":"bar"}"#,
                r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
                r#"{"foo":"bar","child":{"grandchild":{}}}"#,
            ),
            (
                r#"{"foo":"bar"}"#,
                r#"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#,
                r#"{"foo":"bar","baz":"qux"}"#,
            ),
            (
                r#"{"/":9,"~1":10}"#,
                r#"[{"op":"test","path":"/~01","value":10}]"#,
                r#"{"/":9,"~1":10}"#,
            ),
            (
                r#"{"foo":["bar"]}"#,
                r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
                r#"{"foo":["bar",["abc","def"]]}"#,
            ),
            (
                r#"{"a":{"b":1,"c":2}}"#,
                r#"[{"op":"test","path":"/a","value":{"c":2,"b":1}},{"op":"copy","from":"/a/b","path":"/d"}]"#,
                r#"{"a":{"b":1,"c":2},"d":1}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"add","path":"","value":{"b":2}}]"#,
                r#"{"b":2}"#,
            ),
        ] {
            let outcome = patched(document, patch);
            assert!(
                outcome
                    .as_ref()
                    .is_ok_and(|outcome| same(outcome, &value(expected))),
                "{patch}: {outcome:?}"
            );
        }
        for (document, patch, expected) in [
            (
                r#"{"baz":"qux"}"#,
                r#"[{"op":"test","path":"/baz","value":"bar"}]"#,
                "operation 0 (test /baz): the value is another one",
            ),
            (
                r#"{"foo":"bar"}"#,
                r#"[{"op":"add","path":"/baz/bat","value":"qux"}]"#,
                "operation 0 (add /baz/bat): there is no /baz",
            ),
            (
                r#"{"/":9,"~1":10}"#,
                r#"[{"op":"test","path":"/~01","value":"10"}]"#,
                "operation 0 (test /~01): the value is another one",
            ),
            (
                r#"{"a":[1]}"#,
                r#"[{"op":"add","path":"/a/2","value":1}]"#,
                "operation 0 (add /a/2): expected a position from 0 to 1 or -, got \"2\"",
            ),
            (
                r#"{"a":[1]}"#,
                r#"[{"op":"replace","path":"/a/1","value":1}]"#,
                "operation 0 (replace /a/1): there is no /a/1",
            ),
            (
                r#"{"a":[1]}"#,
                r#"[{"op":"remove","path":"/a/00"}]"#,
                "operation 0 (remove /a/00): there is no /a/00",
            ),
            (
                r#"{"a":{"b":1}}"#,
                r#"[{"op":"move","from":"/a","path":"/a/b"}]"#,
                "operation 0 (move /a/b): a value cannot be moved into itself",
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"remove","path":""}]"#,
                "operation 0 (remove ): the whole resource cannot be removed",
            ),
            (
                "{}",
                r#"[{"op":"spam","path":"/a"}]"#,
                "operation 0: expected op to be one of add, remove, replace, move, copy, test, got \"spam\"",
            ),
            (
                "{}",
                r#"[{"op":"add","path":"/a"}]"#,
                "operation 0: expected a value",
            ),
            (
                "{}",
                r#"[{"op":"add","path":"a","value":1}]"#,
                "operation 0: \"a\" is no JSON Pointer: it starts with no /",
            ),
        ] {
            assert_eq!(
                patched(document, patch),
                Err(expected.to_owned()),
                "{patch}"
            );
        }
    }

    #[test]
    fn copies_of_copies_have_an_end() {
        let double = r#"{"op":"copy","from":"/a","path":"/a/-"},"#;
        let patch = format!("[{}]", double.repeat(60).trim_end_matches(','));
        let error = patched(r#"{"a":[1]}"#, &patch).expect_err("too much");
        assert!(
            error.contains("would be copied") || error.contains("deeper"),
            "{error}"
        );
    }
}
