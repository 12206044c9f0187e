//! Forms of functions: what is checked and what is evaluated know the same names.

use super::table::FUNCTIONS;
use crate::functions;

#[test]
fn all_functions_with_dots_are_in_the_table() {
    let with_dots = FUNCTIONS.iter().filter(|function| function.name.contains('.'));
    let mut count = 0;
    for function in with_dots {
        assert!(functions::is_qualified(function.name), "{}", function.name);
        count += 1;
    }
    assert!(count >= 10);
}
