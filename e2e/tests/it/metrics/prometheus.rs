//! A real Prometheus of Debian's package `prometheus`, and its promtool. It scrapes as a PodMonitor has it done: with the
//! Pod's namespace and name as labels, so that the label `namespace` of a series becomes `exported_namespace`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use testkit::ports;
use testkit::process::{Launch, Process};
use testkit::wait::{Look, until};

/// How long an expression may take to have a series: a few scrapes.
const PATIENCE: Duration = Duration::from_secs(45);
const MISSING: &str = "is Debian's package prometheus installed (.ci/run)?";

/// See the module.
pub(super) struct Prometheus {
    process: Process,
    url: String,
}

impl Prometheus {
    /// Scrapes the controllers every second, and evaluates the rules.
    pub(super) async fn start(folder: &Path, targets: &[(&str, String)], rules: &Path) -> Result<Self> {
        let jobs: Vec<Value> = targets
            .iter()
            .map(|(name, address)| {
                let labels = json!({"namespace": "flux-system", "pod": format!("{name}-5d8f"), "container": "manager"});
                json!({"job_name": format!("flux-system/{name}"),
                    "static_configs": [{"targets": [address], "labels": labels}]})
            })
            .collect();
        let config = json!({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [rules], "scrape_configs": jobs,
        });
        // JSON is YAML.
        let file = folder.join("prometheus.yaml");
        std::fs::write(&file, config.to_string()).with_context(|| file.display().to_string())?;
        let address = format!("127.0.0.1:{}", ports::free()?);
        let log = folder.join("prometheus.log");
        let process = Launch::new("prometheus", Path::new("/usr/bin/prometheus"), &log)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()))
            .arg(format!("--web.listen-address={address}"))
            .start()
            .await
            .context(MISSING)?;
        let url = format!("http://{address}");
        process.await_http(&format!("{url}/-/ready"), PATIENCE).await?;
        Ok(Self { process, url })
    }

    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value> {
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.url), parameters)?;
        let text = reqwest::get(url).await.with_context(|| self.process.log_tail())?.text().await?;
        let answer: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
        ensure!(answer["status"] == "success", "{parameters:?}: {text}");
        Ok(answer["data"].clone())
    }

    /// What an expression gives now.
    pub(super) async fn series(&self, expression: &str) -> Result<Vec<Value>> {
        let data = self.get("/api/v1/query", &[("query", expression)]).await?;
        Ok(data["result"].as_array().cloned().unwrap_or_default())
    }

    /// Whether an expression gives a series, soon.
    pub(super) async fn has_series(&self, expression: &str) -> Result<bool> {
        let begun = Instant::now();
        loop {
            if !self.series(expression).await?.is_empty() {
                return Ok(true);
            }
            if begun.elapsed() > PATIENCE {
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Waits until an expression gives one series with that value.
    pub(super) async fn value(&self, expression: &str, wanted: f64) -> Result<()> {
        until(&format!("{expression} is {wanted}"), PATIENCE, || async {
            let series = self.series(expression).await?;
            let values: Vec<&str> = series.iter().filter_map(|one| one["value"][1].as_str()).collect();
            let is = values.len() == 1
                && values[0].parse::<f64>().is_ok_and(|value| (value - wanted).abs() < 1e-9);
            Ok(if is { Look::Found(()) } else { Look::Not(format!("{values:?}")) })
        })
        .await
    }

    /// Every rule is loaded and can be evaluated.
    pub(super) async fn rules_are_healthy(&self) -> Result<()> {
        until("rules are evaluated", PATIENCE, || async {
            let data = self.get("/api/v1/rules", &[]).await?;
            let groups = data["groups"].as_array().cloned().unwrap_or_default();
            let rules: Vec<&Value> =
                groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten()).collect();
            let ill: Vec<String> = rules
                .iter()
                .filter(|rule| rule["health"] != "ok")
                .map(|rule| format!("{} {} {}", rule["name"], rule["health"], rule["lastError"]))
                .collect();
            let well = !rules.is_empty() && ill.is_empty();
            Ok(if well { Look::Found(()) } else { Look::Not(ill.join("; ")) })
        })
        .await
    }
}

/// Runs promtool in a folder; an error when it finds something wrong.
pub(super) fn promtool(arguments: &[&str], folder: &Path, input: &str) -> Result<()> {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(MISSING)?;
    child.stdin.take().context("its input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("promtool {}: {out}{error}", arguments.join(" "));
    }
    Ok(())
}

/// What promtool thinks of a scrape.
pub(super) fn lint(text: &str) -> Result<()> {
    promtool(&["check", "metrics"], Path::new("/"), text)
}
