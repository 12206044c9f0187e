//! Answers about rights.

use super::*;
use crate::finding;

#[test]
fn nothing_is_missing() {
    let all: Vec<Answer> = NEEDED.into_iter().map(|right| Answer { right, allowed: true }).collect();
    assert_eq!(finding::lines(&findings(&all, "a")), ["✔ rights: you may do all that an installation needs"]);
    assert_eq!(findings(&[], "a"), findings(&all, "a"));
}

#[test]
fn something_is_missing() {
    let answers = NEEDED
        .into_iter()
        .map(|right| Answer { right, allowed: right.resource != "deployments" && right.verb != "bind" });
    insta::assert_snapshot!(finding::lines(&findings(&answers.collect::<Vec<_>>(), "a")).join("\n"), @"
    ✗ clusterroles.rbac.authorization.k8s.io: you may not bind, which an installation needs
    ✗ deployments.apps: you may not create in a, which an installation needs
    ✗ deployments.apps: you may not patch in a, which an installation needs
      hint: let somebody with the ClusterRole cluster-admin install, or be bound to it for that time
    ");
}
