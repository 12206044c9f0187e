//! What a configuration's proxy is asked with.

use super::login;

fn of(url: &str) -> Option<(String, String)> {
    login(&url.parse().unwrap())
}

#[test]
fn a_proxy_s_user_information_is_decoded() {
    let pair = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
    assert_eq!(of("http://proxy:3128"), None);
    assert_eq!(of("http://user@proxy"), pair("user", ""));
    assert_eq!(of("http://us%40er:pa%3Ass@proxy:3128"), pair("us@er", "pa:ss"));
}
