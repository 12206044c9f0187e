//! That there is one version, the workspace's: the chart bears it, and so do the images that it names. That members have it is
//! the rule of `lints`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::problem::Problem;

const CHART: &str = "charts/flyball/Chart.yaml";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chart {
    version: String,
    #[serde(default)]
    app_version: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// Every version that is another.
pub(super) fn check(version: &str, chart: &str) -> Result<Vec<Problem>> {
    let chart: Chart = serde_saphyr::from_str(chart).context(CHART)?;
    let mut problems = Vec::new();
    for (field, found) in [("version", &chart.version), ("appVersion", &chart.app_version)] {
        if found != version {
            problems.push(Problem::new(
                CHART,
                format!("has {field} {found:?}, but the workspace has {version:?}"),
            ));
        }
    }
    let images = chart.annotations.get("artifacthub.io/images").map_or("", String::as_str);
    let images = images.lines().filter_map(|line| line.trim().strip_prefix("image: "));
    for image in images.filter(|image| image.rsplit_once(':').is_none_or(|(_, tag)| tag != version)) {
        problems
            .push(Problem::new(CHART, format!("names the image {image}, but the workspace has {version:?}")));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_has_the_workspaces_version() {
        let faults = |chart: &str| check("1.2.3", chart).expect("YAML").len();
        assert_eq!(faults("version: 1.2.3\nappVersion: \"1.2.3\"\n"), 0);
        assert_eq!(faults("version: 1.2.4\nappVersion: 1.2.3\n"), 1);
        assert_eq!(faults("version: 1.2.3\n"), 1, "images would be tagged with nothing");
        let images = |tag: &str| {
            format!(
                "version: 1.2.3\nappVersion: 1.2.3\nannotations:\n  artifacthub.io/images: |\n    - name: a\n      image: b/a:{tag}\n"
            )
        };
        assert_eq!((faults(&images("1.2.3")), faults(&images("1.2.2"))), (0, 1));
    }
}
