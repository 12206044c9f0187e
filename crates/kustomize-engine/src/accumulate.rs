//! One kustomization, step by step, in upstream's order.

mod steps;

use std::rc::Rc;
use std::sync::Arc;

use crate::error::{Error, Result, Within as _};
use crate::fieldspec::config::{Config, ConfigFile};
use crate::kustomization::{Kustomization, first_document, first_document_strict};
use crate::load::Loader;
use crate::objects::{self, Weighed};
use crate::origin::Origin;
use crate::resmap::ResMap;
use crate::resource::{ORIGIN, Resource};
use crate::schema::{self, Builtin, Custom, Schemas};
use crate::transformers::annotate;
use crate::vars::Vars;
use crate::work::{Held, Work};
use crate::{Mode, crds, decode, shown};

/// What is shared by all kustomizations of one build.
pub(crate) struct Build {
    pub(crate) mode: Mode,
    pub(crate) objects: usize,
    pub(crate) defaults: Arc<Config>,
    pub(crate) schemas: Schemas,
    /// Whether a schema was chosen; the first one counts.
    pub(crate) schema_chosen: bool,
    pub(crate) warnings: Vec<String>,
    pub(crate) work: Work,
}

impl Build {
    /// Fails when there are too many objects.
    pub(crate) fn check_objects(&self, map: &ResMap) -> Result<()> {
        if map.len() > self.objects {
            return Err(Error::Budget { what: "objects", limit: self.objects });
        }
        Ok(())
    }

    /// Takes over the `openapi` of a kustomization.
    pub(crate) fn choose_schema(&mut self, loader: &Loader<'_>, kustomization: &Kustomization) -> Result<()> {
        let fields = &kustomization.openapi;
        let document = match fields.get("path") {
            Some(path) => Some(loader.load_text(path)?),
            None => None,
        };
        if self.schema_chosen {
            return Ok(());
        }
        let version = fields.get("version").map_or("", String::as_str);
        let Some(document) = document else {
            if !version.is_empty() && version != "v1.21.2" {
                return Err(Error::input("the specified OpenAPI version is not built in"));
            }
            self.schema_chosen = !version.is_empty();
            return Ok(());
        };
        if fields.contains_key("version") {
            return Err(Error::input("builtin version and custom schema provided, cannot use both"));
        }
        let value = if document.starts_with('{') {
            serde_json::from_str(&document)
                .map_err(|error| Error::input(format!("invalid schema file: line {}", error.line())))?
        } else {
            first_document(&document, &self.work).within(|| "invalid schema file".to_owned())?
        };
        let builtin = if self.mode == Mode::Flux { Builtin::Read } else { self.schemas.builtin };
        self.schemas = Schemas { custom: Some(Arc::new(Custom::new(&value)?)), builtin };
        self.schema_chosen = true;
        Ok(())
    }
}

/// The objects of one file, of which no two may have one id.
fn distinct(resources: Vec<Resource>, work: &Work) -> Result<Vec<Resource>> {
    if let [only] = resources.as_slice() {
        // Most files hold one: nothing to look up.
        work.step(1)?;
        drop(work.held(only.weight())?);
        return Ok(resources);
    }
    let mut own = ResMap::new(work);
    own.append_all(resources)?;
    Ok(own.into_vec())
}

/// What reading a kustomization costs beside its text: looking for the file, defaults, contexts of errors.
const STEPS_PER_KUSTOMIZATION: usize = 100;

/// What has been gathered so far.
pub(crate) struct Accumulator {
    pub(crate) map: ResMap,
    pub(crate) config: Arc<Config>,
    pub(crate) vars: Vars,
}

impl Accumulator {
    pub(crate) fn new(build: &Build) -> Self {
        Self { map: ResMap::new(&build.work), config: Arc::default(), vars: Vars::default() }
    }

    fn merge(&mut self, build: &Build, other: Self) -> Result<()> {
        self.map.append_all(other.map.into_vec())?;
        build.check_objects(&self.map)?;
        self.add_config(build, &other.config)?;
        self.vars.merge(other.vars)
    }

