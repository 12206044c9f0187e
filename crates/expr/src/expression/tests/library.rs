//! Functions of strings, bytes, instants and spans of time.

use super::{all_true, none, rows};

#[test]
fn strings() {
    all_true(
        &none(),
        &[
            "'a' + 'b' == 'ab'",
            "'hello'.startsWith('he')",
            "'hello'.endsWith('lo')",
            "'hello'.contains('ell')",
            "'hello'.contains('')",
            "'hello'.matches('^h.*o$')",
            "'hello'.matches('ll')",
            "!'hello'.matches('^ll$')",
            "matches('abc123', '[a-z]+[0-9]{3}')",
            "'ABC'.matches('(?i)abc')",
            "'a1'.matches('^' + '[a-z]' + r'\\d$')",
            "'hello'.charAt(1) == 'e'",
            "'hello'.charAt(5) == ''",
            "'hello mellow'.indexOf('ello') == 1",
            "'hello mellow'.indexOf('ello', 2) == 7",
            "'hello'.indexOf('x') == -1",
            "'hello'.indexOf('') == 0",
            "'héllo'.indexOf('l') == 2",
            "'hello mellow'.lastIndexOf('ello') == 7",
            "'hello mellow'.lastIndexOf('ello', 6) == 1",
            "'hello'.lastIndexOf('') == 5",
            "'hello'.lastIndexOf('x') == -1",
            "'TacoCat'.lowerAscii() == 'tacocat'",
            "'TacoCÆt'.lowerAscii() == 'tacocÆt'",
            "'tacocat'.upperAscii() == 'TACOCAT'",
            "'hello hello'.replace('he', 'we') == 'wello wello'",
            "'hello hello'.replace('he', 'we', 1) == 'wello hello'",
            "'hello'.replace('he', 'we', 0) == 'hello'",
            "'hello hello'.replace('he', 'we', -1) == 'wello wello'",
            "'ab'.replace('', '-') == '-a-b-'",
            "'a,b,c'.split(',') == ['a', 'b', 'c']",
            "'a,b,c'.split(',', 2) == ['a', 'b,c']",
            "'a,b'.split(',', 0) == []",
            "'a,b'.split(',', 1) == ['a,b']",
            "'ab'.split('') == ['a', 'b']",
            "'a'.split(',') == ['a']",
            "''.split(',') == ['']",
            "'tacocat'.substring(4) == 'cat'",
            "'tacocat'.substring(0, 4) == 'taco'",
            "'héé'.substring(1, 2) == 'é'",
            "'abc'.substring(3) == ''",
            "'  \\ttrim\\n  '.trim() == 'trim'",
            "'gums'.reverse() == 'smug'",
            "['x', 'y'].join() == 'xy'",
            "['x', 'y'].join('-') == 'x-y'",
            "[].join('-') == ''",
            "strings.quote('a\"b\\n') == '\"a\\\\\"b\\\\n\"'",
            "base64.encode(b'hello') == 'aGVsbG8='",
            "base64.decode('aGVsbG8=') == b'hello'",
            "base64.decode('aGVsbG8') == b'hello'",
        ],
    );
    rows(
        &none(),
        &[
            ("'a'.charAt(2) == ''", "index out of range: 2"),
            ("'a'.charAt(-1) == ''", "index out of range: -1"),
            ("'abc'.substring(2, 1) == ''", "invalid substring range. start: 2, end: 1"),
            ("'abc'.substring(4) == ''", "index out of range: 4"),
            ("'abc'.indexOf('c', 9) == 1", "index out of range: 9"),
            ("[1].join() == ''", "no such overload: join(list, int)"),
            ("1.startsWith('a')", "no such overload: startsWith(int, string)"),
            ("'a'.startsWith(1)", "no such overload: startsWith(string, int)"),
            ("'a'.matches('(' + 'x')", "error parsing regexp: `(x`"),
            ("base64.decode('%') == b''", "illegal base64 data"),
            ("'a'.size('b') == 1", "no such overload: size(string, string)"),
        ],
    );
}

#[test]
fn formats() {
    all_true(
        &none(),
        &[
            "'%s is %d'.format(['a', 1]) == 'a is 1'",
            "'100%%'.format([]) == '100%'",
            "'%.2f'.format([1.255]) == '1.25' || '%.2f'.format([1.255]) == '1.26'",
            "'%f'.format([1]) == '1.000000'",
            "'%.3e'.format([1052.032911275]) == '1.052e+03'",
            "'%x %X'.format([255, 255u]) == 'ff FF'",
            "'%x'.format(['hi']) == '6869'",
            "'%b %o'.format([5, -8]) == '101 -10'",
            "'%b'.format([true]) == '1'",
            "'%s'.format([[1, 'a', null]]) == '[1, a, null]'",
            "'%s'.format([{'b': 1, 'a': true}]) == '{a: true, b: 1}'",
            "'%s %s'.format([duration('90s'), timestamp(0)]) == '90s 1970-01-01T00:00:00Z'",
        ],
    );
    rows(
        &none(),
        &[
            ("'%d'.format([]) == ''", "index 0 out of range"),
            ("'%d'.format(['a']) == ''", "error during formatting: decimal clause cannot be used on string"),
            ("'%q'.format([1]) == ''", "unrecognized formatting clause \"q\""),
            ("'%'.format([1]) == ''", "unexpected end of string"),
        ],
    );
}

