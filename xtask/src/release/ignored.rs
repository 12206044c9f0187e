//! Which files of a chart are not packaged: `.helmignore`, as Helm reads it.

/// The rules, in order; a later one wins.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    /// Parts of the pattern.
    parts: Vec<String>,
    /// Whether it stands for a place, not for a name anywhere.
    anchored: bool,
    folders_only: bool,
    negated: bool,
}

impl Ignored {
    /// Reads the file.
    pub(super) fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { rules: lines.map(Rule::parse).collect() }
    }

    /// Whether a path below the chart is left out, itself or by a folder above it.
    pub(super) fn covers(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        (1..=parts.len()).any(|end| {
            let folder = end < parts.len();
            let mut ignored = false;
            for rule in &self.rules {
                if rule.fits(&parts[..end], folder) {
                    ignored = !rule.negated;
                }
            }
            ignored
        })
    }
}

impl Rule {
    fn parse(line: &str) -> Self {
        let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let anchored = line.contains('/');
        let parts = line.trim_start_matches('/').split('/').map(str::to_owned).collect();
        Self { parts, anchored, folders_only, negated }
    }

    fn fits(&self, path: &[&str], folder: bool) -> bool {
        if self.folders_only && !folder {
            return false;
        }
        let path = if self.anchored { path } else { path.last().map_or(&[][..], std::slice::from_ref) };
        path.len() == self.parts.len()
            && path
                .iter()
                .zip(&self.parts)
                .all(|(name, pattern)| matches(pattern.as_bytes(), name.as_bytes()))
    }
}

/// Whether a name fits a pattern with `*` and `?`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, name) || name.split_first().is_some_and(|(_, name)| matches(pattern, name))
        }
        (Some((b'?', rest)), Some((_, name))) => matches(rest, name),
        (Some((wanted, rest)), Some((found, name))) => wanted == found && matches(rest, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let ignored =
            Ignored::parse("# notes\n\ncrds/\n*.swp\n/top\ntemplates/*/rbac.yaml\n!keep.swp\nci?\n");
        for path in
            ["crds/a.yaml", "x/crds/a.yaml", "a.swp", "x/y.swp", "top", "templates/a/rbac.yaml", "ci1/a"]
        {
            assert!(ignored.covers(path), "{path}");
        }
        for path in ["crds", "keep.swp", "x/top", "templates/rbac.yaml", "templates/a/b/rbac.yaml", "ci/a"] {
            assert!(!ignored.covers(path), "{path}");
        }
        assert!(!Ignored::default().covers("a"));
    }
}
