use super::*;

#[test]
fn shapes_that_cannot_be_bounded_are_refused() {
    for (expression, message) in [
        (format!("1{}>0", "+1".repeat(2000)), "operators"),
        (format!("{}1{}", "(".repeat(40), ")".repeat(40)), "brackets"),
    ] {
        let error = check_shape(&expression).expect_err("refused");
        assert!(error.contains(message), "{error}");
    }
    for expression in [
        "r.spec.containers.all(c, c.ports.exists(p, p.port == 80)) && [1].map(x, x) == [1]",
        "r.a == '((((((((((((((((((((((((((((((((((((((((('",
        r#"r.a == "\"" && [1].all(x, x > 0)"#,
    ] {
        assert_eq!(check_shape(expression), Ok(()), "{expression}");
    }
}

fn evaluate(expression: &str) -> Result<cel::Value, String> {
    let numbers = Value::List((0..2000_i64).map(Value::from).collect());
    let text = Value::from("a".repeat(65_536));
    Expression::compile(expression)?.evaluate(
        &Budget::new(),
        &[
            ("numbers", &Variable::from(&numbers)),
            ("text", &Variable::from(&text)),
        ],
    )
}

#[test]
fn expressions_give_what_they_gave() {
    for (expression, expected) in [
        ("numbers.all(n, n >= 0) && numbers.exists(n, n == 7)", true),
        ("numbers.exists_one(n, n == 7)", true),
        ("numbers.map(n, n + 1).filter(n, n > 1999) == [2000]", true),
        ("[1, 2].all(a, [3, 4].all(b, [5].all(c, a + b < c)))", false),
        ("text.matches('^a+$') && !'b'.matches('a')", true),
        ("matches('abc', 'b')", true),
        ("type(1) == int && type(text) == string", true),
        ("optional.of(1).hasValue()", true),
        ("1u < 2u && 1.5 < 2.5 && b'a' == b'a' && null == null", true),
        ("has({'a': {'b': 1}}.a.b) && 'a' in {'a': 1}", true),
        ("'a' + 'b' == 'ab' && [1] + [2] == [1, 2]", true),
        ("{'a': 1}.all(k, k == 'a')", true),
        ("size(numbers.map(n, n > 1, n * 2)) == 1998", true),
    ] {
        assert_eq!(evaluate(expression), Ok(expected.into()), "{expression}");
    }
}

#[test]
fn expressions_that_need_too_much_are_stopped() {
    for expression in [
        "numbers.all(a, numbers.all(b, numbers.all(c, true)))",
        "numbers.all(a, numbers.exists(b, b < 0) || true)",
        "numbers.map(a, numbers.map(b, numbers.filter(c, c > b))) == []",
        "numbers.map(a, text + text + text) == []",
        "numbers.map(a, [text, text].map(t, t + t)) == []",
        "numbers.all(a, text.matches('(a*)*b') || true)",
        "numbers.all(a, 'x'.matches('x' + string(a)) || true)",
        "numbers.all(a, numbers == numbers)",
        "numbers.all(a, !(-1 in numbers))",
        "numbers.all(a, !text.contains('b'))",
        "numbers.exists(a, size(numbers + numbers) == 0)",
    ] {
        let error = evaluate(expression).expect_err(expression);
        assert!(error.contains("the expression was stopped"), "{error}");
    }
    let error = evaluate("'a'.matches('((a{100}){100}){100}')").expect_err("too large");
    assert!(error.contains("size limit"), "{error}");
}
