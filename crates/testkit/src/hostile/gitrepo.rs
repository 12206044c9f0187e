//! Repositories of few bytes that are large once they are read: shared folders, long names, deep nesting, trees of
//! links, patterns, deltas and compressed zeros, and entries that are not what they say.

use std::sync::Arc;

use super::host::Reply;
use super::input::Ending::{self, Refused, Settled};
use super::input::{Family, Input, Matter};
use super::packs::{Entry, Kind, Oid, Pack, copies};

const FILE: &str = "100644";
const TREE: &str = "40000";

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = shared_ignores();
    inputs.extend(names_and_depth());
    inputs.extend(fans());
    inputs.extend(bombs());
    inputs.extend(entries());
    inputs.extend(commits());
    inputs
}

fn repo(name: impl AsRef<str>, ending: Ending, make: impl Fn(&mut Pack) + Send + Sync + 'static) -> Input {
    Input::new(Family::GitRepo, name, ending, move |_| {
        let mut pack = Pack::default();
        make(&mut pack);
        Matter::Git {
            url: "{URL}".to_owned(),
            reply: Reply::Git { tip: pack.tip(), pack: Arc::new(pack.bytes(None)) },
        }
    })
}

/// Many folders, or one with many files, that share one `.sourceignore` of a mebibyte.
fn shared_ignores() -> Vec<Input> {
    let lines = ["a\n", "*a*b*c*d*e\n", "**/x/**/y/**\n", "[a-z]*[!0-9]?\n", "!/a/*\n"];
    let mut inputs = Vec::new();
    for (kind, line) in lines.into_iter().enumerate() {
        for folders in [20, 400, 4_000] {
            inputs.push(repo(format!("ignore-{kind}-in-{folders}-folders"), Settled, move |pack| {
                let ignore = pack.blob(line.repeat((1 << 20) / line.len()));
                let folder = pack.tree([Entry(FILE, b".sourceignore", ignore), Entry(FILE, b"f", ignore)]);
                let root = numbered(pack, TREE, folder, folders);
                pack.commit(root, "shared");
            }));
        }
        inputs.push(repo(format!("ignore-{kind}-over-80000-files"), Settled, move |pack| {
            let ignore = pack.blob(line.repeat((1 << 20) / line.len()));
            let file = pack.blob("x");
            let many = numbered(pack, FILE, file, 80_000);
            let root = pack.tree([Entry(FILE, b".sourceignore", ignore), Entry(TREE, b"many", many)]);
            pack.commit(root, "patterns");
        }));
    }
    inputs
}

fn names_and_depth() -> Vec<Input> {
    let mut inputs = Vec::new();
    for length in [300, 5_000, 100_000, 1_000_000] {
        for count in [1, 1_000, 20_000] {
            inputs.push(repo(format!("name-of-{length}-over-{count}-files"), Refused, move |pack| {
                let file = pack.blob("x");
                let folder = numbered(pack, FILE, file, count);
                let root = pack.tree([Entry(TREE, "n".repeat(length).as_bytes(), folder)]);
                pack.commit(root, "long names");
            }));
        }
    }
    for depth in [200, 1_000, 6_000, 20_000] {
        for length in [1, 250] {
            inputs.push(repo(format!("depth-{depth}-of-names-of-{length}"), Refused, move |pack| {
                let file = pack.blob("x");
                let mut tree = pack.tree([Entry(FILE, b"f", file)]);
                for _ in 0..depth {
                    tree = pack.tree([Entry(TREE, "d".repeat(length).as_bytes(), tree)]);
                }
                pack.commit(tree, "deep");
            }));
        }
    }
    // What a name of 300 bytes in one file is to a file system is for the controller to say.
    for input in inputs.iter_mut().filter(|input| input.name.contains("name-of-300-")) {
        input.ending = Settled;
    }
    inputs
}

