//! Reads `CHANGELOG.md`, whose form is that of Keep a Changelog 1.1.0: tidy asks whether it is right, a release for the
//! text of its version.

use std::collections::BTreeSet;

use semver::Version;

/// The heading of what no release has yet.
pub(crate) const UNRELEASED: &str = "Unreleased";

const KINDS: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

/// What stands below one heading `##`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// A version, or [`UNRELEASED`].
    pub(crate) name: String,
    /// What follows the version in the heading: the day of the release.
    date: String,
    /// The lines below, without empty ones at either end.
    pub(crate) text: String,
}

/// The sections, in order.
pub(crate) fn sections(changelog: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in changelog.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let (name, date) = heading.split_once(" - ").unwrap_or((heading, ""));
            let name =
                name.trim().strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or_default();
            sections.push(Section {
                name: name.to_owned(),
                date: date.trim().to_owned(),
                text: String::new(),
            });
        } else if let Some(section) = sections.last_mut() {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    for section in &mut sections {
        section.text = section.text.trim().to_owned();
    }
    sections
}

/// Everything that is not in the form, as sentences without a subject.
pub(crate) fn faults(changelog: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if changelog.lines().next() != Some("# Changelog") {
        faults.push("does not begin with `# Changelog`".to_owned());
    }
    let sections = sections(changelog);
    if sections.first().is_none_or(|section| section.name != UNRELEASED || !section.date.is_empty()) {
        faults.push(format!("does not have `## [{UNRELEASED}]` as its first section"));
    }
    let mut newer: Option<Version> = None;
    for section in sections.iter().skip(1) {
        let Ok(version) = section.name.parse::<Version>() else {
            faults.push(format!("has a heading that is not `## [1.2.3] - 2006-01-02`: {:?}", section.name));
            continue;
        };
        if section.date.parse::<jiff::civil::Date>().is_err() {
            faults.push(format!("does not say on which day {version} was released"));
        }
        if newer.as_ref().is_some_and(|newer| *newer <= version) {
            faults.push(format!("has {version} below an older version"));
        }
        newer = Some(version);
    }
    faults.extend(sections.iter().flat_map(kinds));
    faults
}

/// Faults of the headings `###` in one section.
fn kinds(section: &Section) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    let mut parts = section.text.split("\n### ").skip(usize::from(!section.text.starts_with("### ")));
    for part in parts.by_ref() {
        let (kind, body) = part.split_once('\n').unwrap_or((part, ""));
        let kind = kind.trim_start_matches("### ").trim();
        if !KINDS.contains(&kind) {
            faults.push(format!(
                "has a heading `### {kind}` below {}; {} are known",
                section.name,
                KINDS.join(", ")
            ));
        } else if !seen.insert(kind) {
            faults.push(format!("has `### {kind}` twice below {}", section.name));
        }
        if body.trim().is_empty() {
            faults.push(format!("has nothing below `### {kind}` of {}", section.name));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- a\n\n## [1.1.0] - 2026-11-30\n\nWords.\n\n\
                        ### Fixed\n\n- b\n\n### Security\n\n- c\n\n## [1.0.0] - 2026-11-01\n\n### Added\n- d\n";

    #[test]
    fn sections_are_read() {
        let sections = sections(GOOD);
        let names: Vec<_> = sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, [UNRELEASED, "1.1.0", "1.0.0"]);
        assert_eq!(sections[0].text, "### Added\n\n- a");
        assert_eq!(sections[1].text, "Words.\n\n### Fixed\n\n- b\n\n### Security\n\n- c");
    }

    #[test]
    fn the_form_is_kept() {
        assert_eq!(faults(GOOD), Vec::<String>::new());
        for (from, to, fault) in [
            ("# Changelog", "# Changes", "does not begin"),
            ("[Unreleased]", "Unreleased", "first section"),
            ("### Fixed", "### Mended", "`### Mended` below 1.1.0"),
            ("### Security", "### Fixed", "`### Fixed` twice below 1.1.0"),
            ("- a\n", "", "nothing below `### Added`"),
            ("[1.1.0] - 2026-11-30", "[1.1.0]", "on which day 1.1.0"),
            ("[1.1.0] - 2026-11-30", "[1.1.0] - 30.11.2026", "on which day 1.1.0"),
            ("[1.1.0]", "[0.9.0]", "1.0.0 below an older version"),
            ("[1.1.0]", "[next]", "not `## [1.2.3] - 2006-01-02`: \"next\""),
        ] {
            let faults = faults(&GOOD.replacen(from, to, 1));
            assert!(matches!(faults.as_slice(), [one] if one.contains(fault)), "{to}: {faults:?}");
        }
    }
}
