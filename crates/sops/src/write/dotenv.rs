//! Dotenv files: `NAME=value`, a line break in a value written `\n`, comments kept.

use zeroize::Zeroizing;

use super::text::{is_complex, key_text, line_text};
use crate::error::EmitError;
use crate::tree::{Item, Value};

pub(super) fn write(items: &[Item]) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let mut out = Zeroizing::new(Vec::new());
    for item in items {
        match item {
            Item::Comment(comment) => {
                out.push(b'#');
                out.extend_from_slice(&comment.text);
            }
            Item::Entry(key, _) if is_complex(item) => {
                return Err(EmitError::Complex(key_text(key).to_owned()));
            }
            Item::Entry(key, value) => {
                out.extend_from_slice(key_text(key).as_bytes());
                out.push(b'=');
                let text = line_text(value).ok_or(EmitError::Comment)?;
                for byte in text.iter() {
                    match byte {
                        b'\n' if matches!(value, Value::Str(_)) => out.extend_from_slice(b"\\n"),
                        byte => out.push(*byte),
                    }
                }
            }
        }
        out.push(b'\n');
    }
    Ok(out)
}
