//! Where a mark stands when the log is being written.

use std::io::Write as _;

use super::{Mark, RequestLog};

#[test]
fn a_mark_in_the_middle_of_a_line_begins_with_the_next_one() -> anyhow::Result<()> {
    let mut file = tempfile::NamedTempFile::new()?;
    let log = RequestLog::new(file.path());
    let verbs = |mark: &Mark| -> anyhow::Result<Vec<String>> {
        Ok(log.everyone(mark)?.0.into_iter().map(|request| request.verb).collect())
    };
    assert_eq!(verbs(&log.mark()?)?, [""; 0]);
    file.write_all(b"{\"verb\": \"get\"}\n{\"verb\": ")?;
    let half = log.mark()?;
    assert_eq!(verbs(&half)?, [""; 0]);
    file.write_all(b"\"list\"}\n")?;
    let whole = log.mark()?;
    assert_eq!(verbs(&half)?, [""; 0], "its request came before");
    file.write_all(b"{\"verb\": \"patch\"}\n")?;
    assert_eq!(verbs(&half)?, ["patch"]);
    assert_eq!(verbs(&whole)?, ["patch"]);
    assert_eq!(verbs(&Mark::START)?, ["get", "list", "patch"]);
    Ok(())
}

#[test]
fn a_request_says_when_it_came() -> anyhow::Result<()> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(b"{\"requestReceivedTimestamp\": \"1970-01-01T00:00:01.000002Z\"}\n{}\n")?;
    let came: Vec<i64> = RequestLog::new(file.path())
        .everyone(&Mark::START)?
        .0
        .iter()
        .map(|request| request.received)
        .collect();
    assert_eq!(came, [1_000_002, 0]);
    Ok(())
}
