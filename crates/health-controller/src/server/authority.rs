//! Who somebody is and what they may read, as the API server says it. Whether it has to be asked is `reviews`'.

use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client};

/// Whether somebody may read Kustomizations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// This one.
    Get {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// All of a namespace; `None`: of all namespaces.
    List(Option<String>),
}

/// Knows tokens and rights.
pub(super) trait Authority: Send + Sync + 'static {
    /// Whose token it is; `None` when it is nobody's.
    fn authenticate(
        &self,
        token: &str,
    ) -> impl Future<Output = Result<Option<UserInfo>, cluster::Error>> + Send;

    /// Whether this user may.
    fn may(
        &self,
        user: &UserInfo,
        question: &Question,
    ) -> impl Future<Output = Result<bool, cluster::Error>> + Send;
}

/// The API server of the cluster.
pub(super) struct InCluster(pub(super) Client);

impl Authority for InCluster {
    async fn authenticate(&self, token: &str) -> Result<Option<UserInfo>, cluster::Error> {
        let spec = TokenReviewSpec { token: token.to_owned(), audiences: None };
        let review = TokenReview { spec, ..TokenReview::default() };
        let api: Api<TokenReview> = Api::all(self.0.clone());
        let status = api.create(&PostParams::default(), &review).await?.status.unwrap_or_default();
        Ok(status.user.filter(|_| status.authenticated == Some(true)))
    }

    async fn may(&self, user: &UserInfo, question: &Question) -> Result<bool, cluster::Error> {
        let review = SubjectAccessReview { spec: spec(user, question), ..SubjectAccessReview::default() };
        let api: Api<SubjectAccessReview> = Api::all(self.0.clone());
        let status = api.create(&PostParams::default(), &review).await?.status;
        Ok(status.is_some_and(|status| status.allowed))
    }
}

fn spec(user: &UserInfo, question: &Question) -> SubjectAccessReviewSpec {
    let (verb, namespace, name) = match question {
        Question::Get { namespace, name } => ("get", Some(namespace.clone()), Some(name.clone())),
        Question::List(namespace) => ("list", namespace.clone(), None),
    };
    let asked = ResourceAttributes {
        group: Some(api::KUSTOMIZE_GROUP.to_owned()),
        version: Some(api::FLUX_VERSION.to_owned()),
        resource: Some("kustomizations".to_owned()),
        verb: Some(verb.to_owned()),
        namespace,
        name,
        ..ResourceAttributes::default()
    };
    SubjectAccessReviewSpec {
        user: user.username.clone(),
        uid: user.uid.clone(),
        groups: user.groups.clone(),
        extra: user.extra.clone(),
        resource_attributes: Some(asked),
        ..SubjectAccessReviewSpec::default()
    }
}

#[cfg(test)]
mod tests;