    fn add_config(&mut self, build: &Build, config: &Arc<Config>) -> Result<()> {
        config.charge_merge(&self.config, &build.work)?;
        self.config = if Arc::ptr_eq(config, &build.defaults) {
            self.config.merge(config)?
        } else {
            Arc::new((*self.config).clone().with((**config).clone())?)
        };
        Ok(())
    }
}

/// A kustomization being worked on.
pub(crate) struct Target<'a> {
    pub(crate) loader: Rc<Loader<'a>>,
    pub(crate) kustomization: Kustomization,
    pub(crate) file: &'static str,
    /// Set when the build notes where things come from.
    pub(crate) origin: Option<Origin>,
    /// What the kustomization takes.
    _held: Held,
}

impl<'a> Target<'a> {
    /// Reads the kustomization in the loader's directory.
    pub(crate) fn read(build: &mut Build, loader: Rc<Loader<'a>>) -> Result<Self> {
        build.work.step(STEPS_PER_KUSTOMIZATION)?;
        let (text, file) = loader.kustomization()?;
        let (kustomization, _held) =
            Kustomization::read(&text, &loader.shown(), file, &mut build.warnings, &build.work)?;
        Ok(Self { loader, kustomization, file, origin: None, _held })
    }

    /// Does all work of this kustomization on top of what is there.
    pub(crate) fn accumulate(&self, build: &mut Build, mut all: Accumulator) -> Result<Accumulator> {
        let kustomization = &self.kustomization;
        self.add_resources(build, &mut all, &kustomization.resources)
            .within(|| "accumulating resources".to_owned())?;
        let config = self.configurations(build)?;
        all.add_config(build, &config).within(|| "merging config".to_owned())?;
        let from_crds = crds::load(&self.loader, &kustomization.crds)
            .within(|| format!("loading CRDs [{}]", kustomization.crds.join(" ")))?;
        from_crds.charge_merge(&all.config, &build.work)?;
        all.config = all.config.merge(&from_crds).within(|| "merging CRDs".to_owned())?;
        self.run_generators(build, &mut all)?;
        for path in &kustomization.components {
            all = self.add_component(build, all, path).within(|| "accumulating components".to_owned())?;
        }
        self.run_transformers(build, &mut all)?;
        self.run_validators(build, &mut all)?;
        all.vars.add(&mut all.map, &kustomization.vars).within(|| "merging vars".to_owned())?;
        Ok(all)
    }

    fn configurations(&self, build: &Build) -> Result<Arc<Config>> {
        if self.kustomization.configurations.is_empty() {
            return Ok(build.defaults.clone());
        }
        let mut config = Config::default();
        for path in &self.kustomization.configurations {
            let text = self.loader.load_text(path)?;
            let value = first_document_strict(&text, &build.work)
                .within(|| "error converting YAML to JSON".to_owned())?;
            let mut file = ConfigFile::default();
            decode::Decode::decode(&mut file, &value, &mut decode::Decoder::known_fields())
                .within(|| "error unmarshaling JSON: while decoding JSON".to_owned())?;
            let more = Config::from(&file);
            more.charge_merge(&config, &build.work)?;
            config = config.with(more)?;
        }
        config.charge_merge(&build.defaults, &build.work)?;
        Ok(Arc::new((*build.defaults).clone().with(config)?))
    }

    /// Adds files, and directories with their kustomizations.
    pub(super) fn add_resources(
        &self,
        build: &mut Build,
        all: &mut Accumulator,
        paths: &[String],
    ) -> Result<()> {
        for path in paths {
            let Err(as_file) = self.add_file(build, all, path) else { continue };
            if as_file.is_final() {
                return Err(as_file);
            }
            let loader = match self.loader.enter(path) {
                Ok(loader) => loader,
                Err(_) if as_file.is_malformed_yaml() => return Err(as_file),
                Err(error) => return Err(error.within(format!("accumulation err='{as_file}'"))),
            };
            let below =
                self.base(build, loader, path, None).within(|| format!("accumulation err='{as_file}'"))?;
            all.merge(build, below)
                .within(|| format!("recursed merging from path '{}'", self.shown(path)))
                .within(|| format!("accumulation err='{as_file}'"))?;
        }
        Ok(())
    }

