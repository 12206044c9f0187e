//! `flyball suspend` and `flyball resume`: switch an object's runs off, with who and why noted on it, and on again. What is
//! noted is `note`'s; when a resumed object is done, `reconciliation`'s.

mod args;
mod note;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};

use crate::cluster::{self, Connection, failed};
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{self, Line, TextForm};
use crate::reconciliation::{
    Asking, End, Standing, Told, after_resume, can_be_suspended, is_suspended, standing, suspension,
};
use crate::resource::{self, Named, Target};
use args::Which;
pub(crate) use args::{ResumeArgs, SuspendArgs};
use note::Note;

/// How many objects are changed at a time.
const AT_A_TIME: usize = 16;

/// Switches runs off.
pub(crate) fn suspend(args: &SuspendArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours.choice());
    let which = args.which.read()?;
    let told = cluster::block_on(async {
        let (connection, _) = Connection::open(&args.cluster).await?;
        let client = connection.client();
        let note = Note { by: user(client).await, at: Timestamp::now(), reason: args.reason.clone() };
        let targets = targets(&connection, &which).await?;
        let done = stream::iter(targets).map(|target| suspend_one(client, target, &note));
        done.buffered(AT_A_TIME).try_collect::<Vec<_>>().await
    })?;
    show(&told, args.output, output)?;
    Ok(Outcome::Fine)
}

async fn suspend_one(client: &Client, target: Target, note: &Note) -> Result<Told, CliError> {
    let asking = Asking::of(client, &target);
    let object = asking.read().await?;
    can_be_suspended(&object).map_err(|why| CliError::usage(format!("{}: {why}", asking.subject())))?;
    let Some(patch) = note::suspended(&object, note) else {
        return Ok(asking.told(&format!("was suspended already{}", suspension(&object))));
    };
    asking.merge(&patch).await?;
    Ok(asking.told("is suspended"))
}

/// Switches runs on.
pub(crate) fn resume(args: &ResumeArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours.choice());
    let which = args.which.read()?;
    let told = cluster::block_on(resume_all(args, &which, output))?;
    show(&told, args.output, output)?;
    Ok(worst(&told))
}

async fn resume_all(
    args: &ResumeArgs,
    which: &Which,
    output: &mut Output<'_>,
) -> Result<Vec<Told>, CliError> {
    let (connection, _) = Connection::open(&args.cluster).await?;
    let client = connection.client();
    let targets = targets(&connection, which).await?;
    let mut waits = Vec::new();
    let mut told = Vec::new();
    for target in targets {
        let asking = Asking::of(client, &target);
        let object = asking.read().await?;
        can_be_suspended(&object).map_err(|why| CliError::usage(format!("{}: {why}", asking.subject())))?;
        if !is_suspended(&object) {
            told.push(asking.told("was not suspended"));
            continue;
        }
        asking.merge(&note::resumed(&object)).await?;
        if args.waits(which) && matches!(standing(&object), Standing::Suspended(_)) {
            waits.push(target);
        } else {
            told.push(asking.told("is resumed"));
        }
    }
    for target in &waits {
        let asking = Asking::of(client, target);
        let subject = asking.subject();
        let says = |what: &str| output.note(&format!("{subject}: waits for: {what}"));
        told.push(asking.follow(args.limit(), after_resume, says).await?);
    }
    Ok(told)
}

/// How it ends: one failure is one, and counts more than time that was up.
fn worst(told: &[Told]) -> Outcome {
    let ended = |with| told.iter().any(|told| told.end() == with);
    if ended(End::Failed) {
        Outcome::Problems
    } else if ended(End::TimedOut) {
        Outcome::TimedOut
    } else {
        Outcome::Fine
    }
}

fn show(told: &[Told], form: TextForm, output: &mut Output<'_>) -> Result<(), CliError> {
    match form {
        TextForm::Text => {
            let lines: Vec<Line> = told.iter().map(Told::line).collect();
            output.show(&lines)
        }
        TextForm::Json => output.print(present::json(&told).as_bytes()),
        TextForm::Yaml => output.print(present::yaml(&told).as_bytes()),
    }
}

/// The objects that are meant.
async fn targets(connection: &Connection, which: &Which) -> Result<Vec<Target>, CliError> {
    let client = connection.client();
    let kinds = resource::discover(client).await?;
    let namespace = resource::namespace(connection);
    match which {
        Which::One(words) => Ok(vec![resource::find(&kinds, &Named::read(words)?, namespace)?]),
        Which::All(kind) => {
            let served = kinds.find(kind)?;
            let what = format!("{} in {namespace}", served.full_name());
            let found = served.api(client, namespace).list(&ListParams::default()).await;
            let found = found.map_err(|error| failed(&what, &error.into()))?;
            if found.items.is_empty() {
                return Err(CliError::cluster(format!("{what}: there are none"))
                    .with_hints(["choose another namespace with -n".to_owned()]));
            }
            let names = found.items.into_iter().filter_map(|object| object.metadata.name);
            let target = |name| Target { served: served.clone(), namespace: namespace.to_owned(), name };
            Ok(names.map(target).collect())
        }
    }
}

/// Who asks, as the API server knows them; none where it does not say.
async fn user(client: &Client) -> Option<String> {
    let reviews: Api<SelfSubjectReview> = Api::all(client.clone());
    let review = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await.ok()?;
    review.status?.user_info?.username.filter(|name| !name.is_empty())
}
