//! The `Range` header: which bytes of a file are wanted. One range; several are answered with the whole, as allowed.
//! Pure.

#[cfg(test)]
mod tests;

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Everything: no range, or one that is not understood.
    Whole,
    /// Part of it.
    Part {
        /// First byte.
        start: u64,
        /// Number of bytes, at least one.
        length: u64,
    },
    /// The range lies outside of the file.
    Nothing,
}

/// Reads `bytes=first-last`, `bytes=first-` or `bytes=-last`.
pub(crate) fn select(header: Option<&str>, size: u64) -> Selection {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Selection::Whole;
    };
    let Some((first, last)) = spec.trim().split_once('-') else { return Selection::Whole };
    let number = |text: &str| -> Option<u64> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if plain { text.parse().ok() } else { None }
    };
    match (first, last) {
        ("", last) => match number(last) {
            None => Selection::Whole,
            Some(0) => Selection::Nothing,
            Some(_) if size == 0 => Selection::Nothing,
            Some(count) => {
                let length = count.min(size);
                Selection::Part { start: size - length, length }
            }
        },
        (first, last) => match (number(first), number(last)) {
            (Some(start), _) if start >= size && (last.is_empty() || number(last).is_some()) => {
                Selection::Nothing
            }
            (Some(start), None) if last.is_empty() => Selection::Part { start, length: size - start },
            (Some(start), Some(last)) if last >= start => {
                Selection::Part { start, length: last.min(size - 1) - start + 1 }
            }
            _ => Selection::Whole,
        },
    }
}
