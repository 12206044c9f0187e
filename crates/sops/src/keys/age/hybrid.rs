//! age's post-quantum identities (`AGE-SECRET-KEY-PQ-1…`), which its crate cannot open yet: HPKE with ML-KEM-768 and X25519
//! together, HKDF-SHA256 and ChaCha20-Poly1305.

use age::DecryptError;
use age_core::format::{FileKey, Stanza};
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::{digest, hmac};
use ml_kem::kem::Decapsulate as _;
use ml_kem::{Ciphertext, DecapsulationKey, MlKem768, Seed};
use sha3::Shake256;
use sha3::digest::{ExtendableOutput as _, Update as _, XofReader as _};
use zeroize::Zeroizing;

use crate::base64;

/// The kind of stanzas that are ours.
const KIND: &str = "mlkem768x25519";
/// What the encryption is bound to.
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// What the shared secrets are hashed with.
const LABEL: &[u8] = br"\.//^\";
/// `HPKE`, then the numbers of the key encapsulation, the key derivation and the cipher.
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const VERSION: &[u8] = b"HPKE-v1";
const POST_QUANTUM_SIZE: usize = 1088;
const CURVE_SIZE: usize = 32;
const FILE_KEY_SIZE: usize = 16;
const TAG_SIZE: usize = 16;

/// A secret of 32 bytes that is the same however long it takes to look.
type Shared = Zeroizing<[u8; 32]>;

/// An identity.
pub(super) struct Identity {
    post_quantum: DecapsulationKey<MlKem768>,
    curve: PrivateKey,
}

impl Identity {
    /// From its text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (prefix, seed) = bech32::decode(text).ok()?;
        let seed = Zeroizing::new(seed);
        if !prefix.as_str().eq_ignore_ascii_case("AGE-SECRET-KEY-PQ-") || seed.len() != 32 {
            return None;
        }
        let mut reader = Shake256::default().chain(&*seed).finalize_xof();
        let mut both = Zeroizing::new([0; 64]);
        reader.read(&mut *both);
        let mut curve = Shared::default();
        reader.read(&mut *curve);
        let post_quantum = DecapsulationKey::from_seed(Seed::try_from(both.as_slice()).ok()?);
        Some(Self { post_quantum, curve: PrivateKey::from_private_key(&X25519, &*curve).ok()? })
    }

    fn unwrap(&self, encapsulated: &[u8], body: &[u8]) -> Option<FileKey> {
        let key = self.decapsulate(encapsulated)?;
        let empty = extract(b"", b"psk_id_hash", b"");
        let info = extract(b"", b"info_hash", INFO);
        let context = [&[0], &empty[..], &info[..]].concat();
        let secret = extract(&*key, b"secret", b"");
        let key = expand(&secret, b"key", &context, 32);
        let nonce = expand(&secret, b"base_nonce", &context, 12);
        let nonce = Nonce::try_assume_unique_for_key(nonce.get(..12)?).ok()?;
        let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &*key).ok()?);
        let mut plain = Zeroizing::new(body.to_vec());
        let plain = key.open_in_place(nonce, Aad::empty(), &mut plain).ok()?;
        let file_key: &[u8; FILE_KEY_SIZE] = (&*plain).try_into().ok()?;
        Some(FileKey::init_with_mut(|key| key.copy_from_slice(file_key)))
    }

    /// The secret that both parts agree on. With another's key there is one, too: it only opens nothing.
    fn decapsulate(&self, encapsulated: &[u8]) -> Option<Shared> {
        let (post_quantum, curve) = encapsulated.split_at_checked(POST_QUANTUM_SIZE)?;
        let ciphertext = Ciphertext::<MlKem768>::try_from(post_quantum).ok()?;
        let first = self.post_quantum.decapsulate(&ciphertext);
        let own = self.curve.compute_public_key().ok()?;
        let peer = UnparsedPublicKey::new(&X25519, curve);
        let mut hash = digest::Context::new(&digest::SHA3_256);
        hash.update(&first);
        agree(&self.curve, peer, (), |second| {
            hash.update(second);
            Ok(())
        })
        .ok()?;
        hash.update(curve);
        hash.update(own.as_ref());
        hash.update(LABEL);
        let mut shared = Shared::default();
        shared.copy_from_slice(hash.finish().as_ref());
        Some(shared)
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != KIND {
            return None;
        }
        let [argument] = stanza.args.as_slice() else { return Some(Err(DecryptError::InvalidHeader)) };
        let encapsulated =
            base64::unpadded(argument).filter(|bytes| bytes.len() == POST_QUANTUM_SIZE + CURVE_SIZE);
        match encapsulated {
            Some(encapsulated) if stanza.body.len() == FILE_KEY_SIZE + TAG_SIZE => {
                self.unwrap(&encapsulated, &stanza.body).map(Ok)
            }
            _ => Some(Err(DecryptError::InvalidHeader)),
        }
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Shared {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    let mut out = Shared::default();
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// HPKE's labeled extraction.
fn extract(salt: &[u8], label: &[u8], key: &[u8]) -> Shared {
    mac(salt, &[VERSION, SUITE, label, key])
}

/// HPKE's labeled expansion, of one block at most.
fn expand(secret: &Shared, label: &[u8], info: &[u8], length: u8) -> Shared {
    mac(&**secret, &[&[0, length], VERSION, SUITE, label, info, &[1]])
}
