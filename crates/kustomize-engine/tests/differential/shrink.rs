//! Makes a tree with a difference smaller while the difference stays: fewer files, documents, lines with what is below
//! them, and items in brackets.

use crate::upstream::Files;

/// The smallest tree found for which `holds` is true.
pub(crate) fn shrink(files: &Files, mut holds: impl FnMut(&Files) -> bool) -> Files {
    let mut best = files.clone();
    loop {
        let before: usize = best.iter().map(|(path, text)| path.len() + text.len()).sum();
        for path in best.keys().cloned().collect::<Vec<_>>() {
            let mut fewer = best.clone();
            fewer.remove(&path);
            if holds(&fewer) {
                best = fewer;
                continue;
            }
            shrink_file(&mut best, &path, &mut holds);
        }
        let after: usize = best.iter().map(|(path, text)| path.len() + text.len()).sum();
        if after == before {
            return best;
        }
    }
}

fn shrink_file(best: &mut Files, path: &str, holds: &mut impl FnMut(&Files) -> bool) {
    for cuts in [documents, blocks, brackets, blocks] {
        let mut at = 0;
        // From the end, so that the cuts in front stay valid.
        while let Ok(text) = String::from_utf8(best[path].clone()) {
            let mut all = cuts(&text);
            all.retain(|(from, to)| from < to);
            if at >= all.len() {
                break;
            }
            let (from, to) = all[all.len() - 1 - at];
            let mut fewer = best.clone();
            fewer.insert(path.to_owned(), format!("{}{}", &text[..from], &text[to..]).into_bytes());
            if holds(&fewer) {
                *best = fewer;
            } else {
                at += 1;
            }
        }
    }
}

fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            at += line.len();
            (at - line.len(), line)
        })
        .collect()
}

fn documents(text: &str) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> =
        lines(text).into_iter().filter(|(_, line)| line.starts_with("---")).map(|(at, _)| at).collect();
    if starts.is_empty() {
        return Vec::new();
    }
    starts.insert(0, 0);
    starts.push(text.len());
    starts.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Every line with the deeper ones behind it.
fn blocks(text: &str) -> Vec<(usize, usize)> {
    let all = lines(text);
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut found = Vec::new();
    for (number, (start, line)) in all.iter().enumerate() {
        let deeper = |other: &str| {
            other.trim().is_empty()
                || indent(other) > indent(line)
                || (indent(other) == indent(line)
                    && other.trim_start().starts_with("- ")
                    && !line.trim_start().starts_with("- "))
        };
        let count = all[number + 1..].iter().take_while(|(_, other)| deeper(other)).count();
        let end = all.get(number + 1 + count).map_or(text.len(), |(at, _)| *at);
        found.push((*start, end));
        if count > 0 {
            found.push((*start, start + line.len()));
        }
        if line.trim_start().starts_with("- ") && count > 0 {
            // The first key of an item alone: the next takes its place behind the dash.
            let dash = start + indent(line) + 2;
            let next = all[number + 1].0 + indent(all[number + 1].1);
            found.push((dash, next));
        }
    }
    found
}

/// Every item between brackets, with its comma.
fn brackets(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' => open.push(at + 1),
            b',' => {
                if let Some(start) = open.last_mut() {
                    found.push((*start, at + 1));
                    *start = at + 1;
                }
            }
            b'}' | b']' => {
                if let Some(start) = open.pop() {
                    found.push((start, at));
                    // The last of several goes with the comma in front of it.
                    if start > 0 && text.as_bytes()[start - 1] == b',' {
                        found.push((start - 1, at));
                    }
                }
            }
            _ => {}
        }
    }
    found.sort_unstable();
    found
}
