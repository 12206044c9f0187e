//! Which tag a range means.

use super::{CHART, MOST, Wanted, add, check, highest};

fn pick(range: &str, filter: &str, tags: &[&str]) -> Result<String, String> {
    let wanted = Wanted { range: range.to_owned(), filter: filter.to_owned(), media_type: None };
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    highest(&wanted, &tags, || false).map_err(|error| error.to_string())
}

#[test]
fn the_highest_that_fits() {
    let tags = ["v1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "latest", "v1", "1.10.0-dev"];
    assert_eq!(pick("1.x", "", &tags).unwrap(), "1.10.0");
    assert_eq!(pick("*", "", &tags).unwrap(), "1.10.0");
    assert_eq!(pick(">=1.0.0-0", "", &tags).unwrap(), "2.0.0-rc.1");
    assert_eq!(pick(">=1.0.0-0", "-dev$", &tags).unwrap(), "1.10.0-dev");
    assert_eq!(pick("1.x", "^v", &tags).unwrap(), "v1.0.0");
}

#[test]
fn what_fits_nothing() {
    assert_eq!(pick("9.x", "", &["1.0.0"]).unwrap_err(), "no match found for semver: 9.x");
    assert_eq!(
        pick("a.b.c", "", &["1.0.0"]).unwrap_err(),
        "semver 'a.b.c' parse error: improper constraint: \"a.b.c\""
    );
    assert_eq!(pick("1.x", "[", &["1.0.0"]).unwrap_err(), "error parsing regexp: `[`");
}

#[test]
fn the_tags_of_charts_have_underscores_for_pluses() {
    let tags = ["1.0.0_build.1".to_owned(), "0.9.0".to_owned()];
    let mut wanted =
        Wanted { range: "*".to_owned(), filter: String::new(), media_type: Some(CHART.to_owned()) };
    assert_eq!(highest(&wanted, &tags, || false).unwrap(), "1.0.0_build.1");
    wanted.media_type = None;
    assert_eq!(highest(&wanted, &tags, || false).unwrap(), "0.9.0");
}

#[test]
fn a_filter_costs_little() {
    use std::cell::Cell;
    let wanted = Wanted { range: "1.x".to_owned(), filter: "[ab.0-9]*".to_owned(), media_type: None };
    let tags = vec!["1.0.0".to_owned(), format!("1.9.0-{}", "a".repeat(128)), "1.1.0".to_owned()];
    assert_eq!(highest(&wanted, &tags, || false).unwrap(), "1.1.0");
    let looked = Cell::new(0);
    let is_over = || {
        looked.set(looked.get() + 1);
        looked.get() > 1
    };
    assert_eq!(highest(&wanted, &tags, is_over).unwrap(), "1.0.0", "nothing after the end");
    assert_eq!(looked.get(), 2);
}

#[test]
fn tags_are_what_a_registry_may_have() {
    let longest = "a".repeat(128);
    for tag in ["latest", "v1.0.0-rc_1", "_", "1", longest.as_str()] {
        assert_eq!(check(tag), Ok(()), "{tag}");
    }
    let longer = "a".repeat(129);
    for tag in
        ["", ".", "..", ".a", "-a", "a/../b", "a?n=1", "a#b", "a%2e", "a b", "1.0.0+1", "ä", longer.as_str()]
    {
        let expected = format!("tag must match `[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}}`: {tag}");
        assert_eq!(check(tag).unwrap_err().to_string(), expected);
    }
}

#[test]
fn the_number_of_tags_is_bounded() {
    let page = |number: usize| serde_json::json!({"tags": vec!["a"; number]}).to_string();
    let mut all = Vec::new();
    add(&mut all, page(MOST - 1).as_bytes()).unwrap();
    add(&mut all, b"{\"tags\": null}").unwrap();
    add(&mut all, page(1).as_bytes()).unwrap();
    assert_eq!(all.len(), MOST);
    let excess = "the registry's list of tags has more than 200000 tags";
    assert_eq!(add(&mut all, page(1).as_bytes()).unwrap_err().to_string(), excess);
    assert_eq!(add(&mut Vec::new(), page(MOST + 1).as_bytes()).unwrap_err().to_string(), excess);
    let none = add(&mut Vec::new(), b"[").unwrap_err().to_string();
    assert_eq!(none, "the registry's list of tags is none");
}
