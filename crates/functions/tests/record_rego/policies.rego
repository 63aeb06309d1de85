# Policies, each to the next line of three hyphens; the package is added. What the rule answer is,
# for the input in input.json, is recorded.
---
answer := x if { x := 1 }
---
answer if input.kind == "Pod"
---
answer if input.kind == "Service"
---
default answer := "none"
answer := "pod" if input.kind == "Service"
---
default answer := "none"
answer := "pod" if input.kind == "Pod"
---
default answer = false
answer = true { input.kind == "Pod" }
# v0
---
answer[x] { x := input.spec.containers[_].name }
# v0
---
answer[k] = v { v := input.metadata.labels[k] }
# v0
---
answer = x { x := 1 } else = y { y := 2 }
# v0
---
answer { input.kind = "Pod"; input.count > 1 }
# v0
---
answer contains x if some x in [3, 1, 2]
---
answer contains x if { some c in input.spec.containers; x := c.name }
answer contains "extra" if input.kind == "Pod"
answer contains "never" if input.kind == "Service"
---
answer contains x if { some x in [] }
---
answer contains "a"
answer contains "b"
---
answer[k] := v if some k, v in input.metadata.labels
---
answer[c.name] := c.image if some c in input.spec.containers
---
answer["a"] := 1
answer["b"] := 2
---
answer["a"] := 1
answer["a"] := 2
---
answer["a"] := 1 if true
answer["a"] := 1 if input.count == 3
---
answer := 1 if true
answer := 2 if true
---
answer := 1 if true
answer := 1 if input.count == 3
---
answer := 1
answer := 2 if false
---
answer := "big" if { input.count > 10 } else := "some" if { input.count > 2 } else := "few"
---
answer := "big" if input.count > 10
else := "some" if input.count > 2
else := "few"
---
answer := "a" if { input.missing } else := "b" if { not input.missing }
---
answer := "a" if { false } else := "b" if { false }
---
f(x) := x * 2
answer := f(3)
---
f(x) := x * 2 if x > 1
f(x) := 0 if x <= 1
answer := [f(3), f(1)]
---
f(x) := 1 if x == 1
answer := [f(1), f(2)]
---
f(x) := 1 if x == 1
answer := 5 if not f(2)
---
f(1) := "one"
f(2) := "two"
answer := [f(1), f(2)]
---
f("a", x) := x
f("b", x) := x + 1
answer := [f("a", 1), f("b", 1)]
---
f([x, y]) := x + y
answer := f([1, 2])
---
f({"a": x}) := x
answer := f({"a": 5})
---
f({"a": x}) := x
answer := [f({"a": 5, "b": 6})]
---
f(x) := x
f(x) := x + 1
answer := f(1)
---
f(x) := "small" if { x < 10 } else := "large"
answer := [f(1), f(100)]
---
f(x) if x > 1
answer := [f(2)]
---
f(x) if x > 1
answer := [f(1)]
---
f(x) = y { y := x + 1 }
answer = f(1)
# v0
---
default f(_) := 0
f(x) := 1 if x > 5
answer := [f(1), f(6)]
---
f(x, y) := x + y
answer := f(1)
---
f(x, y) := x + y
answer := f(1, 2, 3)
---
f(_) := 1
answer := f("anything")
---
f() := 5
answer := f()
---
f(x) := f(x - 1)
answer := f(1)
---
answer := other + 1
other := 5
---
answer := other
other := answer
---
a := b
b := 3
answer := a + b
---
answer := x if { x := y; y := 3 }
---
answer := x if { x == 1; x := 1 }
---
answer := x if { x = 1 }
---
answer := x if { 1 = x }
---
answer := [x, y] if { [x, y] = [1, 2] }
---
answer := [x, y] if { [x, y] := [1, 2] }
---
answer := [x, y] if { {"a": x, "b": y} = {"a": 1, "b": 2} }
---
answer := x if { {"a": x} = {"a": 1, "b": 2} }
---
answer := x if { [x, x] = [1, 1] }
---
answer := x if { [x, x] = [1, 2] }
---
answer := x if { x := 1; x := 2 }
---
answer := x if { x := 1; x = 2 }
---
answer := x if { x := 1; x = 1 }
---
answer := [x, y] if { [x, 2] = [1, y] }
---
answer := y if { x := {"a": [1, {"b": 5}]}; y := x.a[1].b }
---
answer := x if { some x; x = 5 }
---
answer := x if { some x; input.spec.containers[x].name == "b" }
---
answer := [i, j] if { some i, j; input.matrix[i][j] == 3 }
---
x := 5
answer := y if { some x; x = 6; y := x }
---
answer := x if { some x in [1, 2, 3]; x == 2 }
---
answer contains [i, x] if some i, x in ["a", "b"]
---
answer contains [k, x] if some k, x in {"a": 1, "b": 2}
---
answer contains [k, x] if some k, x in {"a", "b"}
---
answer if every x in [1, 2] { x > 0 }
---
answer if every x in [1, 2] { x > 1 }
---
answer if every x in [] { x > 1 }
---
answer if every i, x in [0, 1] { i == x }
---
answer if every k, v in {"a": "a"} { k == v }
---
answer if every c in input.spec.containers { startswith(c.image, "x/") }
---
answer if every x in input.missing { x > 1 }
---
answer if every x in {1, 2} { some y in [1, 2]; x == y }
---
answer if every x in [1, 2] { y := x * 2; y > 1; y < 5 }
---
answer if not every x in [1, 2] { x > 1 }
---
answer if not input.missing
---
answer if not input.no
---
answer if not input.nothing
---
answer if not input.kind
---
answer if not input.count == 3
---
answer if { not input.count == 4; not input.missing.deeper }
---
answer contains c.name if { some c in input.spec.containers; not c.ports }
---
answer contains c.name if { some c in input.spec.containers; not contains(c.image, ":") }
---
answer contains c.name if { some c in input.spec.containers; count(c.ports) == 0 }
---
answer contains p if p := input.spec.containers[_].ports[_]
---
answer contains msg if { c := input.spec.containers[i]; not contains(c.image, ":"); msg := sprintf("%d: %s", [i, c.name]) }
---
answer := count(bad) if { bad := {c.name | some c in input.spec.containers; endswith(c.image, ":latest")} }
---
required := {"app", "team"}
answer := required - {k | input.metadata.labels[k]}
---
required := {"app", "team"}
answer contains sprintf("missing %s", [k]) if { some k in required; not input.metadata.labels[k] }
---
answer := [x | some x in names]
names contains c.name if some c in input.spec.containers
---
names contains c.name if some c in input.spec.containers
answer if "a" in names
---
names contains c.name if some c in input.spec.containers
answer := names["b"]
---
names contains c.name if some c in input.spec.containers
answer if names["z"]
---
images[c.name] := c.image if some c in input.spec.containers
answer := images.a
---
images[c.name] := c.image if some c in input.spec.containers
answer := [images[n] | some n in ["a", "z"]]
---
images[c.name] := c.image if some c in input.spec.containers
answer := images.z
---
nothing if false
answer := 1 if not nothing
---
nothing if false
answer := [nothing]
---
value := false
answer := 1 if value
---
value := false
answer := 1 if not value
---
value := null
answer := 1 if value
---
value := 0
answer := 1 if value
---
value := ""
answer := 1 if value
---
value := []
answer := 1 if value
---
answer := x if { x := false }
---
answer := x if { x := input.missing }
---
answer := x if { x := input.no; x == false }
---
answer := {"a": input.missing, "b": 1}
---
answer := [1, input.missing]
---
answer := {"a": false, "b": null}
---
answer := {x: y | x := ["a", "b"][y]}
---
answer := [x | some i; x := [10, 20, 30][i]; i > 0]
---
answer := [o | o := {"n": c.name, "i": i}; c := input.spec.containers[i]]
---
answer := [o | c := input.spec.containers[i]; o := {"n": c.name, "i": i}]
---
answer := [x | x := input.spec.containers[_]; x.ports]
---
answer := [x | some c in input.spec.containers; x := c.ports[_]; x > 100]
---
answer := {p | p := input.spec.containers[_].ports[_]}
---
answer := sum([x | x := input.spec.containers[_].ports[_]])
---
answer := max([count(c.ports) | some c in input.spec.containers; c.ports])
---
answer := concat(", ", sort([c.name | some c in input.spec.containers]))
---
answer := x if {
	some c in input.spec.containers
	c.name == "a"
	x := c.image
}
---
answer := x if {
	# a comment
	x := 1 # another

	x > 0
}
---
answer := 1 if { true; true }
---
answer := 1 if { true, true }
---
answer := [
	1,
	2,
]
---
answer := {
	"a": 1,
	"b": 2,
}
---
answer := 1 +
	2
