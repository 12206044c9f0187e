//! How much of an inventory is looked at. What of it can be read is shown where objects are watched.

use super::*;

#[test]
fn an_inventory_costs_only_so_many_objects_and_kinds() {
    let of = |id: &str| one(id, "v1", Sight::default());
    let mut all: Vec<Listed> =
        ["apps_a_x.io_A", "apps_b_x.io_B", "apps_c_x.io_C", "apps_d_x.io_A", "apps_e_x.io_A"]
            .map(of)
            .into_iter()
            .collect();
    bound(&mut all, 4, 2);
    let lines: Vec<String> = all
        .iter()
        .map(|listed| {
            format!("{} {}: {:?} {:?}", listed.id.kind, listed.id.name, listed.version, listed.visibility)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    A a: Some("v1") Absent
    B b: Some("v1") Absent
    C c: None Hidden(Excess)
    A d: Some("v1") Absent
    A e: None Hidden(Excess)
    "#);
}
