//! Lists that a registry wrote, with so many items at most: what has more is refused while it is read, before it takes
//! more memory than its text. Pure. How long the text may be is `wire`'s.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

#[cfg(test)]
mod tests;

/// What the error of a longer list begins with; no other error of the library does.
const EXCESS: &str = "a list has more than ";

/// Reads a list of `MOST` items at most, or none.
pub(crate) fn list<'de, const MOST: usize, T, D>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let read = Option::<Bounded<MOST, T>>::deserialize(deserializer)?;
    Ok(read.map(|bounded| bounded.0))
}

/// Reads a list of `MOST` items at most.
pub(super) fn items<'de, const MOST: usize, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Bounded::<MOST, T>::deserialize(deserializer).map(|bounded| bounded.0)
}

/// That a list has too many items, if that is what is wrong.
pub(crate) fn excess(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    // Where it is comes after it.
    let text = text.split_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    text.starts_with(EXCESS).then(|| text.to_owned())
}

struct Bounded<const MOST: usize, T>(Vec<T>);

impl<'de, const MOST: usize, T: Deserialize<'de>> Deserialize<'de> for Bounded<MOST, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items::<MOST, T>(PhantomData)).map(Self)
    }
}

struct Items<const MOST: usize, T>(PhantomData<T>);

impl<'de, const MOST: usize, T: Deserialize<'de>> Visitor<'de> for Items<MOST, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            if all.len() == MOST {
                return Err(A::Error::custom(format_args!("{EXCESS}{MOST} items")));
            }
            all.push(item);
        }
        Ok(all)
    }
}
