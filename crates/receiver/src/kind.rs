//! Who sends webhooks. What follows from it is `check`'s.

/// `spec.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Whoever knows the path.
    Generic,
    /// Whoever signs with the token.
    GenericHmac,
    /// GitHub, Gitea and those who sign as they do.
    GitHub,
    /// GitLab.
    GitLab,
    /// Bitbucket Server.
    Bitbucket,
    /// Harbor.
    Harbor,
    /// DockerHub.
    DockerHub,
    /// Quay.
    Quay,
    /// Google's registries by Pub/Sub.
    Gcr,
    /// Nexus Repository Manager.
    Nexus,
    /// Azure Container Registry.
    Acr,
    /// Senders of CDEvents.
    CdEvents,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 12] = [
        Self::Generic,
        Self::GenericHmac,
        Self::GitHub,
        Self::GitLab,
        Self::Bitbucket,
        Self::Harbor,
        Self::DockerHub,
        Self::Quay,
        Self::Gcr,
        Self::Nexus,
        Self::Acr,
        Self::CdEvents,
    ];

    /// As specs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::GenericHmac => "generic-hmac",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Bitbucket => "bitbucket",
            Self::Harbor => "harbor",
            Self::DockerHub => "dockerhub",
            Self::Quay => "quay",
            Self::Gcr => "gcr",
            Self::Nexus => "nexus",
            Self::Acr => "acr",
            Self::CdEvents => "cdevents",
        }
    }

    /// The one that a spec names.
    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What is told of it, and the header that says which event a request is about.
    pub(crate) const fn event_header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::GitHub => Some(("GitHub", "x-github-event")),
            Self::GitLab => Some(("GitLab", "x-gitlab-event")),
            Self::Bitbucket => Some(("Bitbucket server", "x-event-key")),
            Self::CdEvents => Some(("CDEvents", "ce-type")),
            _ => None,
        }
    }
}
