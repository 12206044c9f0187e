//! Clusters that tokens lead to: those of the own cluster's accounts, which the other one trusts (provider `generic`), and
//! those of a cloud for its own clusters (`aws`: EKS, `azure`: AKS, `gcp`: GKE; contracts/kustomize-controller.md 19).
//!
//! A token is asked for here once, so that what is wrong with it is told before anything is built; requests ask for the
//! next ones, each time for who the account is by then.

use super::found::Found;
use super::lost::Lost;
use crate::accounts::{Own, own};
use crate::context::Context;
use cloud::{Cloud, Cluster, Provider};
use cluster::{Issued, IssuedToken, RemoteConfig};
use kube::Client;
use reconcile_core::accounts::{Identity, Named, NoAccount, TokenRequests, find, identity, read};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a ConfigMap says.
struct Said<'a> {
    namespace: &'a str,
    data: &'a BTreeMap<String, String>,
}

impl Said<'_> {
    fn text(&self, key: &str) -> &str {
        self.data.get(key).map(String::as_str).unwrap_or_default()
    }

    /// The account that it names, or the default.
    fn account<'a>(&'a self, ctx: &'a Context) -> Option<Named<'a>> {
        Named::or_default(self.text("serviceAccountName"), ctx.options.kubeconfig_account())
    }
}

/// Of a ConfigMap's data.
pub(super) async fn of_data(
    ctx: &Context,
    namespace: &str,
    data: &BTreeMap<String, String>,
) -> Result<Found, Lost> {
    let said = Said { namespace, data };
    match said.text("provider") {
        "generic" => of_account(ctx, &said).await.map(Found::here),
        name => match Provider::of(name) {
            Some(provider) => of_cloud(ctx, &said, provider).await,
            None => {
                let name = manifest::foreign::line(name, 64);
                Err(Lost::certainly(format!("provider '{name}' not implemented")))
            }
        },
    }
}

fn no_token(lost: Lost) -> Lost {
    Lost { text: format!("failed to get access token for cluster: {}", lost.text), ..lost }
}

impl From<NoAccount> for Lost {
    fn from(NoAccount { text, certain }: NoAccount) -> Self {
        Self { text, certain }
    }
}

/// Provider `generic`.
async fn of_account(ctx: &Context, said: &Said<'_>) -> Result<(RemoteConfig, [u8; 32]), Lost> {
    let address = said.text("address");
    let mut audiences = listed(said.text("audiences"));
    if audiences.is_empty() && !address.is_empty() {
        // The server itself where nothing else is said.
        audiences.push(address.to_owned());
    }
    let issued = match said.account(ctx) {
        Some(named) => of_named(ctx, said.namespace, named, audiences).await,
        None => of_own_account(ctx, audiences).await,
    };
    let (issued, who) = issued.map_err(no_token)?;
    let authority = said.data.get("ca.crt").map(String::as_str);
    RemoteConfig::with_issued(address, authority, issued, &who)
        .map_err(|error| Lost::certainly(error.to_string()))
}

/// What is in a list with commas, blanks or lines.
fn listed(text: &str) -> Vec<String> {
    let split = text.split(|c: char| c == ',' || c.is_whitespace());
    split.filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
}

async fn of_named(
    ctx: &Context,
    namespace: &str,
    named: Named<'_>,
    audiences: Vec<String>,
) -> Result<(Issued, String), Lost> {
    let account = find(ctx.accounts(), namespace, named).await?;
    let name = named.name;
    let who = format!("{namespace}/{name}/{}\n{}", account.uid, audiences.join("\n"));
    let issued = Issued::new(ctx.client.clone(), namespace, name, audiences);
    let failed = |error: cluster::Error| {
        let text = error.message();
        Lost::perhaps(format!(
            "failed to create kubernetes token for service account '{namespace}/{name}': {text}"
        ))
    };
    issued.issue().await.map_err(failed)?;
    Ok((issued, who))
}

/// The controller's own account, as its token names it.
async fn of_own_account(ctx: &Context, audiences: Vec<String>) -> Result<(Issued, String), Lost> {
    let failed = |text: String| {
        Lost::perhaps(format!("failed to create provider access token for the controller: {text}"))
    };
    let Own { account: [namespace, name], audiences: here } = own().await.map_err(failed)?;
    if let Some(audience) = audiences.iter().find(|audience| here.contains(audience)) {
        // With such a token the other server could act as the controller in this cluster.
        let audience = manifest::foreign::line(audience, 256);
        return Err(Lost::certainly(format!(
            "the controller issues no token of its own for '{audience}', which this cluster's API server accepts: name other \
             audiences or a serviceAccountName in the ConfigMap"
        )));
    }
    let issued = Issued::new(ctx.client.clone(), &namespace, &name, audiences.clone());
    issued.issue().await.map_err(|error| {
        let text = error.message();
        failed(format!(
            "failed to create kubernetes token for controller service account '{namespace}/{name}': {text}"
        ))
    })?;
    let who = format!("controller\n{namespace}/{name}\n{}", audiences.join("\n"));
    Ok((issued, who))
}

