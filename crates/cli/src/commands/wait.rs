//! `flyball wait`: until an object is as wanted. What is watched is `watched`'s, what is known each time `seen`'s to
//! gather, and whether that is enough `goal`'s to decide.

mod args;
mod goal;
mod seen;
mod standing;
mod watched;

use std::time::Duration;

use api::blocker::BlockerCode;
use api::{KUSTOMIZE_GROUP, SOURCE_GROUP};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::cluster::{self, Connection};
use crate::error::CliError;
use crate::look::Looker;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::explanation::blockers;
use crate::present::{Line, Tone, wrapped};
use crate::resource::{self, Named, Target};
pub(crate) use args::WaitArgs;
use goal::{Goal, Progress};
use seen::Seen;
use standing::Standing;
use watched::Watched;

/// What comes within this time is looked at together.
const TOGETHER: Duration = Duration::from_millis(300);
/// How often is looked where no watch tells: time alone makes a difference, too.
const AGAIN: Duration = Duration::from_secs(10);
/// Lines of blockers.
const BLOCKERS: usize = 40;

/// How waiting ended.
enum Ended {
    Reached(String),
    ForGood(Seen),
    TimedOut(Option<Seen>),
}

/// Waits, and prints what has come.
pub(crate) fn run(args: &WaitArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours());
    let named = Named::read(args.object())?;
    cluster::block_on(wait(args, &named, output))
}

async fn wait(args: &WaitArgs, named: &Named, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    let (connection, _) = Connection::open(args.cluster()).await?;
    let looker = Looker::new(&connection).await?;
    let target = resource::find(looker.kinds(), named, resource::namespace(&connection))?;
    has_goal(&target, args.goal())?;
    let subject = target.id().to_string();
    match until(&looker, &target, args, output).await? {
        Ended::Reached(what) => {
            let line =
                Line::of(Tone::Good, "✔ ").then(Tone::Strong, subject).then(Tone::Plain, format!(": {what}"));
            output.show(&[line])?;
            Ok(Outcome::Fine)
        }
        Ended::ForGood(seen) => {
            output.note(&format!("{subject}: nothing but a person can help"));
            show(&subject, Some(&seen), output)?;
            Ok(Outcome::Problems)
        }
        Ended::TimedOut(seen) => {
            output.note(&format!("{subject}: time is up"));
            show(&subject, seen.as_ref(), output)?;
            Ok(Outcome::TimedOut)
        }
    }
}

/// Whether an object can be as wanted at all.
fn has_goal(target: &Target, goal: &Goal) -> Result<(), CliError> {
    let group = target.served.resource.group.as_str();
    let has_revision =
        matches!(group, KUSTOMIZE_GROUP | SOURCE_GROUP) || target.is(seen::HELM_GROUP, "HelmRelease");
    if matches!(goal, Goal::Revision(_)) && !has_revision {
        let what = target.id();
        return Err(CliError::usage(format!("{what} has no revision"))
            .with_hints(["Kustomizations, sources and HelmReleases have one".to_owned()]));
    }
    Ok(())
}

async fn until(
    looker: &Looker,
    target: &Target,
    args: &WaitArgs,
    output: &mut Output<'_>,
) -> Result<Ended, CliError> {
    let deadline = args.limit().map(|limit| Instant::now() + limit);
    let mut watched = Watched::new(looker, target);
    let (mut said, mut noted) = (String::new(), Vec::new());
    let mut last: Option<Seen> = None;
    let (begin, mut standing) = (Instant::now(), Standing::default());
    loop {
        let look = seen::look(looker, target, args.goal());
        let found = match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, look).await.ok(),
            None => Some(look.await),
        };
        let waits = match found {
            None => return Ok(Ended::TimedOut(last)),
            Some(Ok(mut seen)) => {
                watched.follow(looker, &seen);
                if seen.notes != noted {
                    noted.clone_from(&seen.notes);
                    noted.iter().for_each(|note| output.note(&format!("not looked at: {note}")));
                }
                let waits = match &seen.progress {
                    Progress::Reached(what) => return Ok(Ended::Reached(what.clone())),
                    Progress::Waits(what) => what.clone(),
                };
                if args.fail_fast() {
                    look_for_circle(looker, &mut seen).await;
                    let clock = begin.elapsed();
                    if standing.is_for_good(&seen.blockers, seen.run, clock, Timestamp::now()) {
                        return Ok(Ended::ForGood(seen));
                    }
                }
                last = Some(seen);
                waits
            }
            // At first it is an error; later it passes, or time is up.
            Some(Err(error)) if last.is_none() => return Err(error),
            Some(Err(error)) => error.to_string(),
        };
        if waits != said {
            output.note(&format!("waiting: {waits}"));
            said = waits;
        }
        let pause = async {
            tokio::select! {
                () = watched.rung() => {}
                () = tokio::time::sleep(AGAIN) => {}
            }
            tokio::time::sleep(TOGETHER).await;
        };
        let is_over = match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, pause).await.is_err(),
            None => {
                pause.await;
                false
            }
        };
        if is_over {
            return Ok(Ended::TimedOut(last));
        }
    }
}

/// Finds out whether a dependency that is not ready can become so.
async fn look_for_circle(looker: &Looker, seen: &mut Seen) {
    let waits = seen.blockers.iter().any(|blocker| blocker.code == BlockerCode::DependencyNotReady);
    if let Some(member) = seen.kustomization.as_ref().filter(|_| waits) {
        seen.run.is_in_circle = looker.is_in_circle(&member.key()).await;
    }
}

/// What stands in the way.
fn show(subject: &str, seen: Option<&Seen>, output: &mut Output<'_>) -> Result<(), CliError> {
    let Some(seen) = seen else { return Ok(()) };
    let width = output.terminal().width();
    let why = match &seen.progress {
        Progress::Reached(what) | Progress::Waits(what) => what,
    };
    let headline = seen.headline.clone().unwrap_or_else(|| {
        Line::of(Tone::Bad, "✗ ").then(Tone::Strong, subject).then(Tone::Plain, format!(": {why}"))
    });
    let lines =
        [wrapped(headline, width, 2), blockers(&seen.blockers, Timestamp::now(), width, BLOCKERS)].concat();
    output.show(&lines)
}
