//! The stories.

use serde_json::{Value, json};
use testkit::git::{Behaviour, Content};

use super::parts::{Story, app, secret, signed, source, text};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn stories() -> Vec<Story> {
    vec![
        Story {
            name: "refs",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("refs")?;
                let first = repo.commit("main", "first", [("a", "1")])?;
                let second = repo.commit("main", "second\n\nmore", [("a", "2"), ("b/c", "3")])?;
                repo.annotated_tag("v1.0.0", &first, "one")?;
                repo.tag("v2.0.0", &second)?;
                repo.tag("05.0.0", &first)?;
                repo.tag("v3", &first)?;
                repo.reference("refs/pull/1/head", &first)?;
                let commit = |id: &str| json!({ "ref": { "commit": id } });
                Ok(app(
                    repo.url(),
                    [
                        json!({}),
                        json!({ "ref": { "branch": "absent" } }),
                        json!({ "ref": { "tag": "v1.0.0" } }),
                        json!({ "ref": { "tag": "absent" } }),
                        json!({ "ref": { "semver": "*" } }),
                        json!({ "ref": { "semver": "1.x" } }),
                        json!({ "ref": { "semver": ">9" } }),
                        json!({ "ref": { "semver": "a.b.c" } }),
                        json!({ "ref": { "name": "refs/pull/1/head" } }),
                        json!({ "ref": { "name": "refs/tags/v1.0.0^{}" } }),
                        json!({ "ref": { "name": "main" } }),
                        json!({ "ref": { "name": "HEAD" } }),
                        commit(&first),
                        commit(&second.to_uppercase()),
                        commit("0123456789012345678901234567890123456789"),
                        commit("short"),
                        json!({ "ref": { "commit": first, "branch": "main" } }),
                    ],
                ))
            },
        },
        Story {
            name: "ignore",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("ignore")?;
                let paths = [
                    "a.md",
                    "sub/x",
                    "sub/deep/y",
                    "subway/z",
                    "a1.log",
                    "ab.log",
                    "a!.log",
                    "pic.png",
                    "x.tar.gz",
                    ".github/w.yaml",
                    "docs/keep.md",
                    "docs/other.md",
                    ".gitignore",
                    "deep/.sops.yaml",
                    "UP.TXT",
                    "up.txt",
                ];
                repo.commit("main", "files", paths.map(|path| (path, path)))?;
                repo.commit(
                    "own",
                    "files",
                    [
                        (".sourceignore", "*.md\n"),
                        ("d/.sourceignore", "/x\n"),
                        ("d/x", "1"),
                        ("d/e/x", "2"),
                        ("a.md", "3"),
                        ("p.png", "4"),
                    ],
                )?;
                let mut steps = app(
                    repo.url(),
                    [
                        "",
                        "sub/**",
                        "a[!0-9].log",
                        "sub**",
                        "/",
                        "# only\n\n",
                        "./a.md",
                        "\u{feff}*.md\n*.log",
                        "*.md\r\n*.log\r",
                        "docs/\n!docs/keep.md",
                        "/*\n!/sub",
                        "**/y",
                        "sub/",
                        "*.TXT",
                        "a?.log",
                        "sub/*",
                        "[",
                        "\\#x",
                        "a.md   ",
                        "/sub/x\n/subway/",
                    ]
                    .map(|ignore| json!({ "ignore": ignore })),
                );
                steps.extend(app(
                    repo.url(),
                    [
                        json!({ "ref": { "branch": "own" } }),
                        json!({ "ref": { "branch": "own" },
                    "ignore": "d" }),
                    ],
                ));
                Ok(steps)
            },
        },
        Story {
            name: "names",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("names")?;
                let files = [
                    ("back\\slash.service", Content::from("1")),
                    ("run.sh", Content::Executable(b"x".to_vec())),
                    ("link", Content::Link("run.sh".into())),
                    ("dir/link", Content::Link("../run.sh".into())),
                    ("only-link/l", Content::Link("x".into())),
                    ("ünï", "2".into()),
                    ("a b", "3".into()),
                    ("d/x", "4".into()),
                    ("A/x", "5".into()),
                    ("a/x", "6".into()),
                    ("mod", Content::Module("0123456789012345678901234567890123456789".into())),
                ];
                repo.commit("main", "odd names, and a subject that is longer than fifty characters", files)?;
                Ok(app(repo.url(), [json!({})]))
            },
        },
        Story {
            name: "sparse",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("sparse")?;
                let files =
                    [("one/a", "1"), ("one/b/c", "2"), ("two/d", "3"), ("oneself", "4"), ("top", "5")];
                repo.commit("main", "one", files)?;
                Ok(app(
                    repo.url(),
                    [
                        json!(["one"]),
                        json!(["./one/b", "top"]),
                        json!(["./"]),
                        json!(["three"]),
                        json!(["/one"]),
                        json!(["../one"]),
                        json!(["one/"]),
                        json!(["on"]),
                        json!(["one/b/c"]),
                    ]
                    .map(|folders| json!({ "sparseCheckout": folders })),
                ))
            },
        },
        Story {
            name: "modules",
            on_purpose: &[],
            steps: |world| {
                let (app_repo, module) = (world.git.repository("modules")?, world.git.repository("module")?);
                let inner = world.git.repository("inner")?;
                let deepest = inner.commit("main", "i", [("i", "i")])?;
                let file = format!("[submodule \"in\"]\n\tpath = in\n\turl = {}\n", inner.url());
                let files =
                    [(".gitmodules", file.into()), ("in", Content::Module(deepest)), ("m", "m".into())];
                let pinned = module.commit("main", "m", files)?;
                let file = "[submodule \"libs/mod\"]\n\tpath = libs/mod\n\turl = ../module\n";
                let files = [
                    (".gitmodules", Content::from(file)),
                    ("libs/mod", Content::Module(pinned.clone())),
                    ("unnamed", Content::Module("0123456789012345678901234567890123456789".into())),
                    ("a", "a".into()),
                ];
                app_repo.commit("main", "a", files)?;
                let file = "[submodule \"gone\"]\n\tpath = gone\n\turl = ../nowhere\n";
                app_repo.commit(
                    "gone",
                    "a",
                    [(".gitmodules", Content::from(file)), ("gone", Content::Module(pinned))],
                )?;
                Ok(app(
                    app_repo.url(),
                    [
                        json!({ "recurseSubmodules": true }),
                        json!({}),
                        json!({ "recurseSubmodules": true, "sparseCheckout": ["libs", "a"] }),
                        json!({ "recurseSubmodules": true, "ref": { "branch": "gone" } }),
                    ],
                ))
            },
        },
        Story {
            name: "include",
            on_purpose: &[],
            steps: |world| {
                let (repo, lib) = (world.git.repository("including")?, world.git.repository("included")?);
                repo.commit(
                    "main",
                    "a",
                    [("a", "a"), ("taken/x", "mine"), ("file", "mine"), ("empty/e", "e")],
                )?;
                lib.commit(
                    "main",
                    "l",
                    [
                        ("dir/l", Content::from("l")),
                        ("dir/run", Content::Executable(b"#!".to_vec())),
                        ("top", "t".into()),
                    ],
                )?;
                let inc = |more: Value| {
                    let mut all = json!({ "repository": { "name": "include-lib" } });
                    if let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) {
                        all.extend(more.clone());
                    }
                    source("app", repo.url(), json!({ "include": [all] }))
                };
                Ok(vec![
                    vec![inc(json!({}))],
                    vec![source("lib", lib.url(), json!({}))],
                    vec![inc(json!({ "fromPath": "dir", "toPath": "there" }))],
                    vec![inc(json!({ "fromPath": "../../dir", "toPath": "../../up" }))],
                    vec![inc(json!({ "fromPath": "top", "toPath": "file" }))],
                    vec![inc(json!({ "fromPath": "dir", "toPath": "taken" }))],
                    vec![inc(json!({ "fromPath": "none", "toPath": "x" }))],
                    vec![inc(json!({ "fromPath": "dir", "toPath": "file" }))],
                    vec![source("app", repo.url(), json!({}))],
                ])
            },
        },
        Story {
            name: "verify",
            on_purpose: &[],
            steps: |world| {
                let repo = signed(world, "signed")?;
                let verify = |mode: &str, reference: Value| {
                    source(
                        "app",
                        repo.url(),
                        json!({ "ref": reference,
                        "verify": { "mode": mode, "secretRef": { "name": "verify-keys" } } }),
                    )
                };
                let branch = |name: &str| json!({ "branch": name });
                let keys = |data: Value| secret("verify-keys", data);
                let both = json!({ "a.asc": text("one.asc")?, "b.sshpub": text("ssh1.pub")? });
                Ok(vec![
                    vec![verify("HEAD", branch("pgp-one"))],
                    vec![keys(both.clone())],
                    vec![verify("head", branch("pgp-two"))],
                    vec![verify("HEAD", branch("ssh-1"))],
                    vec![verify("HEAD", branch("ssh-2"))],
                    vec![verify("Tag", branch("pgp-one"))],
                    vec![verify("Tag", json!({ "tag": "v1.0.0" }))],
                    vec![verify("Tag", json!({ "tag": "v2.0.0" }))],
                    vec![verify("Tag", json!({ "tag": "v3.0.0" }))],
                    vec![verify("Tag", json!({ "tag": "light" }))],
                    vec![verify("TagAndHEAD", json!({ "tag": "v1.0.0" }))],
                    vec![verify("Tag", json!({ "semver": "1.x" }))],
                    vec![verify("Tag", json!({ "name": "refs/tags/v1.0.0" }))],
                    vec![
                        keys(json!({ "a.asc": text("two.asc")?, "b.sshpub": null })),
                        verify("HEAD", branch("pgp-one")),
                    ],
                    vec![verify("HEAD", branch("pgp-two"))],
                    vec![source("app", repo.url(), json!({ "ref": branch("pgp-two") }))],
                ])
            },
        },
        Story {
            name: "auth",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("auth")?;
                repo.commit("main", "a", [("a", "a")])?;
                world.git.behave("auth", Behaviour::basic("user", "pass"));
                let with = |name: &str| source("app", repo.url(), json!({ "secretRef": { "name": name } }));
                Ok(vec![
                    vec![with("auth-none")],
                    vec![secret("auth-half", json!({ "password": "pass" })), with("auth-half")],
                    vec![secret("auth-user", json!({ "username": "user" })), with("auth-user")],
                    vec![
                        secret("auth-wrong", json!({ "username": "user", "password": "x" })),
                        with("auth-wrong"),
                    ],
                    vec![
                        secret("auth-good", json!({ "username": "user", "password": "pass" })),
                        with("auth-good"),
                    ],
                    vec![source("app", repo.url(), json!({ "provider": "github" }))],
                    vec![source(
                        "app",
                        repo.url(),
                        json!({ "provider": "github", "secretRef": { "name": "auth-good" } }),
                    )],
                    vec![
                        secret("auth-app", json!({ "githubAppID": "1" })),
                        source("app", repo.url(), json!({ "secretRef": { "name": "auth-app" } })),
                    ],
                    vec![source("app", repo.url(), json!({ "proxySecretRef": { "name": "auth-none" } }))],
                    vec![
                        secret("auth-proxy", json!({ "address": "ftp://x" })),
                        source("app", repo.url(), json!({ "proxySecretRef": { "name": "auth-proxy" } })),
                    ],
                    vec![
                        secret("auth-empty", json!({ "username": "x" })),
                        source("app", repo.url(), json!({ "proxySecretRef": { "name": "auth-empty" } })),
                    ],
                    vec![source("app", "http://127.0.0.1:1/x", json!({}))],
                    vec![source("app", &format!("{}/absent", world.git.url()), json!({}))],
                ])
            },
        },
        Story {
            name: "tls",
            on_purpose: &[],
            steps: |world| {
                let repo = world.tls.repository("tls")?;
                repo.commit("main", "a", [("a", "a")])?;
                let with = |name: &str| source("app", repo.url(), json!({ "secretRef": { "name": name } }));
                let authority = world.tls.authority().unwrap_or_default();
                Ok(vec![
                    vec![source("app", repo.url(), json!({}))],
                    vec![secret("tls-broken", json!({ "ca.crt": "no certificate" })), with("tls-broken")],
                    vec![
                        secret("tls-half", json!({ "ca.crt": authority, "tls.crt": authority })),
                        with("tls-half"),
                    ],
                    vec![secret("tls-good", json!({ "ca.crt": authority })), with("tls-good")],
                ])
            },
        },
        Story {
            name: "ssh",
            on_purpose: &[],
            steps: |world| {
                let repo = world.ssh.repository("ssh")?;
                repo.commit("main", "a", [("a", "a")])?;
                let (key, hosts) = (world.ssh.key("client")?, world.ssh.known_hosts("ed25519")?);
                let absent = world.ssh.url(std::path::Path::new("/nowhere/at-all.git"));
                let mut steps = vec![vec![source("app", repo.url(), json!({}))]];
                for (name, data) in [
                    ("ssh-nokey", json!({ "known_hosts": hosts })),
                    ("ssh-nohosts", json!({ "identity": key })),
                    ("ssh-nopass", json!({ "identity": world.ssh.key("locked")?, "known_hosts": hosts })),
                    ("ssh-badkey", json!({ "identity": "nonsense", "known_hosts": hosts })),
                    (
                        "ssh-badpass",
                        json!({ "identity": world.ssh.key("locked")?, "password": "x", "known_hosts": hosts }),
                    ),
                    ("ssh-badhosts", json!({ "identity": key, "known_hosts": "nonsense" })),
                    (
                        "ssh-unknown",
                        json!({ "identity": key, "known_hosts": hosts.replace("127.0.0.1", "example.com") }),
                    ),
                    ("ssh-stranger", json!({ "identity": world.ssh.key("stranger")?, "known_hosts": hosts })),
                    ("ssh-good", json!({ "identity": key, "known_hosts": hosts })),
                    (
                        "ssh-rsa",
                        json!({ "identity": world.ssh.key("rsa")?, "known_hosts": world.ssh.known_hosts("rsa")? }),
                    ),
                ] {
                    let spec = json!({ "secretRef": { "name": name } });
                    steps.push(vec![secret(name, data), source("app", repo.url(), spec)]);
                }
                let good = json!({ "secretRef": { "name": "ssh-good" } });
                steps.push(vec![source("app", &absent, good.clone())]);
                let mut branch = good;
                branch["ref"] = json!({ "branch": "absent" });
                steps.push(vec![source("app", repo.url(), branch)]);
                Ok(steps)
            },
        },
        Story {
            name: "symlinks",
            // Rules behind a link are not read, and a link that is named is named in the words of what fails.
            on_purpose: &[
                "file \"dir/a\"",
                "condition FetchFailed",
                "condition Ready",
                "event Warning",
                "artifact",
            ],
            steps: |world| {
                let repo = world.git.repository("symlinks")?;
                let link = |target: &str| Content::Link(target.into());
                let files = [
                    ("dir/a", Content::from("a")),
                    ("to-dir", link("dir")),
                    ("broken", link("nowhere")),
                    ("out", link("/etc/passwd")),
                    ("up", link("../../..")),
                    ("itself", link("itself")),
                    ("dir/.sourceignore", link("../rules")),
                    ("rules", "a".into()),
                ];
                repo.commit("main", "links", files)?;
                Ok(app(
                    repo.url(),
                    [
                        json!({}),
                        json!({ "sparseCheckout": ["dir"] }),
                        json!({ "sparseCheckout": ["to-dir"] }),
                    ],
                ))
            },
        },
        Story {
            name: "backslash",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("backslash")?;
                let paths = ["a\\b", "a\\b.service", "dev-disk\\x2dby.mount", "caf\\xE9", "d\\e/f", "plain"];
                repo.commit("main", "names", paths.map(|path| (path, path)))?;
                Ok(app(
                    repo.url(),
                    [
                        json!({}),
                        json!({ "sparseCheckout": ["d\\e", "plain"] }),
                        json!({ "ignore": "a\\\\b" }),
                        json!({ "ignore": "*.mount" }),
                    ],
                ))
            },
        },
        Story {
            name: "pointers",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("pointers")?;
                let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:\
                    4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
                let files = [
                    (".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n*.txt eol=crlf\n"),
                    ("large.bin", pointer),
                    ("lines.txt", "one\ntwo\n"),
                    ("export/.gitattributes", "* export-ignore\n"),
                    ("export/a", "a"),
                ];
                repo.commit("main", "pointers", files)?;
                Ok(app(repo.url(), [json!({})]))
            },
        },
        Story {
            name: "module-names",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("module-names")?;
                let lib = world.git.repository("module-names-lib")?;
                let pinned = lib.commit("main", "l", [("l", "l"), ("deep/m", "m")])?;
                let module = || Content::Module(pinned.clone());
                // Its name is not its path; two of one repository; a folder with a blank; one that ends in a slash.
                let file = "[submodule \"other name\"]\n\tpath = libs/one\n\turl = ../module-names-lib\n\
                    [submodule \"libs/two\"]\n\tpath = libs/two\n\turl = ../module-names-lib\n\tbranch = main\n\
                    [submodule \"blank\"]\n\tpath = a b\n\turl = ./../module-names-lib\n";
                let files = [
                    (".gitmodules", Content::from(file)),
                    ("libs/one", module()),
                    ("libs/two", module()),
                    ("a b", module()),
                    ("a", "a".into()),
                ];
                repo.commit("main", "a", files)?;
                Ok(app(
                    repo.url(),
                    [
                        json!({ "recurseSubmodules": true }),
                        json!({ "recurseSubmodules": true, "ignore": "libs/two" }),
                        json!({ "recurseSubmodules": true, "ignore": "/l" }),
                    ],
                ))
            },
        },
        Story {
            name: "include-names",
            on_purpose: &[],
            steps: |world| {
                let (repo, lib) =
                    (world.git.repository("inc-names")?, world.git.repository("inc-names-lib")?);
                repo.commit("main", "a", [("a", "a")])?;
                let files = [
                    // Not with a backslash: that is a name in our archives, and an error in Flux's.
                    ("dir/\u{fc}n\u{ef}", Content::from("3")),
                    ("dir/run", Content::Executable(b"#!".to_vec())),
                    ("dir/deep/er/x", "4".into()),
                    ("dir/link", Content::Link("run".into())),
                ];
                lib.commit("main", "l", files)?;
                let inc = |from: &str, to: &str| {
                    let include = json!([{ "repository": { "name": "include-names-lib" }, "fromPath": from, "toPath": to }]);
                    vec![source("app", repo.url(), json!({ "include": include }))]
                };
                Ok(vec![
                    vec![source("lib", lib.url(), json!({})), source("app", repo.url(), json!({}))],
                    inc("dir", "there"),
                    inc("./dir/", "/there/"),
                    inc("dir/deep", "a b/c"),
                    inc("dir/run", "one"),
                    inc("dir/link", "two"),
                ])
            },
        },
        Story {
            name: "sparse-more",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("sparse-more")?;
                let files = [
                    ("one/.sourceignore", "*.md\n"),
                    ("one/a.md", "1"),
                    ("one/b", "2"),
                    (".sourceignore", "b\n"),
                    ("two/b", "3"),
                    ("two/c.md", "4"),
                ];
                repo.commit("main", "one", files)?;
                Ok(app(
                    repo.url(),
                    [
                        json!({}),
                        json!({ "sparseCheckout": ["one"] }),
                        json!({ "sparseCheckout": ["one", "two"] }),
                        json!({ "sparseCheckout": ["one"], "ignore": "one/b" }),
                        json!({ "sparseCheckout": [".sourceignore", "two"] }),
                    ],
                ))
            },
        },
        Story {
            name: "proxies",
            on_purpose: &[],
            steps: |world| {
                let repo = world.git.repository("proxies")?;
                repo.commit("main", "a", [("a", "a")])?;
                let through =
                    |name: &str| source("app", repo.url(), json!({ "proxySecretRef": { "name": name } }));
                let mut steps = Vec::new();
                for (name, data) in [
                    ("proxies-none", json!({ "username": "u" })),
                    ("proxies-odd", json!({ "address": "gopher://127.0.0.1:1" })),
                    ("proxies-empty", json!({ "address": "" })),
                ] {
                    steps.push(vec![secret(name, data), through(name)]);
                }
                Ok(steps)
            },
        },
        Story {
            name: "moved",
            // Flux says nothing of either.
            on_purpose: &["TagMoved", "NonFastForward"],
            steps: |world| {
                let repo = world.git.repository("moved")?;
                let first = repo.commit("main", "first", [("a", "1")])?;
                let second = repo.commit("main", "second", [("a", "2")])?;
                repo.tag("v1.0.0", &first)?;
                repo.tag("v1.0.0+later", &second)?;
                repo.branch("back", &first)?;
                Ok(app(
                    repo.url(),
                    [
                        json!({ "ref": { "semver": "1.x" } }),
                        json!({ "ref": { "branch": "main" } }),
                        json!({ "ref": { "branch": "back" } }),
                        json!({ "ref": { "tag": "v1.0.0" } }),
                    ],
                ))
            },
        },
    ]
}
