//! Which objects are meant by what is typed.

use super::*;

fn meant(words: &[&str], all: bool) -> Result<Which, String> {
    let object = words.iter().map(|word| (*word).to_owned()).collect();
    Meant { object, all }.read().map_err(|error| error.to_string())
}

#[test]
fn one_or_all() {
    assert_eq!(meant(&["ks/web"], false), Ok(Which::One(vec!["ks/web".to_owned()])));
    assert_eq!(meant(&["ks", "web"], false), Ok(Which::One(vec!["ks".to_owned(), "web".to_owned()])));
    assert_eq!(meant(&["ks"], true), Ok(Which::All("ks".to_owned())));
    for (words, all) in [(&["ks"][..], false), (&["ks/web"], true), (&["ks", "web"], true)] {
        assert!(meant(words, all).is_err(), "{words:?} {all}");
    }
}

#[test]
fn a_reason_says_something_and_is_no_book() {
    assert_eq!(reason(" moving "), Ok("moving".to_owned()));
    assert!(reason(" ").is_err());
    assert!(reason(&"x".repeat(2000)).is_err());
}
