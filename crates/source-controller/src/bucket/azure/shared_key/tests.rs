//! The text that is signed, in the form of "Authorize with Shared Key".

use cloud::Request;

use super::{authorization, to_sign};

#[test]
fn the_text_of_the_documentation() {
    // The example of container metadata.
    let url =
        "https://myaccount.blob.core.windows.net/mycontainer?comp=metadata&restype=container&timeout=20";
    let request = Request::get(url.to_owned())
        .header("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT")
        .header("x-ms-version", "2015-02-21");
    let pairs = [("comp", "metadata"), ("restype", "container"), ("timeout", "20")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let text = to_sign(&request, "myaccount", "/mycontainer", &pairs);
    assert_eq!(
        text,
        "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
         /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
    );
    let request = request.header("if-none-match", "\"0x8D\"");
    let lines: Vec<_> = to_sign(&request, "a", "/c", &[]).lines().map(str::to_owned).collect();
    assert_eq!(
        (lines[9].as_str(), lines[12].as_str()),
        ("\"0x8D\"", "x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT")
    );
}

#[test]
fn a_key_that_is_none() {
    let request = Request::get("https://a/c".to_owned());
    let told =
        authorization(&request, "a", &"not base64!".to_owned().into(), "https://a/c", &[]).unwrap_err();
    assert_eq!(told.to_string(), "the accountKey is not in base64");
    // HMAC-SHA256 of the text computed by another program.
    let value = authorization(&request, "a", &"a2V5".to_owned().into(), "https://a/c", &[]).unwrap();
    assert_eq!(value.as_str(), "SharedKey a:NjnSpj/BqaJxD5u09ihqlLzaf5a0Zmh7XpF71ZnDOJ4=");
}
