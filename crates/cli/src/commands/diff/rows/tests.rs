//! What is shown of one object.

use super::*;
use manifest::ObjectId;
use serde_json::json;

fn object(act: Act) -> ObjectDiff {
    let id = ObjectId {
        namespace: "shop".into(),
        name: "web".into(),
        group: "apps".into(),
        kind: "Deployment".into(),
    };
    ObjectDiff::new(&id, act)
}

fn field(live: Option<&str>, desired: Option<&str>) -> Field {
    let json = |text: Option<&str>| text.map(|text| json!(text).to_string());
    Field {
        path: "/data/a".to_owned(),
        desired: json(desired),
        live: json(live),
        manager: None,
        time: None,
        short: (json(live), json(desired)),
    }
}

fn shown(object: &ObjectDiff, now: Option<Timestamp>) -> Vec<String> {
    let sign = |sign| match sign {
        Sign::Around => ' ',
        Sign::Live => '-',
        Sign::Desired => '+',
        Sign::Remark => '#',
    };
    rows(object, now).into_iter().map(|row| format!("{}{}", sign(row.sign), row.text)).collect()
}

#[test]
fn a_field_has_a_row_for_each_value() {
    let mut object = object(Act::Change);
    object.fields = vec![field(Some("1"), Some("2")), field(None, Some("2")), field(Some("1"), None)];
    object.fields[0].manager = Some("kubectl-edit".to_owned());
    object.fields[0].time = Some("2026-01-01T00:00:00Z".parse().unwrap());
    let wanted = [
        " /data/a  (set by kubectl-edit, 90s ago)",
        "-\"1\"",
        "+\"2\"",
        " /data/a",
        "+\"2\"",
        " /data/a",
        "-\"1\"",
    ];
    assert_eq!(shown(&object, Some("2026-01-01T00:01:30Z".parse().unwrap())), wanted);
    assert_eq!(shown(&object, None)[0], " /data/a  (set by kubectl-edit)");
}

#[test]
fn texts_of_several_lines_are_compared_by_line() {
    let mut object = object(Act::Change);
    object.fields = vec![field(Some("a\nb\nc\n"), Some("a\nx\nc\n"))];
    assert_eq!(shown(&object, None), [" /data/a", "   a", "-b", "+x", "   c"]);
    object.fields = vec![field(Some("***"), Some("***"))];
    assert_eq!(shown(&object, None), [" /data/a", "-\"***\"", "+\"***\""]);
    object.fields = vec![Field { live: Some("7".to_owned()), ..field(Some("7"), Some("a\nb")) }];
    assert_eq!(shown(&object, None), [" /data/a", "-\"7\"", "+\"a\\nb\""], "a number is no text");
}

#[test]
fn what_is_made_is_shown_whole_up_to_a_point() {
    let mut object = object(Act::Create);
    object.manifest = Some(json!({"kind": "ConfigMap", "data": {"a": "1"}}));
    assert_eq!(shown(&object, None), ["+data:", "+  a: \"1\"", "+kind: ConfigMap"]);
    let data: serde_json::Map<String, serde_json::Value> =
        (0..1000).map(|number| (format!("k{number}"), json!("v"))).collect();
    object.manifest = Some(json!({ "data": data }));
    let shown = shown(&object, None);
    assert_eq!(shown.len(), MAX_ROWS + 1);
    assert_eq!(shown[MAX_ROWS], "#701 more lines; -o yaml has all");
}

#[test]
fn remarks_are_one_line() {
    let object = object(Act::Refused).remark("denied:\n  because");
    assert_eq!(shown(&object, None), ["#denied: because"]);
    assert!(is_shown(&object) && !is_shown(&self::object(Act::Unchanged)));
}