#[test]
fn instants_and_spans() {
    all_true(
        &none(),
        &[
            "timestamp('1970-01-01T00:00:00Z') == timestamp(0)",
            "int(timestamp('2009-02-13T23:31:30Z')) == 1234567890",
            "string(timestamp('2009-02-13T23:31:30.50Z')) == '2009-02-13T23:31:30.5Z'",
            "string(timestamp(-1)) == '1969-12-31T23:59:59Z'",
            "timestamp('2024-02-29T12:00:00Z').getMonth() == 1",
            "timestamp('2024-02-29T12:00:00Z').getDate() == 29",
            "timestamp('2024-02-29T12:00:00Z').getDayOfMonth() == 28",
            "timestamp('2024-02-29T12:00:00Z').getDayOfYear() == 59",
            "timestamp('2024-02-29T12:00:00Z').getDayOfWeek() == 4",
            "timestamp('2024-12-31T00:00:00Z').getDayOfYear() == 365",
            "timestamp('2024-02-29T12:34:56.789Z').getHours() == 12",
            "timestamp('2024-02-29T12:34:56.789Z').getMinutes() == 34",
            "timestamp('2024-02-29T12:34:56.789Z').getSeconds() == 56",
            "timestamp('2024-02-29T12:34:56.789Z').getMilliseconds() == 789",
            "timestamp('2024-02-29T23:00:00Z').getDate('+02:00') == 1",
            "timestamp('2024-02-29T23:00:00Z').getHours('-01:30') == 21",
            "timestamp('2024-02-29T23:00:00Z').getFullYear('UTC') == 2024",
            "timestamp('0001-01-01T00:00:00Z').getFullYear() == 1",
            "timestamp('9999-12-31T23:59:59.999999999Z').getFullYear() == 9999",
            "timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')",
            "duration('24h') + timestamp('2024-01-01T00:00:00Z') == timestamp('2024-01-02T00:00:00Z')",
            "timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h')",
            "timestamp('2024-01-02T00:00:00Z') - duration('1ns') < timestamp('2024-01-02T00:00:00Z')",
            "duration('1h30m') == duration('90m')",
            "duration('1.5s') == duration('1500ms')",
            "duration('-1m') + duration('1m') == duration('0')",
            "duration('1h') - duration('1m') == duration('59m')",
            "duration('1h1m1s').getMinutes() == 61",
            "duration('90m').getHours() == 1",
            "duration('1.5s').getSeconds() == 1",
            "duration('1.5s').getMilliseconds() == 1500",
            "string(duration('90m')) == '5400s'",
            "string(duration('1.5s')) == '1.5s'",
            "duration('100us') == duration('100µs')",
            "timestamp('2026-11-30T00:00:00Z') > timestamp('2026-11-29T00:00:00Z')",
        ],
    );
}

#[test]
fn instants_and_spans_have_limits() {
    rows(
        &none(),
        &[
            (
                "timestamp('x') == timestamp(0)",
                "type conversion error from 'string' to 'google.protobuf.Timestamp'",
            ),
            (
                "timestamp('2023-02-29T00:00:00Z') == timestamp(0)",
                "type conversion error from 'string' to 'google.protobuf.Timestamp'",
            ),
            (
                "timestamp('2024-01-01') == timestamp(0)",
                "type conversion error from 'string' to 'google.protobuf.Timestamp'",
            ),
            (
                "duration('1') == duration('1s')",
                "type conversion error from 'string' to 'google.protobuf.Duration'",
            ),
            (
                "duration('1d') == duration('24h')",
                "type conversion error from 'string' to 'google.protobuf.Duration'",
            ),
            (
                "duration('') == duration('0')",
                "type conversion error from 'string' to 'google.protobuf.Duration'",
            ),
            ("timestamp(253402300800) == timestamp(0)", "timestamp out of range"),
            ("timestamp('9999-12-31T23:59:59Z') + duration('1s') == timestamp(0)", "timestamp overflow"),
            (
                "timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z') == duration('0')",
                "duration overflow",
            ),
            ("duration('2562047h') + duration('2562047h') == duration('0')", "duration overflow"),
            ("timestamp(0).getHours('Europe/Nowhere') == 0", "unknown time zone Europe/Nowhere"),
            (
                "timestamp(0) + timestamp(0) == timestamp(0)",
                "no such overload: _+_(google.protobuf.Timestamp, google.protobuf.Timestamp)",
            ),
            ("duration('1s').getDate() == 1", "no such overload: getDate(google.protobuf.Duration)"),
        ],
    );
}