/// Trees that name one subtree many times.
fn fans() -> Vec<Input> {
    let mut inputs = Vec::new();
    let modes = [("links", "120000"), ("modules", "160000"), ("files", FILE), ("programs", "100755")];
    for (what, mode) in modes {
        for shape in [&[90, 1_000, 100_000][..], &[10_000, 10_000], &[16, 16, 16, 16, 16, 16, 16, 16]] {
            let words: Vec<_> = shape.iter().map(usize::to_string).collect();
            inputs.push(repo(format!("{what}-{}", words.join("x")), Settled, move |pack| {
                let leaf = pack.blob("target");
                let mut oid = leaf;
                for (level, width) in shape.iter().rev().enumerate() {
                    oid = numbered(pack, if level == 0 { mode } else { TREE }, oid, *width);
                }
                pack.commit(oid, "fan");
            }));
        }
    }
    for levels in [20, 30, 64] {
        inputs.push(repo(format!("doubling-{levels}"), Settled, move |pack| {
            let file = pack.blob("x");
            let mut tree = pack.tree([Entry(FILE, b"f", file)]);
            for _ in 0..levels {
                tree = pack.tree([Entry(TREE, b"a", tree), Entry(TREE, b"b", tree)]);
            }
            pack.commit(tree, "doubling");
        }));
        inputs.push(repo(format!("doubling-empty-{levels}"), Settled, move |pack| {
            let mut tree = pack.tree([]);
            for _ in 0..levels {
                tree = pack.tree([Entry(TREE, b"a", tree), Entry(TREE, b"b", tree)]);
            }
            pack.commit(tree, "doubling");
        }));
    }
    inputs
}

/// Objects that are much larger than their bytes.
fn bombs() -> Vec<Input> {
    let mut inputs = Vec::new();
    for (what, kind) in [("blob", Kind::Blob), ("tree", Kind::Tree), ("commit", Kind::Commit)] {
        for mebibytes in [256, 768, 3_072] {
            inputs.push(repo(format!("zlib-{what}-{mebibytes}M"), Settled, move |pack| {
                small(pack);
                pack.zeros(kind, mebibytes);
            }));
        }
    }
    for copied in [16, 64, 192] {
        inputs.push(repo(format!("delta-{}M", copied * 16), Settled, move |pack| {
            small(pack);
            let base = pack.blob(vec![0; 0x00ff_ffff]);
            pack.delta(&base, &copies(0x00ff_ffff, copied));
        }));
    }
    inputs.push(repo("deltas-many-of-256M", Settled, |pack| {
        small(pack);
        let base = pack.blob(vec![0; 0x00ff_ffff]);
        for copied in 1..17 {
            pack.delta(&base, &copies(0x00ff_ffff, copied));
        }
    }));
    for copied in [2, 8] {
        inputs.push(repo(format!("blobs-{copied}-of-100M-in-files"), Settled, move |pack| {
            let blob = pack.blob(vec![0; 100 << 20]);
            let root = numbered(pack, FILE, blob, copied);
            pack.commit(root, "large files");
        }));
    }
    inputs
}

/// Entries that are not what they say, or are called what no file may be called.
fn entries() -> Vec<Input> {
    let mut inputs = Vec::new();
    let names: [(&str, &[u8]); 14] = [
        ("dots", b".."),
        ("dot", b"."),
        ("git", b".git"),
        ("git-capital", b".GIT"),
        ("slash", b"a/../../b"),
        ("empty", b""),
        ("escape", b"\x1b[2J\x1b]0;x\x07"),
        ("bidi", "\u{202e}lmay.a".as_bytes()),
        ("not-utf8", b"\xff\xfe"),
        ("backslash", b"..\\..\\a"),
        ("newline", b"a\nb"),
        ("drive", b"C:a"),
        ("device", b"CON"),
        ("dashes", b"--help"),
    ];
    for (what, name) in names {
        for (kind, mode) in [("file", FILE), ("folder", TREE), ("link", "120000")] {
            inputs.push(repo(format!("{kind}-called-{what}"), Settled, move |pack| {
                let file = pack.blob("../../../../etc/passwd");
                let oid = if mode == TREE { pack.tree([Entry(FILE, b"f", file)]) } else { file };
                let root = pack.tree([Entry(mode, name, oid)]);
                pack.commit(root, "names");
            }));
        }
    }
    for (what, mode) in [("file", FILE), ("folder", TREE), ("link", "120000"), ("odd-mode", "7777777777777")]
    {
        inputs.push(repo(format!("{what}-that-is-missing"), Settled, move |pack| {
            let root = pack.tree([Entry(mode, b"gone", [7; 20])]);
            pack.commit(root, "missing");
        }));
        inputs.push(repo(format!("{what}-that-is-a-tree-or-not"), Settled, move |pack| {
            let file = pack.blob("x");
            let tree = pack.tree([Entry(FILE, b"f", file)]);
            let oid = if mode == TREE { file } else { tree };
            let root = pack.tree([Entry(mode, b"entry", oid)]);
            pack.commit(root, "wrong kinds");
        }));
    }
    inputs.push(repo("one-name-twice", Settled, |pack| {
        let (one, two) = (pack.blob("1"), pack.blob("2"));
        let root = pack.tree([Entry(FILE, b"a", one), Entry(FILE, b"a", two), Entry(FILE, b"A", one)]);
        pack.commit(root, "twice");
    }));
    inputs
}

