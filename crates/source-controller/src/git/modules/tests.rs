//! What files of submodules say, and where they may lead.

use reqwest::Url;

use super::{MOST, parse};
use crate::git::http::rules::{module, module_over_ssh};

fn names(text: &str) -> Result<Vec<(String, String, String)>, String> {
    let all = parse(text.as_bytes())?;
    Ok(all.into_iter().map(|one| (one.name, String::from_utf8(one.path).unwrap(), one.url)).collect())
}

#[test]
fn what_a_file_names() {
    let text = "# comment\n[submodule \"a/b\"]\n\tpath = libs/a\n\turl = ../a.git\n\tbranch = x\n\
                [submodule \"half\"]\n\tpath = p\n[other]\n\tpath = x\n\turl = y\n";
    assert_eq!(names(text), Ok(vec![("a/b".into(), "libs/a".into(), "../a.git".into())]));
    assert_eq!(names(""), Ok(Vec::new()));
    assert!(names("[submodule").is_err());
    for path in ["../up", "/etc", "a/../../b", ""] {
        let text = format!("[submodule \"x\"]\n\tpath = \"{path}\"\n\turl = u\n");
        assert!(names(&text).is_err(), "{path}");
    }
    let many: String =
        (0..=MOST).map(|n| format!("[submodule \"{n}\"]\n\tpath = p{n}\n\turl = u\n")).collect();
    assert!(names(&many).is_err());
}

#[test]
fn where_a_submodule_is() {
    let parent = Url::parse("https://git.example.com/team/app.git").unwrap();
    for (address, expected) in [
        ("../lib.git", "https://git.example.com/team/lib.git"),
        ("./lib", "https://git.example.com/team/app.git/lib"),
        ("../../other/lib", "https://git.example.com/other/lib"),
        ("https://github.com/x/y", "https://github.com/x/y"),
        ("git@git.example.com:x/y.git", "ssh://git@git.example.com/x/y.git"),
        ("ssh://git@github.com/x", "ssh://git@github.com/x"),
    ] {
        assert_eq!(module(&parent, &parent, address, false).unwrap().as_str(), expected, "{address}");
    }
    for address in [
        "file:///etc",
        "/etc/passwd",
        "gopher://x/y",
        "http://github.com/x",
        "http://git.example.com/team/lib.git",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest",
        "ext::sh -c id",
        "-oProxyCommand=id",
    ] {
        assert!(module(&parent, &parent, address, false).is_err(), "{address}");
    }
    assert!(module(&parent, &parent, "https://127.0.0.1/x", true).is_ok());
    let inside = Url::parse("http://127.0.0.1:1/app").unwrap();
    assert!(module(&inside, &inside, "../lib", false).is_ok(), "where the repository itself is");
}

#[test]
fn what_is_elsewhere_is_so_for_the_outermost_repository() {
    let url = |text: &str| Url::parse(text).unwrap();
    let origin = url("http://10.0.0.1/app");
    let public = url("https://github.com/x/y");
    let private = url("https://10.0.0.2/x");
    assert!(module(&public, &origin, "../z", false).is_ok());
    assert!(module(&private, &origin, "../z", false).is_err(), "its parent's host is not the object's");
    assert!(
        module(&url("http://b.example/x"), &origin, "../z", false).is_err(),
        "elsewhere and not encrypted"
    );
    assert!(module(&origin, &origin, "http://10.0.0.1:81/z", false).is_ok());
    let ssh = url("ssh://git@10.0.0.1/app");
    assert!(module(&ssh, &ssh, "http://10.0.0.1/z", false).is_err(), "not encrypted, at the same host");
    assert!(module(&ssh, &ssh, "../z", false).is_ok());
}

#[test]
fn over_ssh_nothing_is_asked_without_credentials() {
    let url = |text: &str| Url::parse(text).unwrap();
    let origin = url("ssh://git.example.com/app");
    for same in ["ssh://git@git.example.com/lib", "ssh://git@Git.Example.com:22/lib", "https://github.com/x"]
    {
        assert_eq!(module_over_ssh("libs/a", &url(same), &origin), Ok(()), "{same}");
    }
    for other in ["ssh://git@github.com/lib", "ssh://git@git.example.com:2222/lib"] {
        let said = module_over_ssh("libs/a", &url(other), &origin).unwrap_err().to_string();
        assert!(said.contains("submodule 'libs/a' at ssh://") && said.contains("credentials"), "{said}");
    }
}
