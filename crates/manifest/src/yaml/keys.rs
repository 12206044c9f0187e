//! The order in which go-yaml v2 writes the keys of a map.

use std::cmp::Ordering;

/// The order of go-yaml v2 for keys: digits by value, letters behind everything else.
#[must_use]
pub fn sort_keys(a: &str, b: &str) -> Ordering {
    // The common part does not decide; ASCII needs no decoding.
    let common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    if common == a.len() || common == b.len() {
        return a.len().cmp(&b.len());
    }
    if let (Some(x), Some(y)) = (a.as_bytes().get(common), b.as_bytes().get(common))
        && x.is_ascii_alphabetic()
        && y.is_ascii_alphabetic()
    {
        return x.cmp(y);
    }
    if a.is_ascii() && b.is_ascii() {
        return natural(a.as_bytes(), b.as_bytes());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    natural(&a, &b)
}

/// Of texts that differ somewhere, as characters or as bytes of ASCII.
fn natural<C: Copy + Eq>(a: &[C], b: &[C]) -> Ordering
where
    char: From<C>,
{
    let Some(i) = a.iter().zip(b).position(|(x, y)| x != y) else { return a.len().cmp(&b.len()) };
    let (Some(x), Some(y)) = (a.get(i), b.get(i)) else { return Ordering::Equal };
    let (x, y) = (char::from(*x), char::from(*y));
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut an, mut bn) = (0i64, 0i64);
    if x == '0' || y == '0' {
        let before = a.get(..i).unwrap_or_default();
        if before.iter().rev().map(|c| char::from(*c)).take_while(|c| is_digit(*c)).any(|c| c != '0') {
            (an, bn) = (1, 1);
        }
    }
    let run = |chars: &[C], start: i64| {
        let rest = chars.get(i..).unwrap_or_default().iter();
        let digits = rest.map(|c| char::from(*c)).take_while(|c| is_digit(*c));
        digits.fold((start, 0usize), |(n, count), c| {
            let digit = i64::from(u32::from(c)) - i64::from(u32::from('0'));
            (n.wrapping_mul(10).wrapping_add(digit), count + 1)
        })
    };
    let ((an, ai), (bn, bi)) = (run(a, an), run(b, bn));
    an.cmp(&bn).then(ai.cmp(&bi)).then(x.cmp(&y))
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic()
}

fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.is_numeric() && !c.is_alphabetic() }
}

#[cfg(test)]
mod tests;
