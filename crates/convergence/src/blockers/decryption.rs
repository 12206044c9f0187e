//! Files that cannot be decrypted (contracts/kustomize-controller.md 9): the Secret with the keys, the key, the file.

use api::blocker::BlockerCode;

use super::about::About;
use super::draft::Draft;

/// The blocker, if a message speaks of encryption.
pub(super) fn blocker(about: &About<'_>, reason: &str, message: &str) -> Option<Draft> {
    let secret = secret(about);
    let missing =
        secret.as_deref().is_some_and(|name| message.trim() == format!("secrets \"{name}\" not found"));
    let speaks = missing
        || ["decrypt", "sops", "SOPS"].iter().any(|word| message.contains(word))
        || message.contains("Vault");
    speaks.then(|| of(about, secret.as_deref(), missing, reason, message))
}

/// The Secret that `spec.decryption` names.
fn secret(about: &About<'_>) -> Option<String> {
    let decryption = about.kustomization.spec.decryption.as_ref()?;
    Some(decryption.secret_ref.as_ref()?.name.clone())
}

/// What a message says, with what is needed to say it better.
struct Said<'a> {
    about: &'a About<'a>,
    secret: Option<&'a str>,
    reason: &'a str,
    message: &'a str,
}

impl Said<'_> {
    fn told(&self, object: String, sentence: &str, hint: String) -> Draft {
        Draft::reading(BlockerCode::DecryptionFailed, object, sentence, self.reason, self.message).hint(hint)
    }

    fn says(&self, any: &[&str]) -> bool {
        any.iter().any(|words| self.message.contains(words))
    }

    /// The Secret with the keys, in words.
    fn keys(&self) -> String {
        match self.secret {
            Some(name) => format!("Secret {}/{name}", self.about.namespace()),
            None => "the Secret of --sops-age-secret".to_owned(),
        }
    }

    /// The Secret with the keys, as blockers name it.
    fn keys_object(&self) -> String {
        match self.secret {
            Some(name) => format!("Secret/{}/{name}", self.about.namespace()),
            None => self.about.own(),
        }
    }
}

fn of(about: &About<'_>, secret: Option<&str>, missing: bool, reason: &str, message: &str) -> Draft {
    let said = Said { about, secret, reason, message };
    of_keys(&said, missing).or_else(|| of_file(&said)).unwrap_or_else(|| {
        let object = encrypted(message).unwrap_or_else(|| about.own());
        Draft::quoting(BlockerCode::DecryptionFailed, object, reason, message).hint(format!(
            "see spec.decryption of {} and the key that the message names; sops decrypt FILE shows whether it fits",
            about.named()
        ))
    })
}

/// The keys are missing, no keys, or not asked for.
fn of_keys(said: &Said<'_>, missing: bool) -> Option<Draft> {
    let named = said.about.named();
    if missing || said.says(&["cannot read sops decryption Secret"]) {
        return Some(said.told(
            said.keys_object(),
            &format!("{} with the keys for decryption does not exist or cannot be read", said.keys()),
            format!(
                "create {} with the private key (entry *.agekey for age, *.asc for OpenPGP), or correct spec.decryption.secretRef of {named}",
                said.keys()
            ),
        ));
    }
    if let Some(subject) = not_configured(said.message) {
        return Some(said.told(
            subject.to_owned(),
            "it is encrypted by SOPS, and decryption is not configured",
            format!("set spec.decryption (provider: sops, secretRef) of {named}"),
        ));
    }
    let (_, rest) = said.message.split_once("failed to import '")?;
    let entry = rest.split('\'').next().unwrap_or_default();
    Some(said.told(
        said.keys_object(),
        &format!("entry {entry} of {} is no key that can be read", said.keys()),
        format!(
            "put a private key into entry {entry} of {}: age identities into *.agekey, an armored OpenPGP key without passphrase into *.asc",
            said.keys()
        ),
    ))
}

/// A file does not fit the keys, or itself.
fn of_file(said: &Said<'_>) -> Option<Draft> {
    let own = said.about.own();
    let object = encrypted(said.message).unwrap_or_else(|| own.clone());
    let what = if object == own { "a file".to_owned() } else { object.clone() };
    let (sentence, hint) = if said.says(&["MAC mismatch", "message authentication code", "integrity"]) {
        (
            format!("{what} was changed after SOPS encrypted it (MAC mismatch)"),
            "decrypt the file and encrypt it again with sops: what is changed by hand does not verify"
                .to_owned(),
        )
    } else if said.says(&["does not match sops' data format", "Error walking tree"]) {
        (
            format!("{what} mixes encrypted and plain values"),
            "encrypt the file again with sops, and patch no value under an encrypted key".to_owned(),
        )
    } else if said.says(&["Vault", "hc_vault", "KMS", "kms", "no credentials for"]) {
        (
            format!("the key service does not decrypt {what}"),
            format!(
                "give the identity of {} (spec.decryption.serviceAccountName, or credentials in {}) the right to decrypt with the key that the message names",
                said.about.named(),
                said.keys()
            ),
        )
    } else if said.says(&["data key", "there are none", "no identity matched"]) {
        (
            format!("no key in {} decrypts {what}", said.keys()),
            format!(
                "put the private key that the file is encrypted for into {}, or encrypt the file for that one: sops updatekeys FILE",
                said.keys()
            ),
        )
    } else {
        return None;
    };
    Some(said.told(object, &sentence, hint))
}

/// `Secret/apps/db` of `Secret/apps/db is SOPS encrypted, configuring …`.
fn not_configured(message: &str) -> Option<&str> {
    let (before, _) = message.split_once(" is SOPS encrypted, ")?;
    before.split_whitespace().next_back()
}

/// `Secret/apps/db` of `decryption failed for '…': failed to decrypt and format 'apps/db' Secret data: …`.
fn encrypted(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("failed to decrypt and format '")?;
    let (name, rest) = rest.split_once("' ")?;
    let kind = rest.split(' ').next()?;
    Some(format!("{kind}/{}", name.trim_start_matches('/')))
}
