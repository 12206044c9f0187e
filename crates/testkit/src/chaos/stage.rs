//! Where one scenario plays: an application of as many ConfigMaps as wanted, and what its newest commit says of them.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use anyhow::Result;
use serde_json::json;

use super::app::{App, NAME};
use super::compare::{self, Difference};
use super::content::{self, Declared};
use super::options::{Options, Scenario};
use crate::cluster::ControlPlane;

/// What Kubernetes puts into every namespace.
const NOT_OURS: &str = "kube-root-ca.crt";

/// Everything that runs while a scenario is played.
pub(super) struct Stage {
    seed: u64,
    objects: usize,
    edition: u64,
    app: App,
}

impl Deref for Stage {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut App {
        &mut self.app
    }
}

impl Stage {
    /// Starts everything and waits until the objects of the first commit are applied.
    pub(super) async fn set(
        plane: &Arc<ControlPlane>,
        options: &Options,
        scenario: Scenario,
        objects: usize,
    ) -> Result<Self> {
        let flags: &[&str] = if scenario == Scenario::NoWatch { &["--drift-watch=false"] } else { &[] };
        let app = App::start(plane, &format!("chaos-{scenario}"), options.binaries.as_ref(), flags).await?;
        let mut stage = Self { seed: options.seed, objects, edition: 0, app };
        stage.commit_edition(0)?;
        stage.create(&json!({ "targetNamespace": stage.namespace() })).await?;
        stage.ready().await?;
        Ok(stage)
    }

    /// How many objects there are.
    pub(super) fn objects(&self) -> usize {
        self.objects
    }

    /// The edition of the newest commit.
    pub(super) fn edition(&self) -> u64 {
        self.edition
    }

    /// Where the ConfigMaps are.
    pub(super) fn config_maps(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps", self.namespace())
    }

    /// What the newest commit says of one object.
    pub(super) fn declared(&self, object: usize) -> Declared {
        Declared::of(self.seed, object, self.edition)
    }

    /// The labels that the controller gives every object.
    pub(super) fn owner(&self) -> BTreeMap<String, String> {
        let label = |key: &str, value: &str| (format!("{KUSTOMIZE_LABEL}/{key}"), value.to_owned());
        BTreeMap::from([label("name", NAME), label("namespace", self.namespace())])
    }

    /// Commits an edition, which is new or an earlier one.
    pub(super) fn commit_edition(&mut self, edition: u64) -> Result<()> {
        let files = content::edition(self.seed, self.objects, edition).into_iter().map(|each| each.file());
        self.app.commit(&format!("edition {edition}"), files)?;
        self.edition = edition;
        Ok(())
    }

    /// Compares all live ConfigMaps with the newest commit.
    pub(super) async fn compare(&self) -> Result<Vec<Difference>> {
        let mut live = self.admin().list(&self.config_maps()).await?;
        live.retain(|object| compare::name(object) != NOT_OURS);
        let declared = content::edition(self.seed, self.objects, self.edition);
        Ok(compare::compare(&declared, &self.owner(), &live))
    }
}

/// The group of the owner labels.
pub(super) const KUSTOMIZE_LABEL: &str = "kustomize.toolkit.fluxcd.io";
