//! Which tag a range means.

use super::{CHART, Wanted, highest};

fn pick(range: &str, filter: &str, tags: &[&str]) -> Result<String, String> {
    let wanted = Wanted { range: range.to_owned(), filter: filter.to_owned(), media_type: None };
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    highest(&wanted, &tags).map_err(|error| error.to_string())
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
    assert_eq!(highest(&wanted, &tags).unwrap(), "1.0.0_build.1");
    wanted.media_type = None;
    assert_eq!(highest(&wanted, &tags).unwrap(), "0.9.0");
}
