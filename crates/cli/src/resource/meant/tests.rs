//! What flags and words mean together.

use super::*;

#[test]
fn whose_is_meant() {
    let read = |all, words: &[&str]| {
        Meant::read(all, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(read(false, &[]), Ok(Meant::Namespace));
    assert_eq!(read(true, &[]), Ok(Meant::All));
    let Ok(Meant::One(named)) = read(false, &["ks", "web"]) else { panic!("one object") };
    assert_eq!((named.kind.as_str(), named.name.as_str()), ("ks", "web"));
    assert!(read(false, &["web"]).is_err());
}