    fn shown(&self, path: &str) -> String {
        self.loader.enter(path).map_or_else(|_| shown::file(path).into_owned(), |loader| loader.shown())
    }

    /// Does all work of a base, or of a component on top of what it changes.
    fn base(
        &self,
        build: &mut Build,
        loader: Rc<Loader<'a>>,
        path: &str,
        component: Option<Accumulator>,
    ) -> Result<Accumulator> {
        let shown = loader.shown();
        let mut target =
            Target::read(build, loader).within(|| format!("couldn't make target for path '{shown}'"))?;
        target.kustomization.build_metadata.clone_from(&self.kustomization.build_metadata);
        target.origin = self.origin.as_ref().map(|origin| origin.join(path));
        build.choose_schema(&target.loader, &target.kustomization)?;
        match (component.is_some(), target.kustomization.is_component()) {
            (true, false) => {
                return Err(Error::input(format!(
                    "expected kind 'Component' for path '{shown}' but got '{}'",
                    target.kustomization.kind
                )));
            }
            (false, true) => {
                return Err(Error::input(format!("expected kind != 'Component' for path '{shown}'")));
            }
            _ => {}
        }
        target
            .accumulate(build, component.unwrap_or_else(|| Accumulator::new(build)))
            .within(|| format!("recursed accumulation of path '{shown}'"))
    }

    fn add_component(&self, build: &mut Build, all: Accumulator, path: &str) -> Result<Accumulator> {
        let loader = self.loader.enter(path).map_err(|error| match error {
            other if other.is_final() => other,
            Error::Input(_) | Error::Context { .. } => {
                Error::input(format!("loader.New {:?}", error.to_string()))
            }
            other => other,
        })?;
        let shown = loader.shown();
        let merged = self.base(build, loader, path, Some(all)).and_then(|below| {
            let mut all = Accumulator::new(build);
            all.merge(build, below).within(|| format!("recursed merging from path '{shown}'"))?;
            Ok(all)
        });
        merged.map_err(|error| match error {
            other if other.is_final() => other,
            Error::Input(_) | Error::Context { .. } => {
                Error::input(format!("accumulateDirectory: {:?}", error.to_string()))
            }
            other => other,
        })
    }

    fn add_file(&self, build: &mut Build, all: &mut Accumulator, path: &str) -> Result<()> {
        let resources = self
            .read_file(build, path)
            .within(|| format!("accumulating resources from '{}'", shown::file(path)))?;
        all.map.append_all(resources).within(|| format!("merging resources from '{}'", shown::file(path)))?;
        build.check_objects(&all.map)
    }

    fn read_file(&self, build: &mut Build, path: &str) -> Result<Vec<Resource>> {
        let text = self.loader.load_text(path).map_err(|error| objects::in_text(error, path))?;
        let nodes = objects::parse(&text, &build.work).map_err(|error| objects::in_file(error, path))?;
        let mut resources = distinct(self.resources(build, nodes)?, &build.work)?;
        if let Some(origin) = &self.origin {
            let annotation = origin.join(path).annotation();
            for resource in &mut resources {
                annotate(resource, ORIGIN, &annotation, &build.work)?;
                resource.weigh();
            }
        }
        Ok(resources)
    }

    pub(super) fn resources(&self, build: &mut Build, nodes: Vec<Weighed>) -> Result<Vec<Resource>> {
        let custom = build.schemas.custom.as_ref().filter(|custom| custom.has_scopes());
        let resources: Vec<Resource> = nodes
            .into_iter()
            .map(|node| match custom {
                Some(custom) => Resource::with_scopes(node, custom.clone()),
                None => Resource::weighed(node),
            })
            .collect::<Result<_>>()?;
        let known = |resource: &Resource| schema::is_known(resource.api_version(), resource.kind());
        if build.schemas.custom.is_none()
            && build.schemas.builtin == Builtin::Unread
            && !resources.iter().all(known)
        {
            build.schemas.builtin = Builtin::Pending;
        }
        Ok(resources)
    }
}
