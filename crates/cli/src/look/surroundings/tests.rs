//! What is asked for, and what is not asked for twice.

use super::*;

#[test]
fn questions_are_asked_once() {
    let mut around = Surroundings::default();
    assert!(around.list(Kin::Pod, "apps").is_none());
    assert!(around.list(Kin::Pod, "apps").is_none());
    assert!(around.list(Kin::StorageClass, "").is_none());
    let asked = around.open_questions();
    assert_eq!(asked, [(Kin::Pod, "apps".to_owned()), (Kin::StorageClass, String::new())]);
    let pod = Arc::new(serde_json::json!({"kind": "Pod"}));
    around.known.insert((Kin::Pod, "apps".to_owned()), Some(vec![Arc::clone(&pod)]));
    around.known.insert((Kin::StorageClass, String::new()), None);
    assert_eq!(around.list(Kin::Pod, "apps"), Some(vec![pod]));
    assert!(around.list(Kin::StorageClass, "").is_none(), "it may not be read");
    assert!(around.open_questions().is_empty(), "and is not asked for again");
}
