//! Encryption as sops does it, for tests.

use sha2::{Digest as _, Sha512};

use crate::cipher::Cipher;
use crate::tree::{Branch, Item, Key, Value, plain_float};
use crate::{DataKey, Format};

const TIME: &str = "2026-01-02T03:04:05Z";
const KEY: [u8; 32] = [9; 32];

struct Encrypt {
    cipher: Cipher,
    hash: Sha512,
    path: Vec<String>,
    nonce: u8,
}

/// Encrypts every value of a document and adds the metadata, as the format has it.
pub(super) fn encrypt(mut branch: Branch, format: Format) -> Branch {
    let mut encrypt = Encrypt {
        cipher: Cipher::new(&DataKey::new(&KEY).unwrap()),
        hash: Sha512::new(),
        path: Vec::new(),
        nonce: 0,
    };
    encrypt.map(&mut branch);
    let mac: String = encrypt.hash.clone().finalize().iter().map(|byte| format!("{byte:02X}")).collect();
    let mac = encrypt.cipher.seal(mac.as_bytes(), "str", TIME, [1; 32]);
    let sealed: String = KEY.iter().map(|byte| char::from(byte + b'0')).collect();
    let entry = |name: &str, value: Value| Item::Entry(Key::Text(name.to_owned()), value);
    let text = |name: &str, value: &str| entry(name, Value::str(value));
    match format {
        Format::Dotenv => branch.extend([
            text("sops_age__list_0__map_enc", &sealed),
            text("sops_age__list_0__map_recipient", "age1x"),
            text("sops_lastmodified", TIME),
            text("sops_mac", &mac),
        ]),
        Format::Ini => branch.push(entry(
            "sops",
            Value::Map(vec![
                text("age__list_0__map_enc", &sealed),
                text("age__list_0__map_recipient", "age1x"),
                text("lastmodified", TIME),
                text("mac", &mac),
            ]),
        )),
        _ => {
            let key = Value::Map(vec![text("recipient", "age1x"), text("enc", &sealed)]);
            let metadata =
                vec![entry("age", Value::Seq(vec![key])), text("lastmodified", TIME), text("mac", &mac)];
            branch.push(entry("sops", Value::Map(metadata)));
        }
    }
    branch
}

impl Encrypt {
    fn map(&mut self, items: &mut [Item]) {
        for item in items {
            match item {
                Item::Comment(comment) => {
                    let sealed = self.seal(&comment.text.clone(), "comment");
                    comment.text = crate::tree::text_of(&sealed);
                }
                Item::Entry(Key::Text(key), value) => {
                    self.path.push(key.clone());
                    self.value(value);
                    self.path.pop();
                }
                Item::Entry(Key::Other(_), _) => {}
            }
        }
    }

    fn value(&mut self, value: &mut Value) {
        let (kind, text) = match value {
            Value::Map(items) => return self.map(items),
            Value::Seq(items) => return items.iter_mut().for_each(|item| self.value(item)),
            Value::Null => return,
            Value::Bool(true) => ("bool", b"True".to_vec()),
            Value::Bool(false) => ("bool", b"False".to_vec()),
            Value::Int(int) => ("int", int.to_string().into_bytes()),
            Value::Float(float) => ("float", plain_float(*float).into_bytes()),
            Value::Time(time) => ("time", time.clone().into_bytes()),
            Value::Str(text) | Value::Bytes(text) => ("str", text.to_vec()),
            Value::Comment(comment) => ("comment", comment.text.to_vec()),
        };
        if kind != "comment" {
            self.hash.update(&text);
        }
        *value = Value::str(&self.seal(&text, kind));
    }

    fn seal(&mut self, text: &[u8], kind: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        self.nonce = self.nonce.wrapping_add(1);
        self.cipher.seal(text, kind, &(self.path.join(":") + ":"), [self.nonce; 32])
    }
}
