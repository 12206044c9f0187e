//! Key-value pairs from env files, literals and files, in that order.

use std::collections::BTreeMap;

use crate::error::{Error, Result, Within as _};
use crate::kustomization::GeneratorArgs;
use crate::load::Loader;

/// The longest line of an env file. The original stops reading at a longer one, without a word.
const MAX_LINE: usize = 65_535;

type Pair = (String, Vec<u8>);

/// Reads all sources of an entry; a repeated key is an error.
pub(super) fn read(loader: &Loader<'_>, args: &GeneratorArgs) -> Result<BTreeMap<String, Vec<u8>>> {
    let list = |items: &[String]| {
        let names: Vec<_> = items.iter().map(|item| crate::shown::file(item)).collect();
        format!("[{}]", names.join(" "))
    };
    let context = "loading KV pairs";
    let mut data = BTreeMap::new();
    let mut add = |pairs: Vec<Pair>| -> Result<()> {
        for (key, value) in pairs {
            if data.insert(key.clone(), value).is_some() {
                return Err(Error::input(format!(
                    "configmap {} illegally repeats the key `{key}`",
                    args.name
                )));
            }
        }
        Ok(())
    };
    let envs = from_envs(loader, &args.envs)
        .within(|| format!("{context}: env source files: {}", list(&args.envs)))?;
    let literals = from_literals(&args.literals)
        .within(|| format!("{context}: {} literal sources of {}", args.literals.len(), args.name))?;
    let files = from_files(loader, &args.files)
        .within(|| format!("{context}: file sources: {}", list(&args.files)))?;
    add(envs)?;
    add(literals)?;
    add(files)?;
    Ok(data)
}

fn from_envs(loader: &Loader<'_>, paths: &[String]) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for path in paths {
        let content = loader.load(path)?;
        for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
            if line.len() > MAX_LINE {
                break;
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = std::str::from_utf8(line)
                .map_err(|_| Error::input(format!("line {} of {path} has invalid utf8 bytes", number + 1)))?;
            let line = if number == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            if !key.is_empty() {
                pairs.push((key.to_owned(), value.as_bytes().to_vec()));
            }
        }
    }
    Ok(pairs)
}

fn from_literals(literals: &[String]) -> Result<Vec<Pair>> {
    let read = |(index, literal): (usize, &String)| match literal.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), unquote(value).as_bytes().to_vec())),
        // What is no pair may be a password, and what stands behind the sign is one.
        _ => Err(Error::input(format!("invalid literal source {}, expected key=value", index + 1))),
    };
    literals.iter().enumerate().map(read).collect()
}

fn unquote(value: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

fn from_files(loader: &Loader<'_>, sources: &[String]) -> Result<Vec<Pair>> {
    sources
        .iter()
        .map(|source| {
            let (key, path) = split_source(source)?;
            Ok((key.to_owned(), loader.load(path)?.to_vec()))
        })
        .collect()
}

fn split_source(source: &str) -> Result<(&str, &str)> {
    let Some((key, path)) = source.split_once('=') else {
        let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
        return Ok((if name.is_empty() { "." } else { name }, source));
    };
    if path.contains('=') {
        return Err(Error::input(format!("source {source:?} key name or file path contains '='")));
    }
    if key.is_empty() {
        return Err(Error::input(format!("missing key name for file path {path:?} in source {source:?}")));
    }
    if path.is_empty() {
        return Err(Error::input(format!("missing file path for key name {key:?} in source {source:?}")));
    }
    Ok((key, path))
}