fn commits() -> Vec<Input> {
    let with = |name: &str, ending, text: fn(&str) -> Vec<u8>| {
        repo(name, ending, move |pack| {
            let file = pack.blob("x");
            let root = pack.tree([Entry(FILE, b"f", file)]);
            pack.raw_commit(text(&super::packs::hex(&root)));
        })
    };
    let mut inputs = vec![
        with("commit-of-escapes", Settled, |tree| {
            format!(
                "tree {tree}\nauthor \x1b[31m <a> 0 +0000\ncommitter a <b> 0 +0000\n\n\x1b]0;x\x07\u{202e}\n"
            )
            .into()
        }),
        with("commit-of-8M-message", Settled, |tree| {
            format!("tree {tree}\nauthor a <b> 0 +0000\ncommitter a <b> 0 +0000\n\n{}", "m".repeat(8 << 20))
                .into()
        }),
        with("commit-of-8M-header", Settled, |tree| {
            format!("tree {tree}\nauthor {} <b> 0 +0000\ncommitter a <b> 0 +0000\n\nm", "a".repeat(8 << 20))
                .into()
        }),
        with("commit-of-late-date", Settled, |tree| {
            format!("tree {tree}\nauthor a <b> 99999999999999999999 +9999\ncommitter a <b> -1 -9999\n\nm")
                .into()
        }),
        with("commit-without-tree", Refused, |_| b"author a <b> 0 +0000\n\nm".to_vec()),
        with("commit-of-nothing", Refused, |_| Vec::new()),
        with("commit-of-100000-parents", Settled, |tree| {
            let parents = format!("parent {}\n", "1".repeat(40)).repeat(100_000);
            format!("tree {tree}\n{parents}author a <b> 0 +0000\ncommitter a <b> 0 +0000\n\nm").into()
        }),
    ];
    for (what, count) in [("none", 0), ("all-there-can-be", u32::MAX), ("a-million-more", 1_000_003)] {
        inputs.push(Input::new(Family::GitRepo, format!("pack-that-claims-{what}"), Refused, move |_| {
            let mut pack = Pack::default();
            small(&mut pack);
            let reply = Reply::Git { tip: pack.tip(), pack: Arc::new(pack.bytes(Some(count))) };
            Matter::Git { url: "{URL}".to_owned(), reply }
        }));
    }
    inputs
}

/// A commit of one file.
fn small(pack: &mut Pack) {
    let file = pack.blob("x");
    let root = pack.tree([Entry(FILE, b"f", file)]);
    pack.commit(root, "small");
}

/// A tree of so many entries, all the same but for their names.
fn numbered(pack: &mut Pack, mode: &str, oid: Oid, count: usize) -> Oid {
    let names: Vec<String> = (0..count).map(|number| format!("{number:06}")).collect();
    pack.tree(names.iter().map(|name| Entry(mode, name.as_bytes(), oid)))
}