---
answer := x if { x := [1, 2, 3][_]; x > 1; x < 3 }
---
answer := x if { x := [1, 2, 3][_] }
---
answer := x if { x := [1, 1][_] }
---
answer := 1 if { x := 5; f(x) }
f(x) if x == 5
---
answer := y if { y := g(f(1)) }
f(x) := x + 1
g(x) := x * 10
---
answer := [y | some x in [1, 2, 3]; y := f(x)]
f(x) := x * x if x != 2
---
f(x) := y if { some y in x; y > 1 }
answer := f([1, 2])
---
f(x) := y if { some y in x; y > 1 }
answer := f([1, 2, 3])
---
f(x) := {y | some y in x; y > 1}
answer := f([1, 2, 3])
---
answer := input.count with input.count as 5
---
answer := x if { x := input.count with input as {"count": 7} }
---
a.b := 1
answer := 1
---
import data.other
answer := 1
---
import input.kind
answer := kind
---
import rego.v1
answer := 1
---
import future.keywords.in
answer := 1 if 1 in [1]
---
import future.keywords
answer contains 1 if true
# v0
---
answer := 1 if { some x in [1, 2] }
---
answer := x if { some x }
---
answer := x
---
answer := x if { not x == 1 }
---
answer := 1 if { x > 1 }
---
answer := {x | x > 1}
---
answer := x if { [x | true] }
---
answer := [y | y := x] if { x := 1 }
---
answer := [y | some y in x; y > z] if { x := [1, 2, 3]; z := 1 }
---
answer := [[x, y] | some x in [1, 2]; y := [z | some z in [1, 2, 3]; z > x]]
---
answer := count([x | x := input.spec.containers[_]; count(x.name) == 1])
---
answer := x if { x := {"a": {"b": 1}}["a"]["b"] }
---
answer := x if { k := "kind"; x := input[k] }
---
answer := x if { k := ["spec", "containers"]; x := count(input[k[0]][k[1]]) }
---
answer := 1 if input.metadata.labels["app"]
---
answer := 1 if input.metadata.labels.none
---
answer := 1 if input.spec.containers[_].name == "b"
---
answer := 1 if input.spec.containers[_].name == "z"
---
answer := 1 if "b" == input.spec.containers[_].name
---
answer := 1 if not "z" == input.spec.containers[_].name
---
any_z if input.spec.containers[_].name == "z"
answer := 1 if not any_z
---
answer := 1 if input.spec.containers[_].ports[_] > 400
---
answer := {i | input.spec.containers[i].ports[_] > 400}
---
answer := [x | x := [1, 2][_]; y := [1, 2][_]; x == y]
---
answer := 1 if { _ = 1; _ = 2 }
---
answer := 1 if { [_, _] = [1, 2] }
---
answer := 1 if { true == false }
---
answer := x if { x := true == false }
---
answer := x if { x := 1 < 2 }
---
answer := x if { x := (1 + 2) == 3 }
---
answer := x if { x := 1 in [1] }
---
answer := x if { x := 2 in [1] }
---
answer := 1 if 2 in [1]
---
answer := 1 if not 2 in [1]
---
answer := 1 if "a", 1 in {"a": 1}
---
answer := 1 if (0, "x") in ["x"]
---
answer := 1 if { x := {1, 2}; x[1] }
---
answer := x if { x := {1, 2}[_]; x > 1 }
---
answer contains x if { x := {1, 2, 3}[_]; x > 1 }
---
answer contains {"msg": c.name} if some c in input.spec.containers
---
answer contains x if x := 1
answer contains x if x := 1.0
---
answer := {1, 1.0}
---
answer := {"a": 1} if true
---
answer := "x" if true else := "y" if true
---
answer contains
---
answer := 
---
answer := 1 if {
---
answer := (1
---
answer := "a
---
answer = 1
---
answer = x if x = 2
---
x = 3
answer := x
---
default x := 1
answer := x
---
default x := 1 + 1
answer := x
---
default x := [1, {"a": null}]
answer := x
---
default x := 1
default x := 2
answer := x
---
if := 1
answer := 1
---
contains := 1
answer := contains
---
in := 1
answer := 1
---
answer := true if { input := 1 }
---
input := 1
answer := 1
---
count := 5
answer := count
---
answer := x if { count := 5; x := count }
---
f(count) := count
answer := f(1)
---
answer := 1;
---
answer := 1 if { 1 == 1;; 2 == 2 }
---
p(x) := x
p contains 1
answer := 1
---
p := 1
p contains 1
answer := p
---
p[1] := 2
p contains 3
answer := p
---
answer := {"deny": denials}
denials := {x | some x in ["a"]}
---
answer := trim_space(lower(sprintf(" %s ", [upper(input.kind)])))
---
answer := [x | some x in split("a,b,,c", ","); x != ""]
---
answer := to_number(split("v12", "v")[1]) + 1
---
answer := [n | some c in input.spec.containers; parts := split(c.image, ":"); n := parts[count(parts) - 1]]
---
tag(image) := t if { parts := split(image, ":"); count(parts) == 2; t := parts[1] } else := "none"
answer := [tag(c.image) | some c in input.spec.containers]
---
is_pod if input.kind == "Pod"
is_small if count(input.spec.containers) < 5
answer := "ok" if { is_pod; is_small }
---
answer := numbers.range(1, 3)[_] if true
---
answer := object.get(input.metadata, "annotations", {})
---
answer := count(object.get(input.metadata, "annotations", {})) == 0
---
answer := [k | some k, _ in input.metadata.labels; startswith(k, "a")]
---
answer := {k: upper(v) | some k, v in input.metadata.labels}
---
answer := {v: k | some k, v in {"a": 1, "b": 1}}
---
answer := [x | some x in {"b", "a", "C", "1"}]
---
answer := [x | some x in {10, 9, 1.5, -1}]
---
answer := [k | {"10": 1, "9": 1, "a": 1, "B": 1}[k]]
---
answer := sort([true, null, "b", 2, [1], {"a": 1}, {1}, "a", 1, false])
---
answer := {[1, 2], [1], [2]}
---
answer := {{"b": 1}, {"a": 2}, {"a": 1, "b": 0}}
---
answer := {{1, 2}, {1}, set(), {0, 5}}
---
answer := 1 if { x := 1; y := 2; x < y; not x > y; x != y }
---
answer := 1 if not input.spec.containers[_].name == "z"
---
answer := 1 if { some c in input.spec.containers; not c.ports[_] == 80 }
---
answer contains c.name if { some c in input.spec.containers; not 80 in c.ports }
---
answer := 1 if not [x | x := input.spec.containers[_].name; x == "z"] == ["a"]
---
no_z if not [x | x := input.spec.containers[_].name; x == "z"] != []
answer := 1 if no_z
---
f(x) := y if { y := x[_] }
answer := f([7, 7])
---
answer := y if { y := {"a", "b"}[_] }
---
answer := "yes" if input.spec.containers[_].ports
---
answer := {"a": 1, "b": 2, "a": 3}
---
answer := {k: 1 | some k in ["a", "a"]}
---
answer := [x | some x in [3, 1, 2]][0]
---
answer := count({x | x := 0.5 * input.matrix[_][_]})
---
answer := 0.5 + 0.5 == 1
---
answer := [1.5 * 2, 3 - 0.5, 10 / 4, 10 / 5]
---
answer := regex.match(`^[\w.-]+/[\w.-]+(:[\w.-]+)?$`, input.spec.containers[0].image)
---
answer := [x | some x in ["a1", "é", "_", "-"]; regex.match(`^\w+$`, x)]
---
answer := [x | some x in ["[", "]", "a"]; regex.match(`^[[\]]$`, x)]
---
answer := sprintf("%-6s|%6s|%03d|%.1f", ["ab", "cd", 7, 1.25])
---
answer := sprintf("%6.2f|%x", [3.14159, 255])
---
answer := sprintf("%v %v %v", [{"a": {1, 2}}, null, ["x"]])
---
answer := 1 if not input.missing == 4
---
answer := 1 if not 4 == input.missing
---
answer := 1 if not contains(input.missing, "x")
---
answer := 1 if not startswith(input.metadata.none, "x")
---
answer := 1 if not count(input.missing) > 0
---
answer := 1 if not input.missing > 4
---
f(x) := x
answer := 1 if not f(input.missing)
---
f(x) := x
answer := 1 if not f(f(input.missing))
---
f(x) := x if x > 100
answer := 1 if not f(input.count)
---
f(x) := x if x > 100
answer := 1 if not f(f(input.count))
---
f(x) := x if x > 100
answer := 1 if not f(input.count) == 5
---
f(x) := x if x > 100
answer := 1 if not f(input.count) > 5
---
answer := 1 if not 1 in input.missing
---
answer := 1 if not input.missing[0]
---
answer := 1 if not lower(input.missing) == "x"
---
answer := 1 if not lower(input.count) == "x"
---
none := 5 if false
answer := 1 if not none == 1
---
none := [1] if false
answer := 1 if not count(none) == 1
---
answer := 1 if not count([1 | input.missing]) > 5
---
answer := 1 if not [input.missing]
---
answer := 1 if not {"a": input.missing} == {"a": 1}
---
answer := 1 if not input[input.missing]
---
answer := 1 if not input.metadata.labels[input.missing]
---
answer := 1 if not input.count + input.missing == 4
---
answer contains c.name if { some c in input.spec.containers; not c.ports == [] }
---
answer contains c.name if { some c in input.spec.containers; not c.ports[0] > 5 }
---
answer contains c.name if { some c in input.spec.containers; not c.ports[0] }
---
answer contains c.name if { some c in input.spec.containers; not count(c.ports) > 5 }
---
answer := 1 if { x := [1 / 0]; x }
---
answer := 1 if not 1 / 0 == 1
---
answer := [x | x := 1 / 0]
---
answer := 1 if not to_number("x") == 1
---
answer := 1 if not to_number("x")
---
answer := 1 if count([1 / 0]) == 1
---
answer := 1 if every c in input.spec.containers { not contains(c.none, "x") }
