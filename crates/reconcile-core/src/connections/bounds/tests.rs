//! Texts of the system.

use super::{Bounds, open_files};

#[test]
fn the_limit_of_open_files() {
    let text = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n";
    assert_eq!(open_files(text), Some(1024));
    assert_eq!(open_files("Max open files  unlimited unlimited files"), None);
    assert_eq!(open_files(""), None);
    assert!(Bounds::default().within_open_files().connections <= 1024);
}
