//! Numbers: ranges, overflow, comparison across types, conversions.

use super::{all_false, all_true, none, rows};

#[test]
fn arithmetic() {
    all_true(
        &none(),
        &[
            "1 + 2 == 3",
            "7 - 10 == -3",
            "6 * 7 == 42",
            "7 / 2 == 3",
            "-7 / 2 == -3",
            "7 % 3 == 1",
            "-7 % 3 == -1",
            "7 % -3 == 1",
            "1 + 2 * 3 == 7",
            "(1 + 2) * 3 == 9",
            "10 - 2 - 3 == 5",
            "100 / 10 / 2 == 5",
            "2 * 3 % 4 == 2",
            "3u - 1u == 2u",
            "7u / 2u == 3u",
            "7u % 4u == 3u",
            "1.5 + 1.5 == 3.0",
            "1.0 / 4.0 == 0.25",
            "1.5 * 2.0 == 3.0",
            "1.0 / 0.0 > 1e308",
            "-1.0 / 0.0 < -1e308",
            "0.0 / 0.0 != 0.0 / 0.0",
            "-(1) == -1",
            "--1 == 1",
            "-(-1) == 1",
            "-5.5 == 0.0 - 5.5",
            "0x1F == 31",
            "-0x10 == -16",
            "0xFFu == 255u",
            "1e3 == 1000.0",
            ".5 == 0.5",
            "1.5e-3 == 0.0015",
            "9223372036854775807 == 9223372036854775806 + 1",
            "-9223372036854775808 < 0",
            "18446744073709551615u > 0u",
            "0.0 == -0.0",
        ],
    );
}

#[test]
fn overflow_is_an_error() {
    rows(
        &none(),
        &[
            ("9223372036854775807 + 1 == 0", "integer overflow"),
            ("-9223372036854775808 - 1 == 0", "integer overflow"),
            ("9223372036854775807 * 2 == 0", "integer overflow"),
            ("-9223372036854775808 / -1 == 0", "integer overflow"),
            ("-9223372036854775808 % -1 == 0", "integer overflow"),
            ("-(-9223372036854775808) == 0", "integer overflow"),
            ("18446744073709551615u + 1u == 0u", "unsigned integer overflow"),
            ("0u - 1u == 0u", "unsigned integer overflow"),
            ("18446744073709551615u * 2u == 0u", "unsigned integer overflow"),
            ("1 / 0 == 0", "division by zero"),
            ("1 % 0 == 0", "modulus by zero"),
            ("1u / 0u == 0u", "division by zero"),
            ("1u % 0u == 0u", "modulus by zero"),
            ("int(9223372036854775808.0) == 0", "integer overflow"),
            ("int(-9223372036854775809.0) == 0", "integer overflow"),
            ("int(18446744073709551615u) == 0", "integer overflow"),
            ("uint(-1) == 0u", "unsigned integer overflow"),
            ("uint(-0.5) == 0u", "unsigned integer overflow"),
            ("uint(1e20) == 0u", "unsigned integer overflow"),
            ("int(0.0 / 0.0) == 0", "integer overflow"),
        ],
    );
}

#[test]
fn types_are_not_mixed_in_arithmetic() {
    rows(
        &none(),
        &[
            ("1 + 1.0 == 2.0", "no such overload: _+_(int, double)"),
            ("1 + 1u == 2", "no such overload: _+_(int, uint)"),
            ("1 - 'a' == 2", "no such overload: _-_(int, string)"),
            ("'a' * 2 == 'aa'", "no such overload: _*_(string, int)"),
            ("5.0 % 2.0 == 1.0", "no such overload: _%_(double, double)"),
            ("-1u == 1", "no such overload: -_(uint)"),
            ("-'a' == 1", "no such overload: -_(string)"),
            ("!1", "no such overload: !_(int)"),
            ("null + null == null", "no such overload: _+_(null_type, null_type)"),
        ],
    );
}

#[test]
fn numbers_of_all_types_are_compared_by_value() {
    all_true(
        &none(),
        &[
            "1 == 1.0",
            "1u == 1",
            "1.0 == 1u",
            "1 < 1.5",
            "1u < 1.5",
            "-1 < 1u",
            "18446744073709551615u > 9223372036854775807",
            "1.5 >= 1u",
            "2 <= 2.0",
            "9007199254740993 != 9007199254740992.0",
            "9007199254740993 > 9007199254740992.0",
            "9223372036854775807 < 9223372036854775808.0",
            "-1.5 < -1",
            "-2 < -1.5",
            "1e300 > 18446744073709551615u",
            "-1e300 < -9223372036854775808",
            "dyn(1) == 1.0",
            "[1] == [1.0]",
            "{'a': 1} == {'a': 1u}",
            "1 in [1.0, 2.0]",
        ],
    );
    all_false(&none(), &["0.0 / 0.0 == 0.0 / 0.0", "1 == 1.1", "1 != 1u", "0.0 / 0.0 == 1"]);
    let unordered = "NaN values cannot be ordered";
    rows(
        &none(),
        &[("0.0 / 0.0 < 1.0", unordered), ("1 >= 0.0 / 0.0", unordered), ("0.0 / 0.0 > 1u", unordered)],
    );
}

#[test]
fn conversions() {
    all_true(
        &none(),
        &[
            "int(3.99) == 3",
            "int(-3.99) == -3",
            "int('-42') == -42",
            "int(5u) == 5",
            "uint('7') == 7u",
            "uint(7.9) == 7u",
            "double(3) == 3.0",
            "double('1.5') == 1.5",
            "double(2u) == 2.0",
            "string(42) == '42'",
            "string(42u) == '42'",
            "string(1.5) == '1.5'",
            "string(1000000.0) == '1e+06'",
            "string(0.0001) == '0.0001'",
            "string(100000.0) == '100000'",
            "string(true) == 'true'",
            "string(b'abc') == 'abc'",
            "bool('true') && bool('1') && !bool('False')",
            "bytes('é') == b'\\xc3\\xa9'",
            "string(0.0 / 0.0) == 'NaN'",
            "string(1.0 / 0.0) == '+Inf'",
            "type(1) == int",
            "type(1u) == uint",
            "type(1.0) == double",
            "type('') == string",
            "type(b'') == bytes",
            "type(true) == bool",
            "type(null) == null_type",
            "type([]) == list",
            "type({}) == map",
            "type(int) == type",
            "type(duration('1s')) == google.protobuf.Duration",
            "type(timestamp(0)) == google.protobuf.Timestamp",
            "type(1) != type(1u)",
        ],
    );
    rows(
        &none(),
        &[
            ("int('x') == 1", "type conversion error from 'string' to 'int'"),
            ("int('1.5') == 1", "type conversion error from 'string' to 'int'"),
            ("uint('-1') == 1u", "type conversion error from 'string' to 'uint'"),
            ("double('x') == 1.0", "type conversion error from 'string' to 'double'"),
            ("bool('yes')", "type conversion error from 'string' to 'bool'"),
            ("string(b'\\xff') == ''", "invalid UTF-8 in bytes, cannot convert to string"),
            ("int(null) == 1", "no such overload: int(null_type)"),
            ("string([1]) == ''", "no such overload: string(list)"),
        ],
    );
}
