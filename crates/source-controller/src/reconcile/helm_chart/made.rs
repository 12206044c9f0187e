//! A chart at hand, and the work on the CPU that makes one.

use std::sync::Arc;

use api::helm_chart::HelmChart;
use manifest::budget::{Budget, Exceeded};
use reconcile_core::Control;
use reconcile_core::gate::Reservation;

use super::trouble::Trouble;
use crate::fault::Fault;
use crate::helm::Spent;
use crate::helm::build::{self, Build, BuildError, Order, Step};
use crate::helm::http::Body;
use crate::oci::signatures::Signed;
use crate::reconcile::run::Run;

/// A chart at hand.
pub(super) struct Made {
    pub(super) build: Build,
    /// `None` when it is the one that is stored.
    pub(super) content: Option<Content>,
    /// That the manifest it comes from is signed, where that is asked for.
    pub(super) proof: Option<Signed>,
    /// Whether that may be called verified.
    pub(super) vouched: bool,
}

impl Made {
    /// One that nobody has to have signed.
    pub(super) const fn of(build: Build, content: Option<Content>) -> Self {
        Self { build, content, proof: None, vouched: false }
    }
}

/// The bytes of a chart.
pub(super) enum Content {
    /// As a server sent them.
    Sent(Arc<Body>),
    /// As they were packaged or found, with the memory that is set aside for them.
    Packed { bytes: Vec<u8>, _memory: Arc<Reservation> },
}

impl Content {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Sent(body) => &body.bytes,
            Self::Packed { bytes, .. } => bytes,
        }
    }
}

/// A chart as a server sent it, published as it is or packaged.
pub(super) async fn from_archive(
    run: &Run<HelmChart>,
    control: &Control,
    build: Build,
    order: Order,
    body: Body,
) -> Result<Made, Trouble> {
    let body = Arc::new(body);
    let work = {
        let body = Arc::clone(&body);
        move |budget: &Budget| build::pulled(build.clone(), &body.bytes, &order, budget)
    };
    let (done, memory) = spend(run, control, work).await?;
    let (build, packed) = done?;
    let content = match packed {
        Some(packed) => Content::Packed { bytes: packed, _memory: memory },
        None => Content::Sent(body),
    };
    Ok(Made::of(build, Some(content)))
}

/// Work on the CPU: in its turn, and with as much memory as it needs.
pub(super) async fn spend<T: Send + 'static>(
    run: &Run<HelmChart>,
    control: &Control,
    work: impl Fn(&Budget) -> Result<T, BuildError> + Send + Sync + 'static,
) -> Result<(Result<T, BuildError>, Arc<Reservation>), Trouble> {
    let namespace = &run.key.namespace;
    let share = run.ctx.shares.turn(namespace, control.token());
    let Some(_share) = share.await else { return Err(Fault::cancelled().into()) };
    let is_starved: fn(&Result<T, BuildError>) -> bool =
        |done| matches!(done, Err(BuildError::Exceeded(_, Exceeded::Reserve)));
    let spent = run.ctx.helm.spend(namespace, control.token(), is_starved, Arc::new(work)).await;
    spent.map_err(|spent| match spent {
        Spent::Cancelled => Fault::cancelled().into(),
        Spent::TooLarge(limit) => {
            let text = format!(
                "it needs more than the {limit} bytes of memory there are for archives (--memory-gate)"
            );
            Trouble::Build(BuildError::TooLarge(Step::Package, text))
        }
        Spent::Panicked(text) => Trouble::Build(BuildError::Failed(Step::Package, text)),
    })
}
