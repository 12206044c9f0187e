//! Trust policy documents of the Notary Project: their rules, and which statement is about a repository. What a statement
//! demands is turned into what to do about each check.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::name::{Name, NameError};
use super::scope;

mod level;

pub(super) use self::level::StampWhen;
use self::level::{Levels, Verification};

/// Most bytes of a document.
const LONGEST: usize = 1 << 20;
/// Most statements, and most of anything that one lists.
const MOST: usize = 256;
/// Any repository, or any identity.
const ANY: &str = "*";
/// Types of trust stores.
const STORES: [&str; 3] = ["ca", "signingAuthority", "tsa"];

/// Why there is no policy. Names are quoted as the document has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It is no document.
    #[error("error occurred while parsing trustpolicy.json: {0}")]
    Malformed(String),
    /// It has more of something than is looked at.
    #[error("the trust policy has more than {1} {0}")]
    Excess(&'static str, usize),
    /// Its version.
    #[error("trust policy document uses unsupported version \"{0}\"")]
    Version(String),
    /// It says nothing.
    #[error("trust policy document can not have zero trust policy statements")]
    Empty,
    /// Two statements have the same name, or one has none.
    #[error("multiple trust policy statements use the same name \"{0}\", statement names must be unique")]
    Name(String),
    /// A statement breaks a rule.
    #[error("trust policy statement \"{name}\" {problem}")]
    Statement {
        /// Its name.
        name: String,
        /// Which one.
        problem: Problem,
    },
    /// Two statements are about the same repositories.
    #[error(
        "registry scope \"{0}\" is present in multiple trust policy statements, one registry scope value can only be \
         associated with one statement"
    )]
    Scope(String),
    /// No statement is about the repository.
    #[error("artifact \"{0}\" has no applicable trust policy statement")]
    NotApplicable(String),
    /// A certificate is none.
    #[error("failed to parse certificate")]
    Certificate,
}

/// What is wrong with a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It has no name.
    #[error("is missing a name, every statement requires a name")]
    Unnamed,
    /// The level, or what overrides it.
    #[error("has invalid signatureVerification: {0}")]
    Verification(String),
    /// What it lists.
    #[error("is either missing trust stores or trusted identities, both must be specified")]
    Incomplete,
    /// A trust store.
    #[error("has malformed trust store value \"{0}\"")]
    Store(String),
    /// An identity.
    #[error("has trusted identity \"{0}\" that is none: {1}")]
    Identity(String, String),
    /// An identity beside any.
    #[error(
        "uses a wildcard trusted identity '*', a wildcard identity cannot be used in conjunction with other values"
    )]
    AnyIdentity,
    /// Identities that say the same.
    #[error("has overlapping x509 trustedIdentities")]
    Overlap,
    /// It is about nothing.
    #[error("has zero registry scopes, it must specify registry scopes with at least one value")]
    Unscoped,
    /// A repository beside any.
    #[error(
        "uses wildcard registry scope '*', a wildcard scope cannot be used in conjunction with other scope values"
    )]
    AnyScope,
    /// A repository that is none.
    #[error("has registry scope \"{0}\" that is not valid")]
    Scope(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    version: String,
    #[serde(default)]
    trust_policies: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    name: String,
    #[serde(default)]
    registry_scopes: Vec<String>,
    #[serde(default)]
    signature_verification: Verification,
    #[serde(default)]
    trust_stores: Vec<String>,
    #[serde(default)]
    trusted_identities: Vec<String>,
}

/// What is demanded of a signature.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) levels: Levels,
    /// None: any.
    pub(super) identities: Option<Vec<Name>>,
    stores: Vec<String>,
}

impl Statement {
    /// Whether it names a trust store of this type.
    pub(super) fn has_store(&self, type_: &str) -> bool {
        self.stores.iter().any(|store| store == type_)
    }
}

