//! What a comment says, that it stays within its bounds, and that nothing in it is markup that we did not write.

use manifest::ObjectId;
use serde_json::json;

use super::super::report::Act;
use super::*;

fn created(name: &str, data: &str) -> ObjectDiff {
    let id = ObjectId {
        namespace: "shop".into(),
        name: name.into(),
        group: String::new(),
        kind: "ConfigMap".into(),
    };
    let manifest = Some(json!({"data": {"a": data}}));
    ObjectDiff { manifest, ..ObjectDiff::new(&id, Act::Create) }
}

fn report(objects: Vec<ObjectDiff>, notes: &[&str]) -> Report {
    let notes = notes.iter().map(|note| (*note).to_owned()).collect();
    Report::new(("apps", "web"), "the folder /repo".to_owned(), objects, notes)
}

#[test]
fn objects_are_opened_one_by_one() {
    insta::assert_snapshot!(text(&report(vec![created("new", "1")], &["you may not read a thing"])), @"
    ### Kustomization `apps/web`: 1 to create

    Compared with the cluster: `the folder /repo`.

    > you may not read a thing

    <details><summary><code>+ ConfigMap shop/new</code></summary>

    ```diff
    + data:
    +   a: \"1\"
    ```

    </details>
    ");
}

#[test]
fn a_comment_has_its_bounds() {
    let many = (0..2000).map(|number| created(&format!("n{number}"), &"x".repeat(500))).collect();
    let comment = text(&report(many, &[]));
    assert!(comment.len() <= MAX, "{}", comment.len());
    assert!(comment.contains(" more objects are not shown"), "{}", &comment[comment.len() - 200..]);
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
    let one = text(&report(vec![created("big", &"x".repeat(100_000))], &[]));
    assert!(one.len() <= MAX && one.contains("- `+ ConfigMap shop/big`"), "{}", one.len());
}

#[test]
fn foreign_text_does_not_break_out() {
    let comment = text(&report(vec![created("x", "```\n</details><script>")], &["@everyone <b>*x*</b>"]));
    assert!(comment.contains("````diff\n"), "{comment}");
    assert!(comment.contains("&#64;everyone &lt;b&gt;\\*x\\*&lt;/b&gt;"), "{comment}");
    assert_eq!(code("a`b"), "``a`b``");
    assert_eq!(code("`a"), "`` `a ``");
}
