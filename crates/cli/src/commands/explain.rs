//! `flyball explain`: whether an object is as Git says and well, and if not, why, and what to do. What is seen is `look`'s
//! to gather, what follows from it the crate `convergence`'s to say; this is which object is meant and what is printed.

mod about;
mod args;
mod gather;
mod page;

use api::explain::Explanation;
use api::{KUSTOMIZE_GROUP, SOURCE_GROUP};
use jiff::Timestamp;
use serde::Serialize;

use crate::cluster::{self, Connection};
use crate::error::CliError;
use crate::look::{Depth, Looked, Looker};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::explanation::{self, Shown};
use crate::present::{self, Line, TextForm};
use crate::resource::{self, Named, Target};
use about::About;
pub(crate) use args::ExplainArgs;

/// What was found out.
enum Answer {
    /// Of a Kustomization.
    Whole(Box<Looked>),
    /// Of any other object.
    One(Box<About>),
}

/// What programs read of a Kustomization: what is served over HTTP, and what could not be looked at from here.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    explanation: &'a Explanation,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

impl<'a> Printed<'a> {
    fn of(looked: &'a Looked) -> Self {
        Self { explanation: &looked.explanation, notes: &looked.notes }
    }
}

/// Looks and prints.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours());
    let named = Named::read(args.object())?;
    let answer = cluster::block_on(look(args, &named))?;
    let width = output.terminal().width();
    match args.form() {
        TextForm::Text => output.show(&answer.lines(width, args.all()))?,
        TextForm::Json => output.print(answer.json().as_bytes())?,
        TextForm::Yaml => output.print(answer.yaml().as_bytes())?,
    }
    Ok(if answer.is_well() { Outcome::Fine } else { Outcome::Problems })
}

async fn look(args: &ExplainArgs, named: &Named) -> Result<Answer, CliError> {
    let (connection, _) = Connection::open(args.cluster()).await?;
    let looker = Looker::new(&connection).await?;
    let target = resource::find(looker.kinds(), named, resource::namespace(&connection))?;
    if target.is(KUSTOMIZE_GROUP, "Kustomization") {
        let key = (target.namespace.clone(), target.name.clone());
        return match looker.one(&key, Depth::Whole).await? {
            Some(looked) => Ok(Answer::Whole(Box::new(looked))),
            None => Err(absent(&looker, &target).await),
        };
    }
    match gather::about(&looker, &target, target.served.resource.group == SOURCE_GROUP).await? {
        Some(about) => Ok(Answer::One(Box::new(about))),
        None => Err(absent(&looker, &target).await),
    }
}

/// There is no such object; where there is one of that name, if anywhere.
async fn absent(looker: &Looker, target: &Target) -> CliError {
    let error = CliError::cluster(format!("{} does not exist", target.id()));
    let hint = match gather::elsewhere(looker, target).await.as_slice() {
        [] => format!("`kubectl get {} -A` lists those that there are", target.served.full_name()),
        [one] => format!("there is one in namespace {one}: add -n {one}"),
        several => format!("there are some in other namespaces: choose one with -n: {}", several.join(", ")),
    };
    error.with_hints([hint])
}

impl Answer {
    fn lines(&self, width: Option<usize>, all: bool) -> Vec<Line> {
        let now = Timestamp::now();
        match self {
            Self::Whole(looked) => {
                let source = source(looked);
                explanation::lines(&Shown {
                    explanation: &looked.explanation,
                    source: &source,
                    drift: looked.drift.as_ref(),
                    notes: &looked.notes,
                    now,
                    width,
                    all,
                })
            }
            Self::One(about) => page::lines(about, now, width, all),
        }
    }

    fn json(&self) -> String {
        match self {
            Self::Whole(looked) => present::json(&Printed::of(looked)),
            Self::One(about) => present::json(about),
        }
    }

    fn yaml(&self) -> String {
        match self {
            Self::Whole(looked) => present::yaml(&Printed::of(looked)),
            Self::One(about) => present::yaml(about),
        }
    }

    fn is_well(&self) -> bool {
        match self {
            Self::Whole(looked) => looked.explanation.is_converged(),
            Self::One(about) => about.is_well(),
        }
    }
}

/// Where a Kustomization's manifests come from.
fn source(looked: &Looked) -> String {
    let spec = &looked.object.spec;
    let own = looked.object.metadata.namespace.as_deref().unwrap_or_default();
    let subject = spec.source_ref.subject(own);
    match spec.path.as_deref().filter(|path| !matches!(*path, "" | "." | "./")) {
        Some(path) => format!("{subject}, folder {path}"),
        None => subject,
    }
}
