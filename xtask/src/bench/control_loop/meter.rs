//! Counters of a run: requests from the API server's audit log, CPU time and memory from the kernel.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use testkit::cluster::{ControlPlane, Mark, Request, Requests};
use testkit::process::{Process, cpu_of};
use testkit::proxy::Proxy;

use super::figures::{Phase, REQUESTS_OVER_TIME, Unit};
use super::statistics::thinned;

/// Points of a curve of requests.
const POINTS: usize = 300;
const MIB: f64 = 1_048_576.0;

/// Parts of the control plane whose CPU time is told.
const PARTS: [&str; 3] = ["etcd", "kube-apiserver", "kube-controller-manager"];

/// What is counted.
pub(super) struct Counted<'c> {
    pub(super) plane: &'c ControlPlane,
    /// The controllers with the users that they are in the audit log.
    pub(super) controllers: Vec<(&'c Process, String)>,
    pub(super) proxy: Option<&'c Proxy>,
}

/// Where counters stood.
pub(super) struct Meter {
    pub(super) begun: Instant,
    begun_at: i64,
    mark: Mark,
    controllers: BTreeMap<u32, Duration>,
    parts: BTreeMap<&'static str, Duration>,
    bytes: Option<(u64, u64)>,
}

impl Meter {
    /// Begins to measure.
    pub(super) fn begin(counted: &Counted<'_>) -> Result<Self> {
        let mut controllers = BTreeMap::new();
        for (process, _) in &counted.controllers {
            process.forget_peak()?;
            controllers.insert(process.pid(), process.cpu()?);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?;
        Ok(Self {
            controllers,
            parts: parts(counted.plane)?,
            mark: counted.plane.requests()?.mark()?,
            bytes: counted.proxy.map(Proxy::bytes),
            begun_at: i64::try_from(now.as_micros()).context("the clock")?,
            begun: Instant::now(),
        })
    }

    /// Tells what has been needed since, once the controllers' requests have come to rest. A process that was started
    /// meanwhile began with nothing.
    pub(super) async fn end(&self, counted: &Counted<'_>, phase: &mut Phase) -> Result<()> {
        let log = counted.plane.requests()?;
        for (process, user) in &counted.controllers {
            let requests = log.since(&self.mark, user).await?;
            if process.name() == "kustomize-controller" {
                self.tell(&requests, phase);
            } else {
                phase.count(format!("requests of {}", process.name()), requests.without_watches().len());
            }
        }
        for (process, _) in &counted.controllers {
            let before = self.controllers.get(&process.pid()).copied().unwrap_or_default();
            let spent = process.cpu()?.saturating_sub(before);
            phase.add(format!("CPU of {}", process.name()), Unit::CpuSeconds, spent.as_secs_f64());
            phase.add(
                format!("peak memory of {}", process.name()),
                Unit::Mib,
                process.peak_rss()? as f64 / MIB,
            );
            phase.add(
                format!("memory of {} afterwards", process.name()),
                Unit::Mib,
                process.rss()? as f64 / MIB,
            );
        }
        for (part, after) in parts(counted.plane)? {
            let before = self.parts.get(part).copied().unwrap_or_default();
            phase.add(format!("CPU of {part}"), Unit::CpuSeconds, after.saturating_sub(before).as_secs_f64());
        }
        if let (Some((asked, answered)), Some(proxy)) = (self.bytes, counted.proxy) {
            let (asked_now, answered_now) = proxy.bytes();
            phase.add("bytes sent", Unit::Bytes, asked_now.saturating_sub(asked) as f64);
            phase.add("bytes received", Unit::Bytes, answered_now.saturating_sub(answered) as f64);
        }
        Ok(())
    }

    /// The kustomize-controller's requests, by what they are.
    fn tell(&self, requests: &Requests, phase: &mut Phase) {
        let counted = requests.without_watches();
        let number =
            |wanted: fn(&Request) -> bool| counted.0.iter().filter(|request| wanted(request)).count();
        phase.count("requests", counted.len());
        phase.count("watches opened", requests.counted().len() - counted.len());
        phase.count("requests of discovery", requests.filter(Request::is_discovery).len());
        phase.count("reads", number(is_read));
        phase.count("dry runs", number(Request::is_dry_run));
        phase.count("writes", number(is_write));
        phase.count("writes of a status", number(|request| request.resource.ends_with("/status")));
        phase.count("events", number(Request::is_event));
        let kinds = requests.filter(|request| !request.is_lease()).by_kind();
        phase.requests = kinds.into_iter().map(|(kind, number)| (kind, number as u64)).collect();
        phase.curve(REQUESTS_OVER_TIME, over_time(&counted, self.begun_at));
    }
}

fn is_read(request: &Request) -> bool {
    matches!(request.verb.as_str(), "get" | "list")
}

/// Whether it changes an object; statuses and events are told apart.
fn is_write(request: &Request) -> bool {
    !is_read(request)
        && !request.is_dry_run()
        && !request.is_event()
        && !request.resource.ends_with("/status")
}

/// How many had come after so many seconds.
fn over_time(requests: &Requests, begun_at: i64) -> Vec<(f64, f64)> {
    let mut came: Vec<i64> = requests.0.iter().map(|request| request.received - begun_at).collect();
    came.sort_unstable();
    let all: Vec<(f64, f64)> =
        came.iter().enumerate().map(|(at, came)| (*came as f64 / 1e6, (at + 1) as f64)).collect();
    thinned(&all, POINTS)
}

fn parts(plane: &ControlPlane) -> Result<BTreeMap<&'static str, Duration>> {
    let pids = &plane.description().pids;
    let known = PARTS.into_iter().filter_map(|part| Some((part, *pids.get(part)?)));
    known.map(|(part, pid)| Ok((part, cpu_of(pid)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(verb: &str, resource: &str, uri: &str, received: i64) -> Request {
        Request {
            user: String::new(),
            impersonated: String::new(),
            verb: verb.to_owned(),
            group: String::new(),
            resource: resource.to_owned(),
            namespace: String::new(),
            name: String::new(),
            code: 200,
            uri: uri.to_owned(),
            agent: String::new(),
            received,
        }
    }

    #[test]
    fn every_request_is_counted_once() {
        let requests = Requests(vec![
            request("watch", "configmaps", "", 1_500_000),
            request("get", "configmaps", "", 3_000_000),
            request("patch", "configmaps", "?dryRun=All", 2_000_000),
            request("patch", "configmaps", "", 4_000_000),
            request("patch", "kustomizations/status", "", 4_000_000),
            request("create", "events", "", 4_500_000),
            request("get", "", "/apis", 1_000_000),
            request("update", "leases", "", 1_000_000),
        ]);
        let meter = Meter {
            begun: Instant::now(),
            begun_at: 1_000_000,
            mark: Mark::START,
            controllers: BTreeMap::new(),
            parts: BTreeMap::new(),
            bytes: None,
        };
        let mut phase = Phase::new("x");
        meter.tell(&requests, &mut phase);
        let told: Vec<(&str, f64)> =
            phase.figures.iter().map(|figure| (figure.what.as_str(), figure.value)).collect();
        assert_eq!(
            told,
            [
                ("requests", 5.0),
                ("watches opened", 1.0),
                ("requests of discovery", 1.0),
                ("reads", 1.0),
                ("dry runs", 1.0),
                ("writes", 1.0),
                ("writes of a status", 1.0),
                ("events", 1.0),
            ]
        );
        let curve = phase.series.first().map(|series| series.points.as_slice());
        assert_eq!(curve, Some(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (3.0, 4.0), (3.5, 5.0)][..]));
        assert_eq!(phase.requests.len(), 7, "leases are left out: {:?}", phase.requests);
    }
}
