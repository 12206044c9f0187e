//! What tests and the demo stand on: a real control plane, real Git servers, processes that die with the test.
//! Everything here is real but time; there is no fake API server.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use testkit::{cluster::ControlPlane, git::GitServer, stack::Flyball};
//!
//! let plane = ControlPlane::shared().await?;
//! let ns = plane.namespace("example").await?; // own namespace, CRDs and the chart's rights in place
//! let git = GitServer::start().await?;
//! let repo = git.repository("app")?;
//! repo.commit("main", "first", [("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")])?;
//! let flyball = Flyball::start(&ns).await?; // the three controllers, each with its own identity
//! let before = plane.requests()?.mark()?;
//! ns.apply(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: url}}\ndata: {{url: '{}'}}\n", repo.url())).await?;
//! let user = ns.user("kustomize-controller");
//! println!("{}", plane.requests()?.since(&before, &user).await?);
//! # drop(flyball); Ok(()) }
//! ```

pub mod archives;
pub mod binaries;
pub mod buckets;
pub mod canary;
pub mod chaos;
pub mod cluster;
pub mod events;
pub mod fixture;
pub mod git;
pub mod hostile;
pub mod oci;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod rendered;
pub mod rights;
pub mod stack;
pub mod tls;
pub mod tool;
pub mod wait;

#[cfg(test)]
mod tests;
