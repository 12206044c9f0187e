//! As much of CBOR (RFC 8949) as an envelope needs. Everything has a length that stands before it; what has none is
//! refused, as are maps with a key twice. Borrows from the text, so that it takes no more memory than its items.

use crate::refusal::Refusal;

/// Levels of lists, maps and tags.
const MAX_DEPTH: u8 = 8;
/// Most items of a text.
const MAX_ITEMS: usize = 1024;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item<'a> {
    /// A number, of either sign.
    Integer(i128),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// A list.
    List(Vec<Self>),
    /// A map, in its order.
    Map(Map<'a>),
    /// A value with a number that says what it is.
    Tag(u64, Box<Self>),
    /// A truth value, nothing, or a fraction: with its kind and bits.
    Other(u8, u64),
}

/// A map.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Map<'a>(Vec<(Item<'a>, Item<'a>)>);

impl<'a> Map<'a> {
    /// The value of a key.
    pub(super) fn get(&self, key: &Item<'_>) -> Option<&Item<'a>> {
        self.0.iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }

    /// The value of a key that is a text.
    pub(super) fn text(&self, key: &str) -> Option<&Item<'a>> {
        self.get(&Item::Text(key))
    }
}

/// Reads one value, which is all of the text.
pub(super) fn read(text: &[u8]) -> Result<Item<'_>, Refusal> {
    let mut reader = Reader { rest: text, left: MAX_ITEMS };
    let item = reader.item(MAX_DEPTH)?;
    if reader.rest.is_empty() { Ok(item) } else { Err(malformed("there is more behind it")) }
}

/// What stands before bytes of this length.
pub(super) fn head_of_bytes(length: usize, out: &mut Vec<u8>) {
    const BYTES: u8 = 2 << 5;
    let length = length as u64;
    match (u8::try_from(length), u16::try_from(length), u32::try_from(length)) {
        (Ok(short @ 0..24), ..) => out.push(BYTES | short),
        (Ok(one), ..) => out.extend([BYTES | 24, one]),
        (_, Ok(two), _) => {
            out.push(BYTES | 25);
            out.extend(two.to_be_bytes());
        }
        (_, _, Ok(four)) => {
            out.push(BYTES | 26);
            out.extend(four.to_be_bytes());
        }
        _ => {
            out.push(BYTES | 27);
            out.extend(length.to_be_bytes());
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Reader<'a> {
    fn item(&mut self, depth: u8) -> Result<Item<'a>, Refusal> {
        self.left = self.left.checked_sub(1).ok_or(Refusal::Excess { what: "items", most: MAX_ITEMS })?;
        let depth = depth.checked_sub(1).ok_or(Refusal::Excess { what: "levels", most: MAX_DEPTH.into() })?;
        let [first] = self.array()?;
        let (kind, short) = (first >> 5, first & 31);
        let number = match short {
            0..24 => u64::from(short),
            24 => u64::from(u8::from_be_bytes(self.array()?)),
            25 => u64::from(u16::from_be_bytes(self.array()?)),
            26 => u64::from(u32::from_be_bytes(self.array()?)),
            27 => u64::from_be_bytes(self.array()?),
            _ => return Err(malformed("a length is missing")),
        };
        Ok(match kind {
            0 => Item::Integer(number.into()),
            1 => Item::Integer(-1 - i128::from(number)),
            2 => Item::Bytes(self.take(number)?),
            3 => {
                let text = std::str::from_utf8(self.take(number)?);
                Item::Text(text.map_err(|_| malformed("a text is none"))?)
            }
            4 => {
                let mut list = Vec::new();
                for _ in 0..number {
                    list.push(self.item(depth)?);
                }
                Item::List(list)
            }
            5 => {
                let mut map = Map::default();
                for _ in 0..number {
                    let key = self.item(depth)?;
                    if map.get(&key).is_some() {
                        return Err(malformed("a key is there twice"));
                    }
                    map.0.push((key, self.item(depth)?));
                }
                Item::Map(map)
            }
            6 => Item::Tag(number, Box::new(self.item(depth)?)),
            _ => Item::Other(short, number),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(ends)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Refusal> {
        let length = usize::try_from(length).map_err(|_| ends())?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(ends)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn ends() -> Refusal {
    malformed("it ends too early")
}

fn malformed(why: &str) -> Refusal {
    Refusal::Malformed(format!("its CBOR is none: {why}"))
}