/// A cluster of a cloud.
async fn of_cloud(ctx: &Context, said: &Said<'_>, provider: Provider) -> Result<Found, Lost> {
    let cloud = &ctx.key_services.cloud;
    let cluster = Cluster { provider, id: said.text("cluster") };
    // AWS has its region in there, whatever else is known.
    if provider == Provider::Aws {
        cloud::aws::eks::cluster(cluster.id).map_err(|error| Lost::certainly(error.to_string()))?;
    }
    let audiences = listed(said.text("audiences"));
    let named = said.account(ctx);
    let identity = identity(ctx.accounts(), said.namespace, named, audiences.clone()).await;
    let identity = identity.map_err(|no| no_token(no.into()))?;
    identity.check(provider).map_err(|text| no_token(Lost::certainly(text)))?;
    let refused = |error: cloud::Error| Lost { certain: !error.is_passing(), text: identity.failed(&error) };
    cloud.cluster_token(identity.who(), cluster).await.map_err(|error| no_token(refused(error)))?;
    let (address, authority) = (said.text("address"), said.text("ca.crt"));
    // The controller's own token opens whatever the controller may open: it goes to no address that a tenant chose.
    let bound = matches!(identity, Identity::Controller);
    let described = if address.is_empty() || authority.is_empty() || bound {
        let wanted = Some(address).filter(|address| !address.is_empty());
        let described = cloud.describe(identity.who(), cluster, wanted).await;
        Some(described.map_err(|error| Lost { certain: !error.is_passing(), text: error.to_string() })?)
    } else {
        None
    };
    if let Some(described) = &described
        && bound
        && !address.is_empty()
        && !described.is_at(address)
    {
        let service = match provider {
            Provider::Aws => "EKS",
            Provider::Azure => "AKS",
            Provider::Gcp => "GKE",
        };
        return Err(Lost::certainly(format!(
            "{service} endpoint '{}' does not match specified address '{}'",
            described.address,
            manifest::foreign::line(address, 256)
        )));
    }
    let or = |said: &str, described: Option<String>| match said {
        "" => described.unwrap_or_default(),
        said => said.to_owned(),
    };
    let is_told = described.is_some();
    let (found_address, found_authority) =
        described.map(|described| (described.address, described.authority)).unzip();
    let (address, authority) = (or(address, found_address), or(authority, found_authority));
    let who = match &identity {
        Identity::Controller => format!("{provider:?}\n{}\ncontroller", cluster.id),
        Identity::Account { account, .. } => {
            let (namespace, name, uid) = (&account.namespace, &account.name, &account.uid);
            format!("{provider:?}\n{}\n{namespace}/{name}/{uid}\n{}", cluster.id, audiences.join("\n"))
        }
    };
    let next = Next {
        cloud: Arc::clone(cloud),
        client: ctx.client.clone(),
        provider,
        id: cluster.id.to_owned(),
        account: named.map(|named| (said.namespace.to_owned(), named.name.to_owned())),
        audiences: audiences.into(),
    };
    let next = Arc::new(next);
    let issued = Issued::by(move || {
        let next = Arc::clone(&next);
        Box::pin(async move { next.token().await })
    });
    let (config, digest) = RemoteConfig::with_issued(&address, Some(&authority), issued, &who)
        .map_err(|error| Lost::certainly(error.to_string()))?;
    Ok(Found { config, digest, is_told })
}

/// What it takes to ask for the next token.
struct Next {
    cloud: Arc<Cloud>,
    client: Client,
    provider: Provider,
    id: String,
    /// Namespace and name; the controller itself without one.
    account: Option<(String, String)>,
    audiences: Arc<[String]>,
}

impl Next {
    async fn token(&self) -> Result<IssuedToken, cluster::Error> {
        let cluster = Cluster { provider: self.provider, id: &self.id };
        let identity = match &self.account {
            None => Identity::Controller,
            Some((namespace, name)) => {
                // What stands on it may be something else by now.
                let found = read(&self.client, namespace, name).await?;
                let account = found.ok_or_else(|| {
                    cluster::Error::no_credentials(&format!(
                        "failed to get service account '{namespace}/{name}': ServiceAccount \"{name}\" not found"
                    ))
                })?;
                let tokens = TokenRequests::new(self.client.clone(), namespace, name);
                let audiences = Arc::clone(&self.audiences);
                Identity::Account { account: Arc::new(account), tokens, audiences }
            }
        };
        let issued = self.cloud.cluster_token(identity.who(), cluster).await;
        let (token, until) =
            issued.map_err(|error| cluster::Error::no_credentials(&identity.failed(&error)))?;
        Ok(IssuedToken::new(&token, until))
    }
}

#[cfg(test)]
mod tests;
