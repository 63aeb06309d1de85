//! The examples of the documentation of Kubernetes, and what goes wrong.

use super::{Budget, Expression, Variable, from_cel};
use cubit_configdata::Value;

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

/// Each expression must be true.
fn hold(expressions: &[&str]) {
    let wrong: Vec<String> = expressions
        .iter()
        .map(|expression| (expression, evaluate(expression)))
        .filter(|(_, value)| *value != Ok(true.into()))
        .map(|(expression, value)| format!("{expression}: {value:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn quantities() {
    hold(&[
        "quantity('500000G').isInteger()",
        "!quantity('1.5').isInteger()",
        "quantity('50k').asInteger() == 50000",
        "quantity('50000').asApproximateFloat() == 50000.0",
        "isQuantity('1.3Gi') && isQuantity('1k') && isQuantity('-12e3')",
        "!isQuantity('Three Mega Bytes') && !isQuantity('4Mo') && !isQuantity('') && !isQuantity(3)",
        "quantity('200M').compareTo(quantity('0.2G')) == 0",
        "quantity('50M').compareTo(quantity('50Mi')) == -1",
        "quantity('50Mi').compareTo(quantity('50M')) == 1",
        "quantity('150Mi').isGreaterThan(quantity('100Mi'))",
        "quantity('50M').isLessThan(quantity('100M'))",
        "!quantity('100M').isLessThan(quantity('100M'))",
        "quantity('50k').add(quantity('20k')) == quantity('70k')",
        "quantity('50k').add(20) == quantity('50020')",
        "quantity('50k').sub(quantity('20k')) == quantity('30k')",
        "quantity('50k').sub(20000) == quantity('30k')",
        "quantity('-1').sign() == -1 && quantity('0').sign() == 0 && quantity('1m').sign() == 1",
        "quantity('1') == quantity('1000m') && quantity('1') != quantity('2')",
        "[quantity('1Gi'), quantity('2Gi')].all(q, q.isLessThan(quantity('3Gi')))",
        "string(quantity('0.5')) == '500m'",
    ]);
}

#[test]
fn addresses() {
    hold(&[
        "ip('127.0.0.1').family() == 4 && ip('::1').family() == 6",
        "isIP('127.0.0.1') && isIP('::1') && !isIP('127.0.0.256') && !isIP(':::1') && !isIP('01.2.3.4')",
        "!isIP('::ffff:1.2.3.4') && !isIP(4)",
        "ip.isCanonical('127.0.0.1') && ip.isCanonical('2001:db8::abcd')",
        "!ip.isCanonical('2001:DB8::ABCD') && !ip.isCanonical('2001:db8:0:0:0:0:0:abcd')",
        "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified() && !ip('127.0.0.1').isUnspecified()",
        "ip('127.0.0.1').isLoopback() && ip('::1').isLoopback() && !ip('192.168.0.1').isLoopback()",
        "ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast() && !ip('fd00::1').isLinkLocalMulticast()",
        "ip('169.254.169.254').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast() && !ip('fd80::1').isLinkLocalUnicast()",
        "ip('192.168.0.1').isGlobalUnicast() && ip('2001:db8::abcd').isGlobalUnicast()",
        "!ip('255.255.255.255').isGlobalUnicast() && !ip('ff00::1').isGlobalUnicast()",
        "ip('::1') == ip('0:0:0:0:0:0:0:1') && ip('1.2.3.4') != ip('1.2.3.5')",
        "string(ip('::0001')) == '::1' && string('x') == 'x' && string(1) == '1'",
    ]);
}

#[test]
fn ranges_of_addresses() {
    hold(&[
        "isCIDR('192.168.0.0/16') && isCIDR('::1/128') && isCIDR('0.0.0.0/0')",
        "!isCIDR('192.168.0.0/33') && !isCIDR('192.168.0.0/') && !isCIDR('192.168.0.0') && !isCIDR('1.1.1.1/08') && !isCIDR('1.1.1.1/+8')",
        "cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && cidr('192.168.0.0/24').containsIP('192.168.0.1')",
        "!cidr('192.168.0.0/24').containsIP(ip('192.168.1.1')) && !cidr('0.0.0.0/0').containsIP('::1')",
        "cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24')) && cidr('192.168.0.0/16').containsCIDR('192.168.0.0/16')",
        "!cidr('192.168.1.0/24').containsCIDR('192.168.0.0/23')",
        "cidr('192.168.0.1/24').ip() == ip('192.168.0.1')",
        "cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24') && cidr('::1/0').masked() == cidr('::/0')",
        "cidr('192.168.0.0/24').prefixLength() == 24 && cidr('::1/128').prefixLength() == 128",
        "string(cidr('192.168.0.0/24')) == '192.168.0.0/24'",
    ]);
}

#[test]
fn urls() {
    hold(&[
        "isURL('https://user:pass@example.com:80/path?query=val') && isURL('/absolute-path') && isURL('mailto:a@example.com')",
        "!isURL('../relative-path') && !isURL('') && !isURL(':x') && !isURL('https://a b/') && !isURL('https://a:b/') && !isURL('/%zz')",
        "url('https://example.com/').getScheme() == 'https' && url('/path').getScheme() == ''",
        "url('https://example.com:80/').getHost() == 'example.com:80' && url('https://[::1]:80/').getHost() == '[::1]:80' && url('/path').getHost() == ''",
        "url('https://example.com:80/').getHostname() == 'example.com' && url('https://[::1]:80/').getHostname() == '::1' && url('https://[::1]/').getHostname() == '::1'",
        "url('https://example.com:80/').getPort() == '80' && url('https://example.com/').getPort() == '' && url('https://[::1]/').getPort() == ''",
        "url('https://example.com/path').getEscapedPath() == '/path' && url('https://example.com/path with spaces/').getEscapedPath() == '/path%20with%20spaces/'",
        "url('https://example.com/a%2Fb').getEscapedPath() == '/a%2Fb' && url('https://example.com').getEscapedPath() == ''",
        "url('https://example.com/path?k1=a&k2=b&k2=c').getQuery() == {'k1': ['a'], 'k2': ['b', 'c']}",
        "url('https://example.com/path?key with spaces=value+with%20spaces').getQuery() == {'key with spaces': ['value with spaces']}",
        "url('https://example.com/path?').getQuery() == {} && url('https://example.com/path').getQuery() == {}",
        "url('https://user:pass@example.com/').getHost() == 'example.com'",
        "url('HTTPS://example.com/').getScheme() == 'https' && url('//host/path').getHost() == ''",
    ]);
}

#[test]
fn texts_and_patterns() {
    hold(&[
        "'abc 123'.find('[0-9]*') == '' && 'abc 123'.find('[0-9]+') == '123' && 'abc 123'.find('xyz') == ''",
        "'123 abc 456'.findAll('[0-9]+') == ['123', '456'] && '123 abc 456'.findAll('[0-9]+', 1) == ['123']",
        "'123 abc 456'.findAll('xyz') == [] && '123 abc 456'.findAll('[0-9]+', -1) == ['123', '456']",
        "'hello mellow'.replace('we', 'xx') == 'hello mellow' && 'hello hello'.replace('he', 'we') == 'wello wello'",
        "'hello hello'.replace('he', 'we', 1) == 'wello hello' && 'hello'.replace('l', '', -1) == 'heo' && 'ab'.replace('', '_') == '_a_b_' && 'ab'.replace('a', 'b', 0) == 'ab'",
        "'hello hello hello'.split(' ') == ['hello', 'hello', 'hello'] && 'a b c'.split(' ', 0) == [] && 'a b c'.split(' ', 1) == ['a b c'] && 'a b c'.split(' ', 2) == ['a', 'b c'] && 'a b'.split(' ', -1) == ['a', 'b']",
        "'aé'.split('') == ['a', 'é'] && 'abc'.split('', 2) == ['a', 'bc'] && ''.split('') == [] && ''.split(',') == ['']",
        "['hello', 'mellow'].join() == 'hellomellow' && ['hello', 'mellow'].join(' ') == 'hello mellow' && [].join('/') == ''",
        "'hello mellow'.indexOf('') == 0 && 'hello mellow'.indexOf('ello') == 1 && 'hello mellow'.indexOf('jello') == -1 && 'hello mellow'.indexOf('ello', 2) == 7 && 'éa'.indexOf('a') == 1",
        "'hello mellow'.lastIndexOf('') == 12 && 'hello mellow'.lastIndexOf('ello') == 7 && 'hello mellow'.lastIndexOf('jello') == -1 && 'hello mellow'.lastIndexOf('ello', 6) == 1 && 'hello mellow'.lastIndexOf('ello', 7) == 7",
        "'hello'.charAt(4) == 'o' && 'hello'.charAt(5) == ''",
        "'TacoCat'.lowerAscii() == 'tacocat' && 'TacoCÆt'.upperAscii() == 'TACOCÆT'",
        "'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'",
        "'  \\ttrim\\n    '.trim() == 'trim' && 'abc'.reverse() == 'cba' && strings.quote('a') == '\"a\"'",
        "'%s is %d years, %.2f%%, %x'.format(['web', 3, 0.5, 255]) == 'web is 3 years, 0.50%, ff'",
    ]);
}

#[test]
fn lists_and_sets() {
    hold(&[
        "[1, 2, 3].isSorted() && ['a', 'b', 'b', 'c'].isSorted() && ![2.0, 1.0].isSorted() && [].isSorted() && [true].isSorted()",
        "[1, 3].sum() == 4 && [1.0, 3.0].sum() == 4.0 && [1u].sum() == 1u && [].sum() == 0",
        "[1, 3].min() == 1 && [1, 3].max() == 3 && ['b', 'a'].min() == 'a' && [2.5, 1.5].max() == 2.5",
        "[1, 2, 2, 3].indexOf(2) == 1 && ['a', 'b', 'b', 'c'].lastIndexOf('b') == 2 && [1.0].indexOf(1.1) == -1",
        "[1, 2, 3, 4].slice(1, 3) == [2, 3] && [1, [2, [3]]].flatten() == [1, 2, [3]] && [1, [2, [3]]].flatten(2) == [1, 2, 3]",
        "[1, 2, 2, 3, 1].distinct() == [1, 2, 3] && [3, 1, 2].sort() == [1, 2, 3] && [1, 2].reverse() == [2, 1]",
        "lists.range(3) == [0, 1, 2] && lists.range(-1) == []",
        "[{'n': 2}, {'n': 1}].sortBy(e, e.n) == [{'n': 1}, {'n': 2}]",
        "sets.contains([], []) && !sets.contains([], [1]) && sets.contains([1, 2, 3, 4], [2, 3]) && sets.contains([1, 2.0, 3u], [1.0, 2u, 3])",
        "sets.equivalent([], []) && sets.equivalent([1], [1, 1]) && sets.equivalent([1, 2, 3], [3u, 2.0, 1]) && !sets.equivalent([1], [2])",
        "!sets.intersects([1], []) && sets.intersects([1], [1, 2]) && sets.intersects([[1], [2, 3]], [[1, 2], [2, 3.0]])",
        "math.greatest(1, 3, 2) == 3 && math.least([3, 1]) == 1 && math.abs(-1) == 1",
    ]);
}

#[test]
fn formats() {
    hold(&[
        "!format.dns1123Label().validate('my-label-name').hasValue()",
        "format.dns1123Label().validate('Contains_UNDERSCORES').hasValue() && format.dns1123Label().validate('a-').hasValue() && format.dns1123Label().validate('').hasValue()",
        "!format.named('dns1123Label').value().validate('web').hasValue() && !format.named('nope').hasValue()",
        "!format.dns1123Subdomain().validate('apiextensions.k8s.io').hasValue() && format.dns1123Subdomain().validate('a..b').hasValue()",
        "!format.dns1035Label().validate('my-label-name').hasValue() && format.dns1035Label().validate('7').hasValue()",
        "!format.qualifiedName().validate('apiextensions.k8s.io/v1beta1').hasValue() && format.qualifiedName().validate('a/b/c').hasValue() && format.qualifiedName().validate('/a').hasValue()",
        "!format.dns1123LabelPrefix().validate('my-label-prefix-').hasValue() && !format.dns1123SubdomainPrefix().validate('mysubdomain.prefix.-').hasValue()",
        "!format.dns1035LabelPrefix().validate('my-label-prefix-').hasValue()",
        "!format.labelValue().validate('my-cool-label-Value').hasValue() && !format.labelValue().validate('').hasValue() && format.labelValue().validate('a b').hasValue()",
        "!format.uri().validate('http://example.com').hasValue() && format.uri().validate('example.com').hasValue()",
        "!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue() && format.uuid().validate('123e4567').hasValue()",
        "!format.byte().validate('aGVsbG8=').hasValue() && format.byte().validate('aGVsbG8').hasValue() && format.byte().validate('====').hasValue()",
        "!format.date().validate('2021-01-01').hasValue() && !format.date().validate('2024-02-29').hasValue() && format.date().validate('2023-02-29').hasValue() && format.date().validate('2021-1-01').hasValue()",
        "!format.datetime().validate('2021-01-01T00:00:00Z').hasValue() && !format.datetime().validate('2021-01-01T00:00:00.123+01:00').hasValue() && format.datetime().validate('2021-01-01').hasValue() && format.datetime().validate('2021-01-01T25:00:00Z').hasValue()",
        "format.dns1123Label().validate('A').value()[0].contains('63 lower case letters')",
    ]);
}

#[test]
fn what_is_wrong_is_said() {
    for (expression, message) in [
        ("quantity('x')", "quantity': \"x\" is no quantity"),
        (
            "quantity('1.5').asInteger()",
            "the quantity is no integer that fits",
        ),
        (
            "quantity('1').add('1')",
            "it does not take (kubernetes.Quantity, string)",
        ),
        ("ip('1.2.3')", "expected an IP address, got \"1.2.3\""),
        ("ip('1.2.3.4').add(1)", "it does not take (net.IP, int)"),
        (
            "cidr('1.2.3.4')",
            "expected an address and the length of its prefix",
        ),
        ("url('x')", "expected an absolute URL or an absolute path"),
        ("[].min()", "the list is empty"),
        ("[1, 'a'].max()", "cannot be compared"),
        ("['a'].sum()", "cannot be added"),
        ("[9223372036854775807, 1].sum()", "the sum is too large"),
        ("[1].join()", "expected a list of texts, element 0"),
        ("'abc'.indexOf('a', 4)", "index out of range: 4"),
        ("'a'.find('(')", "unclosed group"),
        ("isLoopback(ip('::1'))", "isLoopback"),
        ("'a'.quantity()", "quantity"),
        ("format.nope()", "Undeclared reference to 'format'"),
    ] {
        let error = evaluate(expression).expect_err(expression);
        assert!(error.contains(message), "{expression}: {error}");
    }
}

#[test]
fn libraries_are_bounded() {
    for expression in [
        "numbers.map(a, text.replace('a', text)) == []",
        "text.replace('', text) == ''",
        "numbers.map(a, text.split('')) == []",
        "numbers.map(a, text.findAll('a')) == []",
        "text.split('').join(text) == ''",
        "text.split('').map(c, text).join('') == ''",
        "numbers.map(a, text) == []",
        "numbers.map(a, {'k': text}) == []",
        "numbers.map(a, [?optional.of(text)]) == []",
        "numbers.map(a, a > 0, text) == []",
        "lists.range(100000000) == []",
        "lists.range(10000).distinct() == []",
        "sets.contains(lists.range(20000), lists.range(20000))",
        "numbers.map(a, text.indexOf('b')) == []",
        "numbers.map(a, text.lowerAscii()) == []",
        "numbers.map(a, text.reverse()) == []",
        "numbers.map(a, '%s%s%s'.format([text, text, text])) == []",
        "numbers.map(a, url('/' + text)) == []",
        "numbers.map(a, format.dns1123Label().validate(text).hasValue()) == []",
        "numbers.map(a, lists.range(1000).sort()) == []",
        "numbers.all(a, 'x'.find('x' + string(a)) == '')",
        "numbers.map(a, [[numbers, numbers], [numbers, numbers]].flatten(2)) == []",
    ] {
        let error = evaluate(expression).expect_err(expression);
        assert!(
            error.contains("the expression was stopped"),
            "{expression}: {error}"
        );
    }
}

#[test]
fn values_that_cannot_be_looked_into_become_their_text() {
    for (expression, text) in [
        ("quantity('1500m')", "1500m"),
        ("ip('::0001')", "::1"),
        ("cidr('10.0.0.0/8')", "10.0.0.0/8"),
        ("url('https://example.com/a')", "https://example.com/a"),
        ("optional.of('a')", "a"),
    ] {
        let value = evaluate(expression).expect(expression);
        assert_eq!(from_cel(&value, None), Value::from(text), "{expression}");
    }
}
