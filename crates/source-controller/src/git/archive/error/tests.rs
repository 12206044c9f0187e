//! Who is at fault, and what is said of it.

use std::io;

use artifact::PathError;
use artifact::ignore::TooMuch;
use manifest::budget::Exceeded;

use super::ArchiveError;
use crate::upstream::PackError;

#[test]
fn what_the_content_is_refused_for_names_the_limit() {
    for (error, limit) in [
        (ArchiveError::TooManyEntries, "100000 entries"),
        (ArchiveError::TooManyRead, "1000000 entries"),
        (ArchiveError::TreesTooLarge, "268435456 bytes"),
        (ArchiveError::PathsTooLong, "268435456 bytes in all"),
        (ArchiveError::TooLarge, "536870912 bytes"),
        (ArchiveError::Ignore(TooMuch::Rules), "20000 rules"),
        (ArchiveError::Ignore(TooMuch::Bytes), "1048576 bytes"),
        (ArchiveError::Exceeded(Exceeded::Steps(7)), "7 steps"),
        (ArchiveError::Path(PathError::TooLong { path: "x".into(), limit: 4096 }), "4096 bytes"),
        (ArchiveError::NotAFile("a/b".into()), "\"a/b\""),
        (ArchiveError::Malformed("aa".into(), "no mode".into()), "'aa'"),
    ] {
        let PackError::Refused(message) = PackError::from(error) else { unreachable!("{limit}") };
        assert!(message.contains(limit), "{message}");
    }
}

#[test]
fn a_name_cannot_steer_who_reads_of_it() {
    let error = PackError::from(ArchiveError::NotAFile("a\u{1b}[2J\u{202e}\n".into()));
    assert!(!error.to_string().contains(['\u{1b}', '\u{202e}', '\n']), "{error}");
}

#[test]
fn what_ended_a_packer_is_found_in_its_error() {
    let of = |cause: Exceeded| PackError::from(ArchiveError::from(io::Error::other(cause)));
    assert!(matches!(of(Exceeded::Cancelled), PackError::Cancelled));
    assert!(matches!(of(Exceeded::Steps(7)), PackError::Refused(_)));
    let unclean = io::Error::new(io::ErrorKind::InvalidInput, "path \"..\"");
    assert!(matches!(PackError::from(ArchiveError::from(unclean)), PackError::Refused(_)));
    let disk = io::Error::new(io::ErrorKind::StorageFull, "full");
    assert!(matches!(PackError::from(ArchiveError::from(disk)), PackError::Write(_)));
    let broken = ArchiveError::Object("c".into(), "gone".into());
    assert!(matches!(PackError::from(broken), PackError::Broken(_)));
}
