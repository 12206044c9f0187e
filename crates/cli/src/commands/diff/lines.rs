//! Which lines of two texts differ, with a little of what stands around them. Pure.

#[cfg(test)]
mod tests;

/// Lines that are shown around a change.
const AROUND: usize = 2;
/// More comparisons than this are not made: then everything between the first and the last difference has changed.
const MOST: usize = 1 << 20;

/// A line, and on which side it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit<'t> {
    /// On both.
    Same(&'t str),
    /// On the old one.
    Old(&'t str),
    /// On the new one.
    New(&'t str),
    /// Lines on both sides that are not shown.
    Gap,
}

/// The edits that make the new text of the old one.
pub(super) fn edits<'t>(old: &'t str, new: &'t str) -> Vec<Edit<'t>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let front = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (old.get(front..).unwrap_or_default(), new.get(front..).unwrap_or_default());
    let back =
        old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let middle = |rest: &[&'t str]| -> Vec<&'t str> {
        rest.iter().take(rest.len().saturating_sub(back)).copied().collect()
    };
    let (old_middle, new_middle) = (middle(old_rest), middle(new_rest));
    let mut all: Vec<Edit<'t>> = old.iter().take(front).map(|line| Edit::Same(line)).collect();
    all.extend(between(&old_middle, &new_middle));
    all.extend(old.iter().skip(old.len().saturating_sub(back)).map(|line| Edit::Same(line)));
    shortened(all)
}

/// By the longest common subsequence, where that is not too much work.
fn between<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Edit<'t>> {
    if old.len().saturating_mul(new.len()) > MOST {
        return old
            .iter()
            .map(|line| Edit::Old(line))
            .chain(new.iter().map(|line| Edit::New(line)))
            .collect();
    }
    let width = new.len() + 1;
    // `common[i][j]`: of the lines from i and from j on.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    let at = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or_default();
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let longest = if one == other {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut all = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(one), Some(other)) if one == other => {
                all.push(Edit::Same(one));
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                all.push(Edit::Old(one));
                i += 1;
            }
            (_, Some(other)) => {
                all.push(Edit::New(other));
                j += 1;
            }
            _ => return all,
        }
    }
}

/// Without what is far from any change.
fn shortened(all: Vec<Edit<'_>>) -> Vec<Edit<'_>> {
    let changed: Vec<usize> =
        all.iter().enumerate().filter(|(_, edit)| !matches!(edit, Edit::Same(_))).map(|(at, _)| at).collect();
    let is_near = |at: usize| {
        let next = changed.partition_point(|changed| *changed < at);
        let near = |place: Option<&usize>| place.is_some_and(|changed| changed.abs_diff(at) <= AROUND);
        near(changed.get(next)) || near(next.checked_sub(1).and_then(|before| changed.get(before)))
    };
    let mut short = Vec::new();
    for (at, edit) in all.into_iter().enumerate() {
        if is_near(at) {
            short.push(edit);
        } else if short.last() != Some(&Edit::Gap) {
            short.push(Edit::Gap);
        }
    }
    short
}