/// The statement about a repository. All statements have to follow the rules.
pub(super) fn read(document: &[u8], repository: &str) -> Result<Statement, PolicyError> {
    if document.len() > LONGEST {
        return Err(PolicyError::Excess("bytes", LONGEST));
    }
    let document: Document =
        serde_json::from_slice(document).map_err(|error| PolicyError::Malformed(error.to_string()))?;
    if document.version != "1.0" {
        return Err(PolicyError::Version(document.version));
    }
    if document.trust_policies.is_empty() {
        return Err(PolicyError::Empty);
    }
    if document.trust_policies.len() > MOST {
        return Err(PolicyError::Excess("statements", MOST));
    }
    let (mut names, mut scopes) = (BTreeSet::new(), BTreeSet::new());
    let (mut applicable, mut general) = (None, None);
    for written in document.trust_policies {
        if names.contains(&written.name) {
            return Err(PolicyError::Name(written.name));
        }
        let of_statement = |problem| PolicyError::Statement { name: written.name.clone(), problem };
        let statement = statement(&written).map_err(of_statement)?;
        for scope in &written.registry_scopes {
            if !scopes.insert(scope.clone()) {
                return Err(PolicyError::Scope(scope.clone()));
            }
            if scope == ANY {
                general = Some(statement.clone());
            } else if scope == repository {
                applicable = Some(statement.clone());
            }
        }
        names.insert(written.name);
    }
    applicable.or(general).ok_or_else(|| PolicyError::NotApplicable(repository.to_owned()))
}

fn statement(written: &Written) -> Result<Statement, Problem> {
    if written.name.is_empty() {
        return Err(Problem::Unnamed);
    }
    check_scopes(&written.registry_scopes)?;
    let levels = written.signature_verification.levels().map_err(Problem::Verification)?;
    let mut statement = Statement { levels, identities: Some(Vec::new()), stores: Vec::new() };
    // What else a statement has that skips everything does not count.
    if !statement.levels.is_skipped {
        if written.trust_stores.is_empty() || written.trusted_identities.is_empty() {
            return Err(Problem::Incomplete);
        }
        statement.stores = stores(&written.trust_stores)?;
        statement.identities = identities(&written.trusted_identities)?;
    }
    Ok(statement)
}

fn check_scopes(scopes: &[String]) -> Result<(), Problem> {
    if scopes.is_empty() {
        return Err(Problem::Unscoped);
    }
    if scopes.len() > 1 && scopes.iter().any(|scope| scope == ANY) {
        return Err(Problem::AnyScope);
    }
    let wrong = scopes.iter().take(MOST).find(|scope| *scope != ANY && !scope::is_valid(scope));
    match wrong.or_else(|| scopes.get(MOST)) {
        Some(scope) => Err(Problem::Scope(scope.clone())),
        None => Ok(()),
    }
}

/// The types of the stores. All of one type hold the same here.
fn stores(written: &[String]) -> Result<Vec<String>, Problem> {
    let read = |store: &String| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        match store.split_once(':') {
            Some((type_, name))
                if STORES.contains(&type_) && !name.is_empty() && name.chars().all(is_word) =>
            {
                Ok(type_.to_owned())
            }
            _ => Err(Problem::Store(store.clone())),
        }
    };
    let mut types: Vec<String> = written.iter().map(read).collect::<Result<_, _>>()?;
    types.sort_unstable();
    types.dedup();
    Ok(types)
}

/// The names; none for any. Identities of kinds that only plugins know match nobody.
fn identities(written: &[String]) -> Result<Option<Vec<Name>>, Problem> {
    if let [one] = written
        && one == ANY
    {
        return Ok(None);
    }
    let mut names: Vec<Name> = Vec::new();
    for (index, identity) in written.iter().enumerate() {
        let wrong = |why: &str| Problem::Identity(identity.clone(), why.to_owned());
        if identity == ANY {
            return Err(Problem::AnyIdentity);
        }
        if index >= MOST {
            return Err(wrong("there are too many"));
        }
        let (prefix, value) = identity.split_once(':').ok_or_else(|| wrong("missing separator"))?;
        if prefix != "x509.subject" {
            continue;
        }
        let name = Name::parse(value).map_err(|error: NameError| wrong(&error.to_string()))?;
        if names.iter().any(|other| other.is_part_of(&name) || name.is_part_of(other)) {
            return Err(Problem::Overlap);
        }
        names.push(name);
    }
    Ok(Some(names))
}
