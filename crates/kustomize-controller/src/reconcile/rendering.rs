//! A build of a Kustomization, wherever it is asked for: within the builder's limits, and as often as key services have
//! to be asked for data keys in between.

use super::builder::{Failure, Held, Order, Stop};
use super::data_keys;
use super::worker::Worker;
use crate::context::Context;
use artifact::MemTree;
use manifest::budget::Exceeded;
use reconcile_core::ObjectKey;
use render::{RenderError, Rendered, Request};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Answers about each object that a run keeps until all are there: to the dry-run, and to the apply.
const ANSWERS: u64 = 2;
/// Data keys that key services may be asked for, for one build.
const MOST_KEYS: usize = 256;

/// What is to be rendered.
pub(crate) struct Rendering<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) key: &'a ObjectKey,
    pub(crate) tree: &'a Arc<MemTree>,
    pub(crate) timeout: Duration,
}

impl Rendering<'_> {
    /// Renders, as a run's worker if there is one, until `cancelled`. Nothing is held while a service is asked.
    pub(crate) async fn render(
        &self,
        mut request: Request,
        mut worker: Option<&mut Worker<'_>>,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Held<Rendered>, Failure> {
        let mut cancelled = pin!(cancelled);
        let mut asked = 0;
        loop {
            let order = self.order(request.clone());
            let built = self.ctx.builder.build(&order, worker.as_deref_mut(), cancelled.as_mut()).await;
            let wanted = match built {
                Err(Failure::Render(RenderError::KeysWanted(wanted))) => wanted,
                built => return built,
            };
            asked += wanted.len();
            // What is answered is not wanted again, so that this ends.
            if asked > MOST_KEYS {
                return Err(Failure::Excess(format!(
                    "decryption failed: more than {MOST_KEYS} data keys would have to be asked of key services"
                )));
            }
            if let Some(worker) = worker.as_deref_mut() {
                worker.rest();
            }
            let account =
                request.decryption.as_ref().and_then(|decryption| decryption.service_account.clone());
            let asking = data_keys::ask(self.ctx, self.key, account.as_deref(), &mut request.keys, wanted);
            tokio::select! {
                () = asking => {}
                () = cancelled.as_mut() => return Err(Failure::Cancelled),
            }
        }
    }

    fn order(&self, request: Request) -> Order<Rendered> {
        let bytes = self.tree.bytes();
        let (tree, measures) = (Arc::clone(self.tree), Arc::clone(&self.ctx.measures));
        Order::new(&self.key.namespace, bytes, self.timeout, move |budget| {
            let begun = Instant::now();
            let rendered = render::render(&tree, &request, budget);
            let is_done = !matches!(rendered, Err(RenderError::KeysWanted(_)));
            if is_done {
                measures.built(begun.elapsed(), rendered.is_ok());
            }
            let rendered = rendered.map_err(|error| match error.exceeded() {
                Some(exceeded) => Stop::Exceeded(exceeded, error.to_string()),
                None => Stop::Failed(error),
            })?;
            let answers = ANSWERS * rendered.weight();
            let full =
                |exceeded: Exceeded| Stop::Exceeded(exceeded, format!("kustomize build failed: {exceeded}"));
            budget.hold(answers).map_err(full)?;
            Ok(rendered)
        })
    }
}
