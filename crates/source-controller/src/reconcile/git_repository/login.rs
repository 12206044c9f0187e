//! With which login a GitRepository is asked for: that of its Secret, or of its cloud (contracts/source-controller.md 6.1
//! and 12). Who it is there is `clouds`'.

use std::sync::Arc;

use api::condition::{FETCH_FAILED, reason};
use api::git_repository::GitRepository;
use cloud::Provider;

use crate::access::Access;
use crate::clouds::{Asking, GitLogin, NoLogin, Way};
use crate::fault::Fault;
use crate::git::Spec;
use crate::reconcile::run::Run;
use crate::reconcile::source::named_access;

/// Reads what the spec names, and logs in.
pub(super) async fn access(run: &Run<GitRepository>, spec: &Spec) -> Result<Access, Fault> {
    let access = named_access(run, spec).await?;
    let object = Arc::clone(&run.object);
    let Some(provider) = object.spec.provider.as_deref().and_then(Provider::of) else { return Ok(access) };
    let asking = Asking {
        client: &run.ctx.client,
        namespace: &run.key.namespace,
        account: object.spec.service_account_name.as_deref(),
        timeout: spec.timeout,
        way: Way {
            proxy: access.proxy(),
            has_authorities: access.tls().ca.is_some(),
            // Repositories of providers are asked for over https alone (`Clouds::git`).
            is_insecure: false,
        },
    };
    let login = run.ctx.clouds.git(&asking, provider, &spec.url).await.map_err(fault)?;
    // Clones are shared by who asks, not by a token that is another at each time.
    let (namespace, account) = (&run.key.namespace, object.spec.service_account_name.as_deref());
    let who = format!("{provider:?} {namespace}/{}", account.unwrap_or_default());
    let access = match login {
        GitLogin::Bearer(token) => access.with_bearer(&token),
        GitLogin::Basic(login) => access.with_login(&login.username, &login.password),
    };
    Ok(access.standing_for(who))
}

fn fault(error: NoLogin) -> Fault {
    match error {
        NoLogin::GateOff => {
            Fault::stalling(Some(FETCH_FAILED), reason::FEATURE_GATE_DISABLED, error.to_string())
        }
        NoLogin::Refused(cause) => {
            let message = format!("failed to configure authentication options: {cause}");
            Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, message)
        }
    }
}
